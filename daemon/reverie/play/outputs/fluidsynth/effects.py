"""FluidSynth's reverb and chorus: into them goes what a channel sends by controllers 91 and 93, or its soundfont says.

What is set here is set in any case, since what FluidSynth has of itself differs from version to version. As measured
with 2.3.1: a controller at 127 sends a fifth of a voice (the SoundFont specification's own modulator), so that with the
reverb that FluidSynth begins with all of it is 15 dB below the voice, and hardly heard. Its chorus is 3 dB louder than
the voice that is sent, and soundfonts that send more than a fifth by themselves sound up to 14 dB louder than they are,
with left and right against each other. A width above 1 does the same to the reverb.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

ROOM, DAMP, WIDTH, LEVEL = 0.7, 0.4, 0.9, 0.9
"""A hall of two and a half seconds; what is sent at most comes back 8 dB below the voice."""
CHORUS_VOICES, CHORUS_DEPTH, CHORUS_SPEED, CHORUS_LEVEL = 3, 4.25, 0.2, 0.6
"""A slow one; depth in milliseconds, speed in hertz. What is sent at most comes back 11 dB below the voice."""
REVERB: Mapping[str, float] = MappingProxyType({"room": ROOM, "damp": DAMP, "width": WIDTH, "level": LEVEL})
CHORUS: Mapping[str, float] = MappingProxyType(
    {"voices": CHORUS_VOICES, "depth": CHORUS_DEPTH, "speed": CHORUS_SPEED, "level": CHORUS_LEVEL}
)

_NAMES: Mapping[str, Mapping[str, str]] = {
    "reverb": {"room": "room-size", "damp": "damp", "width": "width", "level": "level"},
    "chorus": {"voices": "nr", "depth": "depth", "speed": "speed", "level": "level"},
}
_NEAR = 0.001  # FluidSynth answers with three decimals


def effect_options(
    reverb: Mapping[str, float] | None = REVERB, chorus: Mapping[str, float] | None = CHORUS
) -> dict[str, str]:
    """The settings of FluidSynth's own for a slot's reverb and chorus; None is off, and costs nothing."""
    options: dict[str, str] = {}
    for effect, given in (("reverb", reverb), ("chorus", chorus)):
        options[f"synth.{effect}.active"] = str(int(given is not None))
        for name, value in (given or {}).items():
            options[f"synth.{effect}.{_NAMES[effect][name]}"] = f"{value:g}"
    return options


def effect_questions(settings: Mapping[str, str]) -> Iterable[str]:
    """The settings among these that are effects', in the order in which they are asked back."""
    return [name for name in settings if name.startswith(("synth.reverb.", "synth.chorus."))]


def other_than_wanted(settings: Mapping[str, str], answers: Iterable[str]) -> str | None:
    """A sentence on the first setting that FluidSynth has otherwise than it was told; None if there is none."""
    for name, answer in zip(effect_questions(settings), answers, strict=False):
        wanted, has = _number(settings[name]), _number(answer)
        if wanted is not None and (has is None or abs(wanted - has) > _NEAR):
            return f"its {name} is {answer.strip() or 'not told'}, not {settings[name]}"
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
