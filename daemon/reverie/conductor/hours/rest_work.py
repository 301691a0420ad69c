"""Work that is put off until the music rests: then nobody minds that a disk is busy or a worker begins anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from reverie.clock import Clock

log = logging.getLogger(__name__)

LOOK = 10.0
"""Seconds between two looks whether something is due."""
SETTLED = 60.0
"""Seconds of rest after which work begins: the last notes ring out, and a rest may be short."""

LASTS = 900.0
"""Seconds of certain silence that a new start needs: a small box reads its models for minutes, and may try twice."""

Work = Callable[[], Awaitable[bool]]
"""Does something where the music is decided upon; whether there was anything to be done. It may wait, not block."""


def in_thread(call: Callable[[], bool]) -> Work:
    """Work that blocks, in a thread."""
    return lambda: asyncio.to_thread(call)


@dataclass(slots=True)
class RestJob:
    """Something that is to be done in rests, and is not begun more often than ``every`` seconds.

    Where there is no rest for ``at_latest`` seconds, it is done all the same; None: then it is not. ``waits`` says
    whether there is anything to do. It was ``begun`` last, and ``ended`` with that ``outcome`` when it last did
    something, or failed: a look that finds nothing to do is none of it.
    """

    name: str
    work: Work
    every: float
    waits: Callable[[], bool]
    at_latest: float | None = None
    begun: float | None = None
    ended: float | None = None
    outcome: str = ""


class RestWork:
    """Does one thing after the other while it rests.

    Args:
        resting: Whether nothing is to sound now.
        clock: By which it is measured how long.
    """

    def __init__(self, resting: Callable[[], bool], clock: Clock) -> None:
        self._resting = resting
        self._clock = clock
        self._begun = clock.now()
        self._since: float | None = None
        self._jobs: list[RestJob] = []

    def in_rests(
        self,
        name: str,
        work: Work,
        at_most_every: float,
        *,
        waits: Callable[[], bool] = lambda: True,
        at_latest: float | None = None,
    ) -> None:
        """Have something done in rests.

        Args:
            name: What is done, for the log.
            work: Does it; may raise, and is tried again in its time.
            at_most_every: Seconds between two times.
            waits: Whether there is anything to do; asked often, so it must answer at once.
            at_latest: Seconds after which it is done without a rest; None: never.
        """
        self._jobs.append(RestJob(name, work, at_most_every, waits, at_latest))

    async def run(self) -> None:
        """Do what is due until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            if (job := self.due()) is not None:
                await self._do(job)

    def due(self) -> RestJob | None:
        """What is to be done now: what has waited longest; None where nothing is."""
        now = self._clock.now()
        self._since = (now if self._since is None else self._since) if self._resting() else None
        rests = self._since is not None and now - self._since >= SETTLED
        found = [job for job in self._jobs if self._is_due(job, now, rests=rests)]
        return min(found, key=lambda job: float("-inf") if job.begun is None else job.begun, default=None)

    def status(self) -> list[dict[str, Any]]:
        """What is done in rests, whether it waits for one, how long ago it was done, and what came of it."""
        now = self._clock.now()
        return [
            {
                "name": job.name,
                "waits": self._is_due(job, now, rests=True),
                "seconds_ago": None if job.ended is None else round(now - job.ended),
                "outcome": job.outcome,
            }
            for job in self._jobs
        ]

    def _is_due(self, job: RestJob, now: float, *, rests: bool) -> bool:
        gone = now - (self._begun if job.begun is None else job.begun)
        due = (job.begun is None or gone >= job.every) if rests else job.at_latest is not None and gone >= job.at_latest
        return due and job.waits()

    async def _do(self, job: RestJob) -> None:
        job.begun = now = self._clock.now()
        try:
            if not await job.work():
                return
        except Exception:
            log.exception("Not done while it rests: %s; it is tried again in its time.", job.name)
            job.outcome = "failed, see the log"
        else:
            log.info("Done while it rests: %s.", job.name)
            job.outcome = "done"
        job.ended = now
