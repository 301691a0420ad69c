"""The nine drums of Magenta's drum models, by name and General MIDI number.

Source of the classes: magenta/models/drums_rnn, ``drums_encoder_decoder`` default mapping, of which each class's
first pitch is the one it plays.
"""

from __future__ import annotations

import difflib

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
_NUMBERS = {same_name(name): number for name, number in DRUMS.items()} | {
    same_name(other): DRUMS[name] for other, name in OTHER_NAMES.items()
}


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
