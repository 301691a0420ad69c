"""A MIDI clock as a leader sends it, with everything that happens to it on the way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reverie.play.sync.follower import CLOCK, CONTINUE, START, STOP, ClockFollower

PULSE_TICKS = 20


@dataclass(slots=True)
class SimulatedClock:
    """Sends pulses to a follower and knows better where they are.

    ``jitter`` is in seconds to either side, ``lost`` and ``doubled`` are shares of the pulses, ``qpm`` the tempo from
    each pulse to the next.
    """

    follower: ClockFollower
    qpm: Callable[[int], float]
    jitter: float = 0.0
    lost: float = 0.0
    doubled: float = 0.0
    seed: int = 0
    time: float = 1000.0

    def start(self) -> None:
        self.follower.hear(self.time - 0.001, bytes((START,)))

    def stop(self) -> None:
        self.follower.hear(self.time - 0.001, bytes((STOP,)))

    def go_on(self) -> None:
        self.follower.hear(self.time - 0.001, bytes((CONTINUE,)))

    def errors(self, pulses: int, first: int = 0) -> Iterator[float | None]:
        """Seconds by which the follower is ahead of the leader a little after each pulse; None while it has none."""
        chance = random.Random(self.seed)
        for pulse in range(first, first + pulses):
            at = self.time + chance.uniform(-self.jitter, self.jitter)
            if pulse == first or chance.random() >= self.lost:
                self.follower.hear(at, bytes((CLOCK,)))
            if chance.random() < self.doubled:
                self.follower.hear(at + chance.random() * 0.003, bytes((CLOCK,)))
            seconds_per_tick = 60 / self.qpm(pulse) / 480
            position = self.follower.position(self.time + 4 * seconds_per_tick)
            true = pulse * PULSE_TICKS + 4
            yield None if position is None else (position.tick - true) * seconds_per_tick
            self.time += PULSE_TICKS * seconds_per_tick
