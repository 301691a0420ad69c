"""Which configurations of Magenta's models there are; nothing numeric, so that any process may ask.

A configuration is a name for an encoding and a wiring. Its layer sizes are left out on purpose: they are read from the
weights, since published bundles differ from Magenta's defaults; so is the length of an attention window, from what lies
beside them. What Magenta keeps in its code stands in ``settings``, and a bundle's model card may say otherwise.

Sources: ``default_configs`` in Magenta 2.1.4, ``magenta/models/*/*_model.py``, and ``CONFIG_MAP`` in
``magenta/models/music_vae/configs.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reverie.models.errors import ModelError

Family = Literal[
    "drums_rnn",
    "melody_rnn",
    "improv_rnn",
    "polyphony_rnn",
    "performance_rnn",
    "pianoroll_rnn_nade",
    "music_vae",
    "piano_genie",
    "coconet",
    "gansynth",
    "nsynth",
    "signals",
]

ChordAlphabetName = Literal["", "triads", "symbols"]
"""How a model is told the chord under each event: not at all, as one of four triads, or as any symbol of Magenta's."""

LATENT_FAMILIES = frozenset[Family]({"music_vae"})
"""Those whose models know music as places in a latent space, and 4/4 alone."""

TIMBRE_FAMILIES = frozenset[Family]({"gansynth", "nsynth", "signals"})
"""Those that make sounds, not notes."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """One configuration; ``kinds`` are the kinds of voice that it can be, ``operators`` those that it plays for others.

    ``parts`` are the kinds of voice that its music has, in order, where one model plays several at once: each voice
    plays its part. ``counter`` is after how many steps the counter of its encoding begins anew; 0 if it has none.
    ``chords`` says how a voice tells it the harmony.
    """

    name: str
    family: Family
    kinds: tuple[str, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict[str, int])
    counter: int = 0
    chords: ChordAlphabetName = ""
    anew: bool = False
    operators: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def latent(self) -> bool:
        """Whether its models have a latent space of music, from which loops come."""
        return self.family in LATENT_FAMILIES and not self.operators

    @property
    def metre(self) -> str:
        """The only metre that it knows; empty where it has learned whatever it was trained on."""
        return "4/4" if self.family in LATENT_FAMILIES else ""


_MELODIC = ("melody", "bass")
_PLAYED = ("performance",)
_TRIO = ("melody", "bass", "drums")

CONFIGS: Mapping[str, ModelConfig] = {
    config.name: config
    for config in (
        ModelConfig("one_drum", "drums_rnn", ("drums",), {"steps_per_quarter": 2}),
        ModelConfig("drum_kit", "drums_rnn", ("drums",), counter=64),
        ModelConfig("basic_rnn", "melody_rnn", _MELODIC),
        ModelConfig("mono_rnn", "melody_rnn", _MELODIC),
        ModelConfig("lookback_rnn", "melody_rnn", _MELODIC, counter=32),
        ModelConfig("attention_rnn", "melody_rnn", _MELODIC, counter=128),
        ModelConfig("basic_improv", "improv_rnn", _MELODIC, chords="triads"),
        ModelConfig("attention_improv", "improv_rnn", _MELODIC, counter=128, chords="triads"),
        ModelConfig("chord_pitches_improv", "improv_rnn", _MELODIC, chords="symbols"),
        ModelConfig("polyphony", "polyphony_rnn", ("polyphony",)),
        ModelConfig("performance", "performance_rnn", _PLAYED),
        ModelConfig("performance_with_dynamics", "performance_rnn", _PLAYED),
        ModelConfig("performance_with_dynamics_compact", "performance_rnn", _PLAYED),
        ModelConfig("performance_with_dynamics_and_modulo_encoding", "performance_rnn", _PLAYED),
        ModelConfig("performance_with_dynamics_and_note_encoding", "performance_rnn"),
        ModelConfig("density_conditioned_performance_with_dynamics", "performance_rnn", _PLAYED, anew=True),
        ModelConfig("pitch_conditioned_performance_with_dynamics", "performance_rnn", _PLAYED, anew=True),
        ModelConfig("multiconditioned_performance_with_dynamics", "performance_rnn", _PLAYED, anew=True),
        ModelConfig("optional_multiconditioned_performance_with_dynamics", "performance_rnn", _PLAYED, anew=True),
        ModelConfig("chord_conditioned_performance", "performance_rnn", _PLAYED, chords="triads"),
        ModelConfig("rnn-nade", "pianoroll_rnn_nade"),
        ModelConfig("rnn-nade_attn", "pianoroll_rnn_nade"),
        ModelConfig("cat-mel_2bar_small", "music_vae", _MELODIC),
        ModelConfig("cat-mel_2bar_big", "music_vae", _MELODIC),
        ModelConfig("cat-drums_2bar_small", "music_vae", ("drums",)),
        ModelConfig("cat-drums_2bar_big", "music_vae", ("drums",)),
        ModelConfig("groovae_2bar_humanize", "music_vae", operators=("groove",)),
        ModelConfig("groovae_2bar_tap_fixed_velocity", "music_vae", operators=("drumify",)),
        ModelConfig("groovae_2bar_add_closed_hh", "music_vae"),
        ModelConfig("flat-trio_16bar", "music_vae", _TRIO, parts=_TRIO),
        ModelConfig("hierdec-trio_16bar", "music_vae", _TRIO, parts=_TRIO),
        ModelConfig("hier-trio_16bar", "music_vae", _TRIO, parts=_TRIO),
        ModelConfig("flat-mel_16bar", "music_vae", _MELODIC),
        ModelConfig("hierdec-mel_16bar", "music_vae", _MELODIC),
        ModelConfig("hier-mel_16bar", "music_vae", _MELODIC),
        ModelConfig("piano_genie", "piano_genie", ("genie",)),
        ModelConfig("coconet", "coconet", ("harmonize",)),
        ModelConfig("gansynth", "gansynth"),
        ModelConfig("signals", "signals"),
        ModelConfig("nsynth", "nsynth", settings={"hop": 512, "stages": 10, "encoder_stages": 10, "rate": 16_000}),
    )
}


def config_of(name: str) -> ModelConfig:
    """The configuration of that name.

    Raises:
        ModelError: if there is none.
    """
    try:
        return CONFIGS[name]
    except KeyError:
        raise ModelError(f"there is no configuration {name!r}; known are {', '.join(CONFIGS)}") from None
