"""What somebody wants to be dreamt: read from JSON, OSC or a command line, and refused in a sentence if it is none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from reverie.documents import did_you_mean
from reverie.foreign import quoted
from reverie.music.durations import parse_duration
from reverie.site.actions import Action, ControlError, DreamWish

LONGEST_TEXT = 500
"""Characters of a dream's text."""
LONGEST_NAME = 100
LARGEST = 8192
"""Bytes of JSON that are read."""
MOST_BARS = 10_000
LONGEST = 24 * 3600.0
"""Seconds of the longest dream."""
FAINTEST = 0.01
KEYS = ("mood", "weight", "length", "text", "cue")


def dream_of_json(written: bytes) -> Action:
    """Read a dream from JSON, an object with some of the :data:`KEYS`; or ``{"wake": true}``, or a mood, which ends.

    Raises:
        ControlError: if it is none.
    """
    if len(written) > LARGEST:
        raise ControlError(f"a dream is {LARGEST} bytes at most")
    try:
        found: Any = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ControlError('a dream is JSON, such as {"mood": "fear", "weight": 0.8, "length": "2 min"}') from error
    if not isinstance(found, dict):
        raise ControlError('a dream is a JSON object, such as {"text": "I fell and fell"}')
    said = cast("dict[str, Any]", found)
    if "wake" not in said:
        return Action.of_dream(wish_of(said))
    mood = said["wake"]
    if len(said) > 1 or not (mood is True or (isinstance(mood, str) and 0 < len(mood) <= LONGEST_NAME)):
        raise ControlError('dreams end by {"wake": true}, or those of one mood by {"wake": "fear"}')
    return Action("wake", None if mood is True else mood)


def wish_of(said: Mapping[str, Any]) -> DreamWish:
    """A dream from plain data.

    Raises:
        ControlError: if it is none.
    """
    for key in said:
        if key not in KEYS:
            raise ControlError(f"a dream has no {quoted(str(key))}{did_you_mean(str(key)[:LONGEST_NAME], KEYS)}")
    return DreamWish(
        mood=_text("mood", said.get("mood"), LONGEST_NAME).strip(),
        weight=_weight(said.get("weight")),
        length=length_of(said.get("length")),
        text=_text("text", said.get("text"), LONGEST_TEXT),
        cue=_text("cue", said.get("cue"), LONGEST_NAME),
    )


def length_of(said: Any) -> float | None:
    """A length: bars as an int, seconds as a float, None for none.

    Raises:
        ControlError: if it is none, or too long or short.
    """
    if said is None or said == "":
        return None
    if isinstance(said, str):
        said = said.strip()
        number = said.removesuffix("bars").removesuffix("bar").strip()
        if number.isascii() and number.isdecimal() and len(number) < LONGEST_NAME:
            said = int(number)
    if isinstance(said, int | float) and not isinstance(said, bool):
        if math.isfinite(said) and said == int(said) and 1 <= said <= MOST_BARS:
            return int(said)
    elif isinstance(said, str) and len(said) < LONGEST_NAME:
        try:
            seconds = parse_duration(said)
        except ValueError:
            seconds = 0.0
        if 0 < seconds <= LONGEST:
            return float(seconds)
    raise ControlError(f"a dream lasts 1 to {MOST_BARS} bars, such as 16, or a time up to 24 h, such as 2 min")


def _text(key: str, said: Any, longest: int) -> str:
    if said is None:
        return ""
    if not isinstance(said, str):
        raise ControlError(f"the {key} of a dream is a text")
    if len(said) > longest:
        raise ControlError(f"the {key} of a dream has {longest} characters at most")
    return said


def _weight(said: Any) -> float:
    if said is None:
        return 1.0
    if isinstance(said, bool) or not isinstance(said, int | float) or not FAINTEST <= said <= 1:
        raise ControlError(f"the weight of a dream is a number from {FAINTEST:g} to 1")
    return float(said)
