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
DRUM_KIT: tuple[tuple[int, ...], ...] = (
    (36, 35),  # bass drum
    (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85),  # snare
    (42, 22, 44, 54, 68, 69, 70, 71, 73, 78, 80),  # closed hi-hat
    (46, 26, 67, 72, 74, 79, 81),  # open hi-hat
    (45, 29, 41, 43, 61, 64, 84),  # low tom
    (48, 47, 60, 63, 77, 86, 87),  # mid tom
    (50, 30, 62, 76, 83),  # high tom
    (49, 52, 55, 57, 58),  # crash cymbal
    (51, 53, 59, 82),  # ride cymbal
)
"""General MIDI's numbers by the nine kinds of drum; the first of a kind is its own, and stands for the others."""
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
    """For each drum that a ``kit`` of MIDI numbers lacks, the one of it that is likest; a drum like none has none.

    That is one of its own kind, as the snare for a clap, or of a kind like it, as the snare for a high tom.
    """
    found: dict[int, int] = {}
    for kind in DRUM_KIT:
        others = (DRUMS[other] for other in STAND_INS[drum_name(kind[0])])
        present = [number for number in (kind[0], *others) if number in kit]
        found |= {number: present[0] for number in kind if present and number not in kit}
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
