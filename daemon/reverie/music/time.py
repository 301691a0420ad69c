"""Musical time: ticks, steps, metres and a tempo that drifts.

Inside Reverie a moment of music is a whole number of ticks, so that sums never drift; seconds appear only where a
tempo is applied. A *step* is a sixteenth note, the grid of Magenta's melody and drum models.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

TICKS_PER_QUARTER = 480
STEPS_PER_QUARTER = 4
TICKS_PER_STEP = TICKS_PER_QUARTER // STEPS_PER_QUARTER
SLIVER = TICKS_PER_STEP // 2
"""Ticks: where a note is cut, what is left of it that is shorter than that is heard as a slip, and left out."""
TICKS_PER_WHOLE = 4 * TICKS_PER_QUARTER
MOST_BARS = 1_000_000
"""Bars of the longest music that is written in one go."""
_NO_TIME = 1e-6
"""Seconds that are none: what sums of numbers are wrong by."""
_BAR, _HALF_BAR, _BEAT, _EIGHTH, _SIXTEENTH = 1.0, 0.85, 0.7, 0.35, 0.0
"""Accents: what weight a note has by its place in the bar."""


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature, such as 4/4 or 7/8, and how its units are felt together, as in 2+2+3/8.

    ``groups`` are the lengths of the groups in units of the lower number; without any, they are those that are usual.
    """

    numerator: int = 4
    denominator: int = 4
    groups: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse bars that do not fall on the grid of sixteenths, and groups that are not the bar.

        Raises:
            ValueError: if a bar is not 1 to 64 whole steps long, or its groups are not together as long as it.
        """
        if self.denominator not in {1, 2, 4, 8, 16}:
            raise ValueError(f"the lower number of a metre is 1, 2, 4, 8 or 16, not {self.denominator}")
        if self.groups and (min(self.groups) < 1 or sum(self.groups) != self.numerator):
            raise ValueError(f"the groups of a metre are 1 or more each, and together its upper number, not {self}")
        if not 1 <= self.bar_steps <= 64:  # noqa: PLR2004 - four whole notes: longer bars are phrases
            raise ValueError(f"a bar of {self} has {self.bar_steps} sixteenths; 1 to 64 are possible")

    @classmethod
    def parse(cls, text: str) -> Metre:
        """Read ``4/4``, or ``2+2+3/8``.

        Raises:
            ValueError: if the text is no metre.
        """
        upper, slash, lower = text.partition("/")
        parts = [part.strip() for part in upper.split("+")]
        if not (slash and lower.strip().isdecimal() and all(part.isdecimal() for part in parts)):
            raise ValueError(f"a metre is written like 4/4, 7/8 or 2+2+3/8, not {text!r}")
        numbers = tuple(int(part) for part in parts)
        return cls(sum(numbers), int(lower), numbers if len(numbers) > 1 else ())

    @property
    def bar_ticks(self) -> int:
        """Length of a bar in ticks."""
        return self.numerator * self.unit_ticks

    @property
    def bar_steps(self) -> int:
        """Length of a bar in sixteenths."""
        return self.bar_ticks // TICKS_PER_STEP

    @property
    def unit_ticks(self) -> int:
        """Length in ticks of what the lower number says: an eighth of 7/8."""
        return TICKS_PER_WHOLE // self.denominator

    @property
    def strong(self) -> tuple[int, ...]:
        """The ticks, from the bar line on, at which its groups begin: where harmony is heard, and ears expect a stress.

        Groups that are not written are threes where the upper number has a third, else twos, with a three at the end of
        an odd number (7/8 is 2+2+3), and 5 is 3+2. Halves and whole notes are groups by themselves.
        """
        return _strong(self)

    @property
    def beats(self) -> tuple[int, ...]:
        """The ticks, from the bar line on, at which its beats begin: units of a quarter or longer, or each group."""
        if self.unit_ticks >= TICKS_PER_QUARTER:
            return tuple(range(0, self.bar_ticks, self.unit_ticks))
        return self.strong

    def accent(self, tick: int) -> float:
        """The weight from 0 to 1 that a note has by its place; ``tick`` counts from the bar line of any bar.

        The bar line weighs most, then the beginnings of groups that are written, or the middle of a bar without; then
        quarters, then eighths.
        """
        place = tick % self.bar_ticks
        if place == 0:
            return _BAR
        if not self.groups:
            return _HALF_BAR if place * 2 == self.bar_ticks and place % TICKS_PER_QUARTER == 0 else _accent(place)
        within = place - self.group_at(place)[0]
        return _HALF_BAR if within == 0 else _accent(within, self.unit_ticks)

    def group_at(self, place: int) -> tuple[int, int]:
        """Where the written group at a tick of the bar begins and ends; a bar without groups is one."""
        if not self.groups:
            return 0, self.bar_ticks
        edges = (*self.strong, self.bar_ticks)
        number = bisect_right(self.strong, place) - 1
        return edges[number], edges[number + 1]

    def __str__(self) -> str:
        return f"{'+'.join(map(str, self.groups)) or self.numerator}/{self.denominator}"


def _accent(place: int, unit: int = TICKS_PER_QUARTER) -> float:
    """The weight of a place within a group of units of so many ticks."""
    if unit >= TICKS_PER_QUARTER and place % TICKS_PER_QUARTER == 0:
        return _BEAT
    eighth = TICKS_PER_QUARTER // 2
    return _EIGHTH if unit >= eighth and place % eighth == 0 else _SIXTEENTH


@lru_cache(maxsize=64)
def _strong(metre: Metre) -> tuple[int, ...]:
    groups = metre.groups or _usual_groups(metre.numerator, metre.denominator)
    return tuple(metre.unit_ticks * units for units in accumulate(groups[:-1], initial=0))


def _usual_groups(units: int, denominator: int) -> tuple[int, ...]:
    if denominator <= 2 or units == 1:  # noqa: PLR2004 - halves
        return (1,) * units
    if units % 3 == 0:
        return (3,) * (units // 3)
    if denominator == 16 and units % 4 == 0:  # noqa: PLR2004 - sixteenths
        return (4,) * (units // 4)
    if units % 2 == 0:
        return (2,) * (units // 2)
    return (3, 2) if units == 5 else (*(2,) * (units // 2 - 1), 3)  # noqa: PLR2004 - as musicians count five


@dataclass(frozen=True, slots=True)
class Tempo:
    """Quarters per minute, swinging slowly about their middle.

    The swing is a sine of the bar number and not of the clock: the same bar of the same scene always has the same
    tempo, live or offline.
    """

    qpm: float = 120.0
    drift_qpm: float = 0.0
    drift_bars: int = 64

    def at(self, bar: int) -> float:
        """Quarters per minute during bar number ``bar`` of the scene (from 0)."""
        return self.qpm + self.drift_qpm * math.sin(2 * math.pi * bar / self.drift_bars)

    def seconds_per_tick(self, bar: int) -> float:
        """Length of a tick in seconds during bar number ``bar`` of the scene."""
        return 60.0 / (self.at(bar) * TICKS_PER_QUARTER)


@dataclass(frozen=True, slots=True)
class Length:
    """How long music is to be: so many ``bars``, or else so many ``seconds``; with neither it has no end."""

    bars: int | None = None
    seconds: float | None = None

    def in_bars(self, tempo: Tempo, metre: Metre) -> int:
        """How many bars from the beginning of a scene last so long: 1 at least, ``MOST_BARS`` + 1 at most.

        Raises:
            ValueError: if it has no end.
        """
        if self.bars is not None:
            return self.bars
        if self.seconds is None:
            raise ValueError("music without an end has no number of bars")
        wanted, lasted, bars = self.seconds - _NO_TIME, 0.0, 0
        while not bars or (lasted < wanted and bars <= MOST_BARS):
            lasted += metre.bar_ticks * tempo.seconds_per_tick(bars)
            bars += 1
        return bars


@dataclass(frozen=True, slots=True)
class Swing:
    """How unevenly each pair of steps is played, as on drum machines.

    ``share`` is the part of a pair that the first step takes: 0.5 is even, 2/3 a triplet's feel. ``of`` is the note
    value that swings: 16 (sixteenths) or 8 (eighths). Pairs begin with the bar, and with each group of a metre that has
    them written; a half pair at the end stays as it is.
    """

    share: float = 0.5
    of: int = 16

    def at(self, share: float | None) -> Swing:
        """The same note value swinging by another share; None: as it is."""
        return self if share is None else replace(self, share=share)

    def warp(self, tick: int, metre: Metre) -> int:
        """Where the ``tick`` of an even performance is played; bar lines stay, and so does the order of ticks."""
        if self.share == 0.5:  # noqa: PLR2004 - even
            return tick
        place = tick % metre.bar_ticks
        group, end = metre.group_at(place)
        step = TICKS_PER_WHOLE // self.of
        pairs, within = divmod(place - group, 2 * step)
        if group + 2 * step * (pairs + 1) > end:
            return tick
        first = 2 * step * self.share
        second = 2 * step - first
        moved = within * first / step if within < step else first + (within - step) * second / step
        return tick - within + round(moved)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The bars of a cycle in which a voice plays; ``every`` 0 means always.

    ``spans`` are first and last bar of each passage, counted from 1 as musicians do, both included.
    """

    every: int = 0
    spans: tuple[tuple[int, int], ...] = ()

    def plays(self, bar: int) -> bool:
        """Whether the voice plays in bar number ``bar`` of the scene (from 0)."""
        if self.every == 0:
            return True
        place = bar % self.every + 1
        return any(first <= place <= last for first, last in self.spans)
