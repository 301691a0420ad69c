"""A leader whose tempo and place are set by hand."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.clocks import PULSE_TICKS
from fakes.outputs import FakeClock
from reverie.play.sync.follower import CLOCK, CONTINUE, SONG_POSITION, ClockFollower
from reverie.play.sync.leader import Position
from reverie.play.sync.link import Link, LinkMoment


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


class PulsingLeader(FakeLeader):
    """The same leader, known only by the pulses of its MIDI clock, as the player's own follower hears them."""

    def __init__(self, clock: FakeClock, qpm: float) -> None:
        super().__init__(clock, qpm)
        self._follower = ClockFollower()
        self._started = False
        self._next = 0.0

    def poll(self, now: float) -> None:
        if not self.there:
            return
        while self.tick(now) >= self._next:
            since, tick = self._anchor
            moment = since + (self._next - tick) * self._seconds_per_tick
            if not self._started:
                self._follower.hear(moment, bytes((SONG_POSITION, *divmod(round(self._next) // 120, 128)[::-1])))
                self._follower.hear(moment, bytes((CONTINUE,)))
                self._started = True
            self._follower.hear(moment, bytes((CLOCK,)))
            self._next += PULSE_TICKS

    def begin(self) -> None:
        """Be there from the next sixteenth on."""
        self._next = -(-self.tick(self._clock.now()) // 120) * 120
        self.there = True

    def position(self, now: float) -> Position | None:
        return self._follower.position(now) if self.there else None


class SharedSession(FakeLeader):
    """The same leader, known only by what the helper of Ableton Link says about the session."""

    def __init__(self, clock: FakeClock, qpm: float, link: Link) -> None:
        super().__init__(clock, qpm)
        self._link = link

    def poll(self, now: float) -> None:
        beats, qpm = self.tick(now) / 480, 60 / (self._seconds_per_tick * 480)
        self._link._learn(LinkMoment(now, beats, qpm, 1 if self.there else 0, playing=False), now)

    def position(self, now: float) -> Position | None:
        return self._link.position(now)
