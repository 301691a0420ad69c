"""What pages are told while the music plays: its public state, and every bar as it begins.

It hears what the player is told and says, and needs nobody who listens. What changes at once is told at most ten times
a second, however often it changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reverie.bus import Bus
from reverie.clock import LocalClock, seconds_of_day
from reverie.logs import ONCE
from reverie.play.messages import Setup
from reverie.watch.happenings import BarEntered, Happening, PlayerTold, SyncChanged, WorkerDied
from reverie.web.event_stream import EventStream, WrittenEvent, json_bytes
from reverie.web.live_bar import LiveBar
from reverie.web.live_score import LiveScore

log = logging.getLogger(__name__)

SETTLES = 0.1
"""Seconds for which changes are gathered before they are told."""
LOOK = 2.0
"""Seconds between looks at what changes without a word, such as the time until which music rests."""
KEEP_ALIVE = 15.0
"""Seconds without an event after which those who listen are told that there is none."""
LINGER = 30.0
"""Seconds for which it is told as before after the last listener has left: a line that was cut comes back."""
FRESH = 0.25
"""Seconds for which the state is handed out as it is: those who ask for it cost no more than one of them."""

Now = Callable[[], Mapping[str, Any]]


class LiveFeed:
    """Follows the music for pages; while nobody listens, nor did just before, nothing is written.

    Args:
        now: The public state, as plain data; asked after whatever may have changed it.
        clock: The moments that pages are told.
        events: Where it is told.
    """

    def __init__(self, now: Now, clock: LocalClock, events: EventStream | None = None) -> None:
        self.events = EventStream() if events is None else events
        self._now = now
        self._clock = clock
        self._score = LiveScore()
        self._state: Mapping[str, Any] = {}
        self._bars: tuple[LiveBar, ...] = ()
        self._written: tuple[float, bytes] = (float("-inf"), b"")
        self._told_at = clock.now()
        self._attended = float("-inf")
        """When somebody was there last."""
        self._left_out = False
        """Whether something was not written since, as nobody was there."""
        self._stirred = asyncio.Event()

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of all that pages may show; after everybody else has."""
        bus.subscribe(PlayerTold, self._told)
        bus.subscribe(WorkerDied, lambda said: self._player_lost() if said.role == "player" else None)
        bus.subscribe(SyncChanged, lambda said: self._score.synced(said.sync))
        bus.subscribe(BarEntered, self._bar_entered)
        bus.subscribe(Happening, lambda _: self._stirred.set())

    def clock(self) -> Mapping[str, float]:
        """The clocks now: that of all moments of music, that of people, and seconds since midnight at the place."""
        return {"now": self._clock.now(), "wall": self._clock.wall(), "day": seconds_of_day(self._clock.local())}

    def now(self) -> Mapping[str, Any]:
        """The public state now."""
        return self._now()

    @property
    def state(self) -> bytes:
        """The public state in JSON, no older than :data:`FRESH`."""
        now, (at, state) = self._clock.now(), self._written
        if not at <= now < at + FRESH:
            state = json_bytes(self._now())
            self._written = now, state
        return state

    @property
    def latest(self) -> Iterable[WrittenEvent]:
        """What somebody hears who begins to listen: the state, and the bar that sounds."""
        self._somebody_comes()
        return self.events.latest

    def missed(self, event_id: str) -> list[WrittenEvent] | None:
        """What somebody has missed who heard the event of that id last; None where that cannot be said."""
        self._somebody_comes()
        return self.events.since(event_id)

    def _somebody_comes(self) -> None:
        if self._left_out:
            self.events.skip()
        self._left_out = False
        if not self.events.listeners:
            self.flush()
        self._attended = self._clock.now()

    def _is_wanted(self) -> bool:
        """Whether somebody listens, or did so recently enough to come back for what he has missed."""
        now = self._clock.now()
        if self.events.listeners:
            self._attended = now
        wanted = now < self._attended + LINGER
        self._left_out |= not wanted
        return wanted

    def bar(self) -> Mapping[str, Any] | None:
        """The bar that sounds and those that follow, as far as that is known."""
        bars = self._bars_now()
        return _told_bars(bars) if bars else None

    def sounding(self) -> Mapping[str, Any] | None:
        """The bar that sounds, with all that was done within it up to now."""
        return None if self._score.bar is None else self._score.bar.as_json()

    async def attend(self) -> None:
        """Tell what changes, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK):
                    await self._stirred.wait()
            except TimeoutError:
                pass
            self._stirred.clear()
            if self._is_wanted():
                self.flush()
            if self._clock.now() >= self._told_at + KEEP_ALIVE:
                self._told_at = self._clock.now()
                self.events.keep_alive()
            await asyncio.sleep(SETTLES)

    def flush(self) -> None:
        """Tell what is otherwise than it was told last."""
        try:
            self._tell_bars()
            self._tell_state()
        except Exception:
            log.exception("Pages cannot be told what plays; the music plays on.")

    def _told(self, said: PlayerTold) -> None:
        if isinstance(said.message, Setup):
            self._score = LiveScore()
        else:
            self._score.told(said.message, said.at.now)

    def _player_lost(self) -> None:
        self._score, self._bars = LiveScore(), ()
        self.events.forget("bar")

    def _bar_entered(self, said: BarEntered) -> None:
        if self._score.begun(said.bar) is None:
            log.warning(
                "Pages do not see the bar %d: what plays is not what the player was told.", said.bar.bar, extra=ONCE
            )
        if self._is_wanted():
            self._tell_bars()

    def _tell_bars(self) -> None:
        bars = self._bars_now()
        if bars and bars != self._bars:
            self._publish("bar", _told_bars(bars))
        if not bars:
            self.events.forget("bar")
        self._bars = bars

    def _bars_now(self) -> tuple[LiveBar, ...]:
        now = self._score.bar
        return () if now is None else (now, *self._score.ahead())

    def _tell_state(self) -> None:
        state = self._now()
        if state != self._state:
            self._state = state
            self._publish("now", state)

    def _publish(self, kind: str, data: Mapping[str, Any]) -> None:
        self._told_at = self._clock.now()
        self.events.publish(kind, data)


def _told_bars(bars: tuple[LiveBar, ...]) -> dict[str, Any]:
    return {**bars[0].as_json(), "ahead": [bar.as_json() for bar in bars[1:]]}
