"""Musical time: ticks, steps, metres and a tempo that drifts.

Inside Reverie a moment of music is a whole number of ticks, so that sums never drift; seconds appear only where a
tempo is applied. A *step* is a sixteenth note, the grid of Magenta's melody and drum models.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

TICKS_PER_QUARTER = 480
STEPS_PER_QUARTER = 4
TICKS_PER_STEP = TICKS_PER_QUARTER // STEPS_PER_QUARTER
TICKS_PER_WHOLE = 4 * TICKS_PER_QUARTER
MOST_BARS = 1_000_000
"""Bars of the longest music that is written in one go."""
_NO_TIME = 1e-6
"""Seconds that are none: what sums of numbers are wrong by."""


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature, such as 4/4 or 7/8."""

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        """Refuse bars that do not fall on the grid of sixteenths.

        Raises:
            ValueError: if a bar is not 1 to 64 whole steps long.
        """
        if self.denominator not in {1, 2, 4, 8, 16}:
            raise ValueError(f"the lower number of a metre is 1, 2, 4, 8 or 16, not {self.denominator}")
        if not 1 <= self.bar_steps <= 64:  # noqa: PLR2004 - four whole notes: longer bars are phrases
            raise ValueError(f"a bar of {self} has {self.bar_steps} sixteenths; 1 to 64 are possible")

    @classmethod
    def parse(cls, text: str) -> Metre:
        """Read ``4/4``.

        Raises:
            ValueError: if the text is no metre.
        """
        upper, slash, lower = text.partition("/")
        if not (slash and upper.strip().isdecimal() and lower.strip().isdecimal()):
            raise ValueError(f"a metre is written like 4/4 or 7/8, not {text!r}")
        return cls(int(upper), int(lower))

    @property
    def bar_ticks(self) -> int:
        """Length of a bar in ticks."""
        return self.numerator * TICKS_PER_WHOLE // self.denominator

    @property
    def bar_steps(self) -> int:
        """Length of a bar in sixteenths."""
        return self.bar_ticks // TICKS_PER_STEP

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


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
    value that swings: 16 (sixteenths) or 8 (eighths). A half pair at a bar's end stays as it is.
    """

    share: float = 0.5
    of: int = 16

    def warp(self, tick: int, bar_ticks: int) -> int:
        """Where the ``tick`` of an even performance is played; bar lines stay, and so does the order of ticks."""
        if self.share == 0.5:  # noqa: PLR2004 - even
            return tick
        bars, place = divmod(tick, bar_ticks)
        step = TICKS_PER_WHOLE // self.of
        pairs, within = divmod(place, 2 * step)
        if 2 * step * (pairs + 1) > bar_ticks:
            return tick
        first = 2 * step * self.share
        second = 2 * step - first
        moved = within * first / step if within < step else first + (within - step) * second / step
        return bars * bar_ticks + pairs * 2 * step + round(moved)


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
