"""Files kept in order while the music plays: what must last is written, finished hours of the tape are sealed.

These are matters of the calendar, so APScheduler may time them: a job that is late or missed does no harm, as each does
what is due by the state it finds. Nothing that sounds hangs on it.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reverie.play.sealing import seal, seal_all
from reverie.play.tape import journals, prune
from reverie.stage.state import StateStore

log = logging.getLogger(__name__)

WRITE_STATE = 5
"""Seconds between writes of what must last."""
SEAL_TAPE = 60
"""Seconds between looks for an hour of the tape that is over."""


class Housekeeping:
    """Jobs that go on between :meth:`start` and :meth:`finish`."""

    def __init__(self, store: StateStore, tape: Path, keep_days: int) -> None:
        self._store = store
        self._tape = tape
        self._keep_days = keep_days
        schedulers: Any = importlib.import_module("apscheduler.schedulers.asyncio")  # it has no types
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler: Any = schedulers.AsyncIOScheduler(job_defaults=defaults)

    def start(self) -> None:
        """Begin, in the running event loop; the tape is looked at right away."""
        self._scheduler.add_job(self._write_state, "interval", seconds=WRITE_STATE)
        self._scheduler.add_job(self._seal_tape, "interval", seconds=SEAL_TAPE, next_run_time=datetime.now(UTC))
        self._scheduler.start()

    async def finish(self) -> None:
        """Stop, and put all in order: the player is gone, so the present hour of the tape is over too."""
        self._scheduler.shutdown(wait=False)
        await self._write_state()
        await asyncio.to_thread(self._seal, all_of_it=True)

    async def _write_state(self) -> None:
        if changes := self._store.changes():
            await asyncio.to_thread(self._store.write, changes)

    async def _seal_tape(self) -> None:
        await asyncio.to_thread(self._seal, all_of_it=False)

    def _seal(self, *, all_of_it: bool) -> None:
        now = datetime.now(UTC)
        try:
            if all_of_it:
                for journal in journals(self._tape):
                    seal(journal)
            else:
                seal_all(self._tape, now)
            prune(self._tape, self._keep_days, now)
        except OSError as error:
            log.warning("The tape in %s cannot be kept in order (%s).", self._tape, error.strerror)
