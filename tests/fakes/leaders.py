"""A leader whose tempo and place are set by hand."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.outputs import FakeClock
from reverie.play.sync.base import Position


class FakeLeader:
    """Stands at tick 0 at the moment it is made, and goes on at its tempo while it is there."""

    def __init__(self, clock: FakeClock, qpm: float, *, bars: bool = True) -> None:
        self._clock = clock
        self._bars = bars
        self._anchor = (clock.now(), 0.0)
        self._seconds_per_tick = 60 / (qpm * 480)
        self.there = True
        self.playing: bool | None = None
        self.announced: list[tuple[float, float, float, bool]] = []

    description = "a leader of straw"

    def tick(self, now: float) -> float:
        since, tick = self._anchor
        return tick + (now - since) / self._seconds_per_tick

    def turn(self, qpm: float, jump: float = 0.0) -> None:
        """Another tempo from now on, and so many ticks further on."""
        now = self._clock.now()
        self._anchor = (now, self.tick(now) + jump)
        self._seconds_per_tick = 60 / (qpm * 480)

    def position(self, now: float) -> Position | None:
        return Position(self.tick(now), self._seconds_per_tick, self._bars) if self.there else None

    def announce(self, now: float, tick: float, seconds_per_tick: float, *, playing: bool) -> None:
        self.announced.append((now, tick, seconds_per_tick, playing))

    def waits_for(self) -> Sequence[int]:
        return ()

    def poll(self, now: float) -> None:
        pass

    def close(self) -> None:
        self.there = False
