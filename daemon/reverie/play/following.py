"""Keeping pace with a leader: which of them, how far off, and back to its bar lines.

Small differences are made up within the next eighth note, so that time never jumps and never runs backwards. A leader
that is found, or that jumps by more than a sixteenth, is met at a bar line: the player's next bar begins with the
leader's, entered in its midst if that has just passed. If it is yet to come the music waits for it, and where the
leader changes its tempo meanwhile the bar line moves with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP
from reverie.play.messages import SELF, SyncState
from reverie.play.sync.leader import Leader, Position
from reverie.play.sync.room_beat import ROOM
from reverie.play.timeline import Timeline

PACE = 0.02
"""Seconds between looks at the leader."""
HORIZON = TICKS_PER_QUARTER // 2
"""Ticks within which a difference is made up."""
STRAY = TICKS_PER_STEP
"""Ticks of difference that are not made up but jumped."""
CLOSE = 2e-5
"""Tempi that differ by this share alone are one."""
ALONE = "no leader is asked for"
MOST = 0.5
"""How much faster or slower than its leader the player goes to catch up."""


class Following:
    """Which leaders there are, and the one that is followed."""

    def __init__(self, leaders: Mapping[str, Leader]) -> None:
        self._leaders = leaders
        self._lead = SELF
        self._offset: float | None = None
        self._was_followed = False
        self._told: SyncState | None = None
        self._looked = float("-inf")

    @property
    def followed(self) -> bool:
        """Whether a leader sets the tempo now."""
        return self._offset is not None

    def stops(self, lead: str) -> bool:
        """Whether that leader has the say about it, and has stopped the music."""
        leader = self._leaders.get(self._whose(lead))
        return leader is not None and leader.playing is False

    def due(self, now: float) -> float:
        """The monotonic moment of the next look."""
        return max(self._looked + PACE, now) if self._leaders else float("inf")

    def waits_for(self) -> Iterator[int]:
        """Descriptors whose readability is news."""
        for leader in self._leaders.values():
            yield from leader.waits_for()

    def poll_now(self) -> None:
        """Look at the next call."""
        self._looked = float("-inf")

    def poll(self, now: float) -> bool:
        """Take in what leaders say, if it is time; whether it was."""
        if not self._leaders or now < self._looked + PACE:
            return False
        self._looked = now
        for leader in self._leaders.values():
            leader.poll(now)
        return True

    def keep_pace(self, lead: str, timeline: Timeline, now: float) -> SyncState | None:
        """Take in what leaders say, and bend ``timeline`` towards the one that the scene names; any news of it."""
        lead = self._whose(lead)
        if lead != self._lead:
            self._lead, self._offset, self._was_followed = lead, None, False
        if not self.poll(now):
            return None
        leader = self._leaders.get(lead)
        if leader is None:
            return None if self._told is None else self._news(ALONE, following=False)
        position = leader.position(now)
        if position is None:
            self._offset = None
        elif self._offset is not None:
            self._bend(timeline, position, self._offset, now)
        return self._news(leader.description, following=self._offset is not None)

    def next_line(self, lead: str, tick: int, bar_ticks: int, moment: float, now: float) -> tuple[float, float] | None:
        """Where the bar that would begin at ``moment`` with ``tick`` begins instead, to meet a leader that is new.

        Returns:
            Moment and seconds per tick; None where nobody is to be met, or is kept pace with already.
        """
        lead = self._whose(lead)
        leader = self._leaders.get(lead)
        if leader is None or self._offset is not None:
            return None
        position = leader.position(now)
        if position is None:
            return None
        there = position.tick + (moment - now) / position.seconds_per_tick
        unit = bar_ticks if position.bars else TICKS_PER_QUARTER
        past = there % unit
        ahead = 0.0 if past <= unit / 2 else unit
        self._lead, self._was_followed = lead, True
        self._offset = tick - (there - past + ahead)
        return moment + (ahead - past) * position.seconds_per_tick, position.seconds_per_tick

    def free_runs(self, lead: str) -> bool:
        """Whether the tempo stays as it is: a leader sets it, or did until it was lost."""
        return self._whose(lead) == self._lead and self._was_followed

    def lose(self) -> None:
        """The music did not go on: meet the leader anew."""
        self._offset = None

    def mark(self) -> Callable[[], None]:
        """What puts back who is met, and where, to what it is now."""
        lead, offset, was_followed = self._lead, self._offset, self._was_followed

        def put_back() -> None:
            self._lead, self._offset, self._was_followed = lead, offset, was_followed

        return put_back

    def announce(self, timeline: Timeline, now: float, line: int, *, playing: bool) -> None:
        """Tell leaders where the music is, whose last bar line was at tick ``line``, but the one that sets its pace.

        One that should and is alone is told too: whoever joins then finds this tempo there, and not a stranger's.
        """
        if self._looked != now:
            return
        for name, leader in self._leaders.items():
            if name != self._lead or leader.position(now) is None:
                leader.announce(now, timeline.tick_at(now) - line, timeline.seconds_per_tick, playing=playing)

    def close(self) -> None:
        """Let go of every leader."""
        for leader in self._leaders.values():
            leader.close()

    def _whose(self, lead: str) -> str:
        """A scene that follows nobody follows the room, where the box is in one."""
        return ROOM if lead == SELF and ROOM in self._leaders else lead

    def _bend(self, timeline: Timeline, position: Position, offset: float, now: float) -> None:
        here = timeline.heading(now)
        behind = position.tick + offset - here
        if abs(behind) > STRAY:
            self._offset = None
            return
        tick, moment = timeline.newest
        if now < moment:  # the bar in which the leader is met has not begun: it waits for the leader's bar line
            timeline.bend(tick, now - (here + behind - tick) * position.seconds_per_tick, position.seconds_per_tick)
            return
        hurry = min(max(behind / HORIZON, -MOST), MOST)
        seconds_per_tick = position.seconds_per_tick / (1 + hurry)
        if abs(seconds_per_tick / timeline.seconds_per_tick - 1) > CLOSE:
            timeline.bend(here, now, seconds_per_tick)

    def _news(self, detail: str, *, following: bool) -> SyncState | None:
        state = SyncState(self._lead, following, detail)
        if state == self._told:
            return None
        self._told = state
        return state
