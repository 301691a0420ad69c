"""Actions out of plain data, as it comes in JSON: ``{"action": "mutate", "voice": "lead"}``."""

from __future__ import annotations

import math
from typing import Any, Final, cast

from reverie.documents import did_you_mean
from reverie.foreign import quoted
from reverie.site.actions import (
    KINDS,
    LEVELS,
    ONE_VOICE,
    RAMPED,
    SWITCHES,
    VOICED,
    Action,
    ControlError,
    ControlLimits,
    DreamWish,
    Kind,
    bars_of,
    button_of,
)
from reverie.site.dream_wish import FAINTEST

KEYS = ("action", "voice", "value", "over", "weight")
LONGEST_NAME = 100
MOST_SCENES = 9999
LONGEST_AGO = 600.0
"""Seconds for which a moment may be over when it is kept; how many bars are remembered decides as well."""
AXES: Final = 2
"""Numbers of a point on a grid."""


def action_of(wanted: object, limits: ControlLimits) -> Action:
    """The action that is asked for; the value of a level is held to the limits.

    Raises:
        ControlError: if it asks for none.
    """
    if not isinstance(wanted, dict):
        raise ControlError('an action is an object, such as {"action": "mutate", "voice": "lead"}')
    asked = cast("dict[str, Any]", wanted)
    for key in asked:
        if key not in KEYS:
            raise ControlError(f"an action has no {quoted(key[:LONGEST_NAME])}{did_you_mean(key[:LONGEST_NAME], KEYS)}")
    kind = _kind(asked.get("action"))
    voice, value = _voice(kind, asked.get("voice")), asked.get("value")
    if isinstance(value, str):
        _check_length(value)
    if kind == "dream":
        if not isinstance(value, str):
            raise ControlError("'dream' needs a 'value', the name of a mood; POST /dream takes all that a dream has")
        weight = asked.get("weight")
        return Action.of_dream(DreamWish(value) if weight is None else DreamWish(value, _weight(weight), replaces=True))
    if "weight" in asked:
        raise ControlError("a 'weight' is for the action 'dream'")
    said = _ago(value) if kind == "moment" else _value(kind, value, limits)
    return Action(kind, said, voice, over=_over(kind, asked.get("over")))


def _weight(weight: object) -> float:
    """How much of a dream: as of a fader, the next one of the same mood takes its place."""
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not FAINTEST <= weight <= 1:
        raise ControlError(f"the 'weight' of a dream is a number from {FAINTEST:g} to 1; 'wake' ends it")
    return float(weight)


def _over(kind: Kind, over: object) -> int:
    if over is None:
        return 0
    if kind not in RAMPED:
        raise ControlError(f"{kind!r} is not moved over bars; {', '.join(sorted(RAMPED))} are")
    return bars_of(over)


def _voice(kind: Kind, voice: object) -> str | None:
    if voice is None:
        if kind in ONE_VOICE:
            raise ControlError(f"a {kind} is for one voice, and needs its name")
        return None
    if not isinstance(voice, str):
        raise ControlError("a voice is meant by its name")
    if kind not in VOICED:
        raise ControlError(f"{kind!r} is for all voices, and takes none")
    _check_length(voice)
    return voice


def _check_length(name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise ControlError(f"a name has 1 to {LONGEST_NAME} characters")


def _kind(asked: object) -> Kind:
    if not isinstance(asked, str) or asked not in KINDS:
        meant = did_you_mean(asked[:LONGEST_NAME], KINDS) if isinstance(asked, str) else ""
        raise ControlError(f"'action' is one of {', '.join(KINDS)}{meant}")
    return asked


def _value(kind: Kind, value: object, limits: ControlLimits) -> float | bool | str | tuple[float, float] | None:
    if kind == "timbre" and isinstance(value, list):
        return _point(cast("list[Any]", value), limits)
    if kind in LEVELS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            two = ", or two in a list for a grid" if kind == "timbre" else ""
            raise ControlError(f"{kind!r} needs a 'value', a number{two}")
        return limits.within(kind, float(value))
    if kind == "contour":
        return button_of(value)
    if kind in SWITCHES:
        if value is not None and not isinstance(value, bool):
            raise ControlError(f"the 'value' of {kind!r} is true or false, or left out for the other way round")
        return value
    if kind == "scene":
        numbered = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_SCENES
        if not numbered and not isinstance(value, str):
            raise ControlError(f"'scene' needs a 'value', the scene's name or its number from 1 to {MOST_SCENES}")
        return str(value)
    if value is not None and not (kind == "wake" and isinstance(value, str)):
        raise ControlError(f"{kind!r} takes no 'value'")
    return value


def _ago(value: object) -> float | None:
    """How many seconds ago the bars sounded that are to be kept; None: now."""
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= cast("float", value) <= LONGEST_AGO:
        raise ControlError(f"the 'value' of 'moment' is how many seconds ago it was, 0 to {LONGEST_AGO:g}, or left out")
    return float(cast("float", value))


def _point(value: list[Any], limits: ControlLimits) -> tuple[float, float]:
    """A point of a grid, across and down."""
    numbers = [_value("timbre_x", one, limits) for one in value]
    if len(numbers) != AXES:
        raise ControlError("a point of a grid is two numbers, such as [0.2, 0.8]")
    return cast("tuple[float, float]", tuple(numbers))


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can be
        return False
