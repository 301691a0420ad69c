"""Bars on the monotonic clock: each begins exactly where the one before ended, so that nothing ever drifts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Where a player takes its time from; tests turn one by hand."""

    def now(self) -> float:
        """Monotonic seconds: all music."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, UTC: only the name of the tape's hour."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its number, its first tick, its moment in monotonic seconds, its ticks and their length in seconds."""

    number: int
    tick: int
    time: float
    ticks: int
    seconds_per_tick: float

    @property
    def end_tick(self) -> int:
        """The tick of the bar line at its end."""
        return self.tick + self.ticks

    @property
    def end(self) -> float:
        """The moment of the bar line at its end."""
        return self.time_of(self.end_tick)

    def time_of(self, tick: int) -> float:
        """The moment of a tick of this bar."""
        return self.time + (tick - self.tick) * self.seconds_per_tick
