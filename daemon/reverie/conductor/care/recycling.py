"""Gives workers another life before they grow old or large: off the beat, so that nothing is late and nothing silent.

A composer is let go while it owes no answer: its voices have loops ahead. A player is let go while silence is intended
anyway; one that grows beyond its limit is not waited for, since whoever runs out of memory takes others along: it goes
once a bar is over, and is back for the next but one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.conductor.hired_worker import HiredWorker
from reverie.site.supervision_section import SupervisionSection
from reverie.watch.happenings import BarSounded, Moment, RecycleWanted, WorkerRecycled, WorkerStarted

log = logging.getLogger(__name__)

LOOK = 10.0
"""Seconds between looks at the memory of workers."""
YOUNG = 12 * 3600.0
"""Seconds for which a worker is left in peace when the music rests."""
SETTLES = 60.0
"""Seconds of a life in which it is not ended for its size: what a scene needs, it needs in each life."""


@dataclass(frozen=True, slots=True)
class Recyclable:
    """A worker, and whether this is a moment at which nobody misses it."""

    worker: HiredWorker
    may_go: Callable[[], bool]


class Recycling:
    """Looks at age and memory of workers, and at who asked for another life of them.

    Args:
        settings: How old and how large they may become.
        workers: By role, those that can be given another life.
        clock: By which they age.
        bus: Where is told that one was let go; :class:`RecycleWanted` there asks for it.
    """

    def __init__(self, settings: SupervisionSection, workers: Mapping[str, Recyclable], clock: Clock, bus: Bus) -> None:
        self._settings = settings
        self._workers = workers
        self._clock = clock
        self._bus = bus
        self._born: dict[str, float] = {}
        self._wanted: dict[str, str] = {}
        self._large: dict[str, str] = {}
        self._due = float("-inf")

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of lives, of bars, and of who asks."""
        bus.subscribe(WorkerStarted, lambda said: self._started(said.role, said.at.now))
        bus.subscribe(RecycleWanted, lambda said: self.ask(said.role, said.reason))
        bus.subscribe(BarSounded, lambda _: self._bar_over())

    def ask(self, role: str, reason: str) -> None:
        """Give a worker another life as soon as nobody misses it; ``reason`` is a sentence's end, as "it rests"."""
        if role in self._workers:
            self._wanted.setdefault(role, reason)

    @property
    def not_young(self) -> tuple[str, ...]:
        """The workers that are to begin another life once the music rests."""
        if self._settings.recycle_hours is None:
            return ()
        now = self._clock.now()
        return tuple(role for role, born in self._born.items() if now - born > min(YOUNG, self._oldest))

    def freshen(self) -> bool:
        """Give those another life that are not young, and that nobody misses now: called in a rest.

        Who is missed is not put down for later: a rest may be over then. Whether there was one.
        """
        going = [role for role in self.not_young if self._workers[role].may_go()]
        for role in going:
            self.ask(role, "the music rests")
        return bool(going)

    def look(self) -> None:
        """Find those that have become old or large, and let those go whose moment this is."""
        now = self._clock.now()
        if now >= self._due:
            self._due = now + LOOK
            for role, born in self._born.items():
                self._judge(role, now - born)
        for role, reason in [*self._wanted.items()]:
            if self._workers[role].may_go():
                self._recycle(role, reason)

    def _judge(self, role: str, age: float) -> None:
        worker, limit, hours = self._workers[role].worker, self._settings.memory.bytes_of(role), self._oldest
        size = worker.info.rss_bytes
        if limit is not None and size is not None and size > limit and age > SETTLES:
            reason = f"it takes {size / 1e6:.0f} MB of memory, and may take {limit / 1e6:.0f}"
            self._large[role] = self._wanted[role] = reason
        elif age > hours:
            self._wanted.setdefault(role, f"it has lived for {age / 3600:.0f} hours")

    @property
    def _oldest(self) -> float:
        hours = self._settings.recycle_hours
        return float("inf") if hours is None else hours * 3600

    def _bar_over(self) -> None:
        for role, reason in [*self._large.items()]:
            self._recycle(role, reason)

    def _started(self, role: str, now: float) -> None:
        if role in self._workers:
            self._born[role] = now
            self._wanted.pop(role, None)
            self._large.pop(role, None)

    def _recycle(self, role: str, reason: str) -> None:
        self._wanted.pop(role, None)
        self._large.pop(role, None)
        self._born.pop(role, None)
        self._bus.publish(WorkerRecycled(Moment.of(self._clock), role, reason))
        self._workers[role].worker.recycle(f"The {role} begins another life: {reason}.")
