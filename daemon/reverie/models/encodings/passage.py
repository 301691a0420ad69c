"""A stretch of music as a model hears it: one event for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

Event = TypeVar("Event")

STEPS_PER_BAR = 16
"""Sixteenths of 4/4."""


class Passage(NamedTuple, Generic[Event]):
    """Events from the bar line before the first note on; ``start`` is the step at which that bar begins."""

    start: int
    events: tuple[Event, ...]

    @property
    def end(self) -> int:
        """The step after the last."""
        return self.start + len(self.events)


def bar_line_before(step: int, origin: int, bar: int) -> int:
    """The last bar line not after ``step``; bars of so many steps are counted from ``origin``."""
    return step - (step - origin) % bar


def bar_line_after(step: int, origin: int, bar: int) -> int:
    """The first bar line not before ``step``."""
    return step + (origin - step) % bar


def successive(extract: Callable[[int], Passage[Event] | None], begin: int, bar: int) -> Iterator[Passage[Event]]:
    """Passage after passage of one part; each search begins at the bar line after the passage before.

    Args:
        extract: finds the first passage that begins at a step or later.
        begin: where to begin; a bar line.
        bar: the steps of a bar.
    """
    while (passage := extract(begin)) is not None:
        yield passage
        begin = bar_line_after(passage.end, begin, bar)
