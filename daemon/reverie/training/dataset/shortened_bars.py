"""Beats in a metre that hardly anybody has recorded, out of beats in a longer one: a part of every bar is left out.

Of the beats of the Groove MIDI Dataset five are in 3/4 and none is in 7/8. A drummer's 7/8 of 2+2+3 is much like 4/4
whose last beat ends an eighth too early; and of a beat in 4/4 without its third quarter the kick on one and the snares
on two and four are left, which is a waltz. What was played across the cut is torn, so this is no substitute for beats
in the metre itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Event = TypeVar("Event")


class BarCut(NamedTuple):
    """How bars come to be of another ``metre``: the quarters from ``start`` to ``end`` of each are left out."""

    metre: str
    start: float
    end: float


_CUTS: Mapping[str, Sequence[BarCut]] = {
    "4/4": (BarCut("7/8", 3.5, 4), BarCut("3/4", 2, 3)),
    "6/8": (BarCut("5/8", 2.5, 3),),
}
"""By the metre in which they are."""

POSSIBLE = tuple(cut.metre for cuts in _CUTS.values() for cut in cuts)
"""The metres that there are shortened bars of."""


def cuts_to(metres: Iterable[str], metre: str) -> list[BarCut]:
    """How bars of ``metre`` are shortened to some of ``metres``."""
    return [cut for cut in _CUTS.get(metre, ()) if cut.metre in metres]


def shortened(events: Sequence[Event], bar: int, steps_per_quarter: int, cut: BarCut) -> tuple[list[Event], int]:
    """Events without a part of each bar, and how many are in a bar then.

    Args:
        events: one for each step, from a bar line on.
        bar: how many are in a bar.
        steps_per_quarter: how many are in a quarter.
        cut: what is left out.

    Raises:
        ValueError: if it does not begin and end on steps.
    """
    start, end = cut.start * steps_per_quarter, cut.end * steps_per_quarter
    if start % 1 or end % 1:
        raise ValueError(f"steps of a {steps_per_quarter}th of a quarter cannot be left out from {start} to {end}")
    kept = [event for number, event in enumerate(events) if not start <= number % bar < end]
    return kept, bar - int(end - start)
