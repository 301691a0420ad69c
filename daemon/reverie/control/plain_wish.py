"""Wishes for loops out of plain data, as it comes in JSON from a page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from reverie.music.drums import DRUMS, drum_name
from reverie.music.notation import ACCENT, GHOST, LONGEST, PLAIN, read_tune
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP
from reverie.site.actions import ControlError
from reverie.site.loop_wishes import BlendWish, SeedWish

MOST_AT_ONCE = 4
"""Drums that are struck together: a drummer has two hands and two feet."""
MOST_TUNES = 8
LONGEST_TUNE = 2000
"""Characters of a tune."""
_MARKS = {"X": ACCENT, "x": PLAIN, "o": GHOST}
_EVEN = 0.01
"""A share so near to nothing or to all that a finger cannot mean another."""


def seed_of(wanted: object, density: tuple[float, float]) -> SeedWish:
    """Read ``{"rows": {"bass": "x...x..."}, "marker": 16, "own": [20], "density": 1}``.

    A row has a character for each sixteenth: ``x`` a stroke, ``X`` an accent, ``o`` a ghost note, and anything of
    ``.`` or a blank nothing.

    Raises:
        ControlError: if it is no such thing, or more is struck at once than hands and feet can.
    """
    asked = _mapping(wanted, {"rows", "marker", "own", "density"}, "a pattern of drums")
    lines = _lines(asked.get("rows"))
    steps = max((len(row) for row in lines.values()), default=0)
    marker = _whole(asked.get("marker", steps), "marker", LONGEST)
    own = asked.get("own", [])
    if not isinstance(own, list) or len(cast("list[Any]", own)) > LONGEST:
        raise ControlError("the sixteenths of one's `own` are a list of numbers")
    kept = frozenset(_whole(step, "own", LONGEST) for step in cast("list[Any]", own))
    strokes = [note for note in _strokes(lines) if (step := note.start // TICKS_PER_STEP) < marker or step in kept]
    together = Counter(note.start for note in strokes)
    if max(together.values(), default=0) > MOST_AT_ONCE:
        raise ControlError(f"more than {MOST_AT_ONCE} drums at once are too many for two hands and two feet")
    factor = _number(asked.get("density", 1.0), "density")
    return SeedWish(tuple(sorted(strokes)), marker, kept, min(max(factor, density[0]), density[1]))


def _lines(rows: object) -> Mapping[str, str]:
    """The rows by the names of drums.

    Raises:
        ControlError: if they are none.
    """
    if not isinstance(rows, dict) or not all(isinstance(row, str) for row in cast("dict[Any, Any]", rows).values()):
        raise ControlError('a pattern has `rows`, such as {"bass": "x...x..."}')
    lines = cast("dict[str, str]", rows)
    if not lines.keys() <= DRUMS.keys():
        raise ControlError(f"a row is of a drum: {', '.join(DRUMS)}")
    if any(len(row) > LONGEST for row in lines.values()):
        raise ControlError(f"a row has up to {LONGEST} sixteenths")
    return lines


def _strokes(lines: Mapping[str, str]) -> Iterator[Note]:
    for name, row in lines.items():
        for step, sign in enumerate(row):
            if sign in _MARKS:
                yield Note(step * TICKS_PER_STEP, TICKS_PER_STEP, DRUMS[name], _MARKS[sign])
            elif sign not in ". ":
                raise ControlError("a row is written with x (stroke), X (accent), o (ghost note) and . (nothing)")


def rows_of(strokes: Collection[Note], steps: int) -> dict[str, str]:
    """Strokes as rows of so many sixteenths, by drum; drums that are never struck are left out.

    What is late or early stands at its own sixteenth.
    """
    rows: dict[str, list[str]] = {}
    for note in sorted(strokes):
        step = note.start // TICKS_PER_STEP
        if note.pitch in DRUMS.values() and step < steps:
            rows.setdefault(drum_name(note.pitch), ["."] * steps)[step] = "x"
    return {name: "".join(rows[name]) for name in DRUMS if name in rows}


def blend_of(wanted: object) -> BlendWish:
    """Read ``{"tunes": ["D4 - F4 .", "A4:8"], "shares": [0.3, 0.7]}``; shares are scaled to 1 together.

    Raises:
        ControlError: if it is no such thing.
    """
    asked = _mapping(wanted, {"tunes", "shares"}, "a blend of tunes")
    tunes, shares = asked.get("tunes"), asked.get("shares")
    if not isinstance(tunes, list) or not isinstance(shares, list):
        raise ControlError("a blend has `tunes` and as many `shares`")
    written, numbers = cast("list[Any]", tunes), cast("list[Any]", shares)
    if not 1 <= len(written) <= MOST_TUNES or len(numbers) != len(written):
        raise ControlError(f"a blend has up to {MOST_TUNES} `tunes`, and as many `shares`")
    for tune in written:
        if not isinstance(tune, str) or len(tune) > LONGEST_TUNE:
            raise ControlError(f"a tune is a text of up to {LONGEST_TUNE} characters, such as 'D4 - F4 .'")
        try:
            notes = read_tune(tune).notes
        except ValueError as error:
            raise ControlError(f"a tune cannot be read: {error}") from error
        if not notes:
            raise ControlError("a tune has a note")
    return BlendWish(tuple(written), _shares([_number(one, "shares") for one in numbers]))


def _shares(numbers: Sequence[float]) -> tuple[float, ...]:
    if min(numbers) < 0 or not 0 < sum(numbers) < math.inf:
        raise ControlError("shares are numbers from 0 to 1, of which one is above 0")
    shares = [one / sum(numbers) for one in numbers]
    if max(shares) > 1 - _EVEN:
        return tuple(float(one == max(shares)) for one in shares)
    kept = [one if one >= _EVEN else 0.0 for one in shares]
    return tuple(round(one / sum(kept), 3) for one in kept)


def _mapping(wanted: object, keys: Collection[str], what: str) -> Mapping[str, Any]:
    if not isinstance(wanted, dict) or not cast("dict[Any, Any]", wanted).keys() <= set(keys):
        raise ControlError(f"{what} is an object with some of {', '.join(sorted(keys))}")
    return cast("dict[str, Any]", wanted)


def _whole(value: object, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ControlError(f"`{name}` is a number of sixteenths, from 0 to {most}")
    return value


def _number(value: object, name: str) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise ControlError(f"`{name}` is a number")
    return number
