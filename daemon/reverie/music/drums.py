"""The nine drums of Magenta's drum models, by name and General MIDI number.

Source of the classes: magenta/models/drums_rnn, ``drums_encoder_decoder`` default mapping, of which each class's
first pitch is the one it plays.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from reverie.music.spelling import same_name

DRUMS: dict[str, int] = {
    "bass": 36,
    "snare": 38,
    "closed-hat": 42,
    "open-hat": 46,
    "low-tom": 45,
    "mid-tom": 48,
    "high-tom": 50,
    "crash": 49,
    "ride": 51,
}
OTHER_NAMES: dict[str, str] = {
    "kick": "bass",
    "kick-drum": "bass",
    "bass-drum": "bass",
    "snare-drum": "snare",
    "hat": "closed-hat",
    "hi-hat": "closed-hat",
    "closed-hi-hat": "closed-hat",
    "open-hi-hat": "open-hat",
    "floor-tom": "low-tom",
    "middle-tom": "mid-tom",
    "hi-tom": "high-tom",
    "crash-cymbal": "crash",
    "ride-cymbal": "ride",
}
"""What drummers call them too."""
STAND_INS: dict[str, tuple[str, ...]] = {
    "bass": ("low-tom", "mid-tom", "high-tom"),
    "snare": ("high-tom", "mid-tom", "low-tom"),
    "closed-hat": ("open-hat", "ride", "crash"),
    "open-hat": ("closed-hat", "ride", "crash"),
    "low-tom": ("mid-tom", "high-tom", "bass"),
    "mid-tom": ("low-tom", "high-tom", "snare"),
    "high-tom": ("mid-tom", "low-tom", "snare"),
    "crash": ("ride", "open-hat", "closed-hat"),
    "ride": ("closed-hat", "open-hat", "crash"),
}
"""What a drummer strikes in place of a drum that the set has not, the likest first."""
_NUMBERS = {same_name(name): number for name, number in DRUMS.items()} | {
    same_name(other): DRUMS[name] for other, name in OTHER_NAMES.items()
}


_NAMES = {number: name for name, number in DRUMS.items()}


def drum_name(number: int) -> str:
    """The drum that has a MIDI number.

    Raises:
        KeyError: if none has.
    """
    return _NAMES[number]


def stand_ins(kit: Collection[int]) -> Mapping[int, int]:
    """For each drum that a ``kit`` of MIDI numbers lacks, the one of it that is likest; a drum like none has none."""
    found: dict[int, int] = {}
    for name, others in STAND_INS.items():
        present = [DRUMS[other] for other in others if DRUMS[other] in kit]
        if DRUMS[name] not in kit and present:
            found[DRUMS[name]] = present[0]
    return found


def parse_drum(name: str) -> int:
    """The MIDI number by which composers know the drum ``name``; capitals, spaces and hyphens do not matter.

    Raises:
        ValueError: if there is no such drum.
    """
    number = _NUMBERS.get(same_name(name))
    if number is None:
        near = difflib.get_close_matches(name.lower(), (*DRUMS, *OTHER_NAMES), n=1)
        meant = f"did you mean {near[0]!r}? T" if near else "t"
        raise ValueError(f"there is no drum {name!r}; {meant}he drums are {', '.join(DRUMS)}")
    return number
