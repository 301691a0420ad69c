"""What a magenta.js checkpoint says of itself in ``config.json``, held against the configuration it is imported as.

Source: ``MusicRNNSpec``, ``MusicVAESpec`` and the converters' arguments (``music/src/core/data.ts``) in magenta.js.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from reverie.models.configs import ModelConfig
from reverie.models.errors import ModelError

_TYPES = {"music_vae": "MusicVAE", "piano_genie": "PianoGenie", "coconet": "Coconet"}
_PIANO = (21, 108)
_DRUM_CLASSES = 9


def check_told(config: ModelConfig, told: Mapping[str, Any]) -> None:
    """Whether a checkpoint can be what it is imported as: weights of equal shapes may be of other music.

    Raises:
        ModelError: if it says that it is something else.
    """
    kind = _TYPES.get(config.family, "MusicRNN")
    if isinstance(told.get("type"), str) and told["type"] != kind:
        raise ModelError(f"its config.json says that it is a {told['type']}, and {config.name} is a {kind}")
    converter = told.get("dataConverter")
    arguments = cast("Mapping[str, Any]", converter).get("args") if isinstance(converter, Mapping) else None
    if not isinstance(arguments, Mapping):
        return
    for name, needed in _needed(config):
        said: Any = cast("Mapping[str, Any]", arguments).get(name, needed)
        said = len(cast("list[Any]", said)) if name == "pitchClasses" and isinstance(said, list) else said
        if said is not None and said != needed:
            raise ModelError(f"its config.json says {name} {said}, and {config.name} has {needed}")


def _needed(config: ModelConfig) -> Iterator[tuple[str, Any]]:
    """What the converter of a configuration must be told, as far as the weights' shapes leave it open."""
    if config.family == "melody_rnn":
        from reverie.models.encodings.melody import REGISTERS

        register = REGISTERS[config.name]
        yield from (("minPitch", register.low), ("maxPitch", register.high - 1))
    elif config.family == "drums_rnn":
        yield "pitchClasses", _DRUM_CLASSES
    elif config.family == "music_vae":
        yield from _needed_by_vae(config.name)


def _needed_by_vae(name: str) -> Iterator[tuple[str, Any]]:
    from reverie.models.vae.wirings import wiring_of

    wiring = wiring_of(name)
    yield "numSteps", wiring.longest
    yield "numSegments", wiring.longest // wiring.conductor if wiring.conductor else None
    if "mel" in name:
        yield from (("minPitch", _PIANO[0]), ("maxPitch", _PIANO[1]))
    if "drums" in name or name.startswith("groovae"):
        yield "pitchClasses", _DRUM_CLASSES
    if name.startswith("groovae"):
        yield "splitInstruments", False
        yield "tapify", name == "groovae_2bar_tap_fixed_velocity"
        yield "humanize", name == "groovae_2bar_humanize"
