"""What the configurations of MusicVAE are made of, as far as their weights do not show it.

Source: ``CONFIG_MAP`` in Magenta 2.1.4, ``magenta/models/music_vae/configs.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.models.encodings.passage import STEPS_PER_BAR
from reverie.models.errors import ModelError

MELODY_CLASSES = 90
"""No event, the end of a note, and the 88 keys of a piano."""
DRUM_CLASSES = 512
"""All sets of nine drums."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """One configuration.

    ``cores`` are the decoders that speak, and of each the number of classes that its heads have; a core without heads
    speaks in grooves. ``conductor`` is the number of steps for which each of the conductor's outputs leads the cores; 0
    where there is no conductor. ``levels`` are the lengths that a hierarchical encoder reads at each of its levels;
    empty where it is flat. ``longest`` is the number of steps that the configuration was trained on.
    """

    cores: tuple[tuple[int, ...], ...]
    longest: int
    conductor: int = 0
    levels: tuple[int, ...] = ()

    @property
    def bar_steps(self) -> int:
        """The sixteenths of a bar: all of them were trained on 4/4."""
        return STEPS_PER_BAR

    @property
    def core_names(self) -> tuple[str, ...]:
        """The cores' prefixes among the canonical weights."""
        return tuple(f"decoder.{number}" for number in range(len(self.cores))) if self.conductor else ("decoder",)

    @property
    def encoder_names(self) -> tuple[str, ...]:
        """The encoder's prefixes among the canonical weights, from the lowest level."""
        return tuple(f"encoder.{level}" for level in range(len(self.levels))) or ("encoder",)


_TRIO = (MELODY_CLASSES, MELODY_CLASSES, DRUM_CLASSES)
_MELODY_2 = Wiring(((MELODY_CLASSES,),), 32)
_DRUMS_2 = Wiring(((DRUM_CLASSES,),), 32)
_GROOVE_2 = Wiring(((),), 32)

WIRINGS: Mapping[str, Wiring] = {
    "cat-mel_2bar_small": _MELODY_2,
    "cat-mel_2bar_big": _MELODY_2,
    "cat-drums_2bar_small": _DRUMS_2,
    "cat-drums_2bar_big": _DRUMS_2,
    "groovae_2bar_humanize": _GROOVE_2,
    "groovae_2bar_tap_fixed_velocity": _GROOVE_2,
    "groovae_2bar_add_closed_hh": _GROOVE_2,
    "flat-trio_16bar": Wiring((_TRIO,), 256),
    "hierdec-trio_16bar": Wiring(tuple((classes,) for classes in _TRIO), 256, 16),
    "hier-trio_16bar": Wiring(tuple((classes,) for classes in _TRIO), 256, 16, (16, 16)),
    "flat-mel_16bar": Wiring(((MELODY_CLASSES,),), 256),
    "hierdec-mel_16bar": Wiring(((MELODY_CLASSES,),), 256, 16),
    "hier-mel_16bar": Wiring(((MELODY_CLASSES,),), 256, 16, (16, 16)),
}


def wiring_of(config: str) -> Wiring:
    """The wiring of a configuration.

    Raises:
        ModelError: if it is none of MusicVAE's.
    """
    try:
        return WIRINGS[config]
    except KeyError:
        raise ModelError(f"{config} is no configuration of MusicVAE; known are {', '.join(WIRINGS)}") from None
