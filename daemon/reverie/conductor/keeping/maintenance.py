"""Files kept in order while the music plays: what must last is written, and the tape is sealed and pruned.

It goes by monotonic time, so that a clock that is set stops nothing, and does whatever is due by the state it finds.
APScheduler, which goes by the clock of the room, only reminds: of the programme's times, so that a scene changes on the
minute. Who is reminded looks for himself what is due, and looks now and then unreminded.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from reverie.advice import advice_on, is_full
from reverie.clock import Clock, SystemClock
from reverie.conductor.keeping.tape_retention import Ages
from reverie.conductor.single_instance import Alone
from reverie.errors import capital, reason_of
from reverie.files import check_writable, once_more
from reverie.history.state import StateStore, is_of_loops
from reverie.play.recording.tape import beyond, days, delete, journal_name, prune
from reverie.play.recording.tape_export import seal_all
from reverie.watch.fault_kinds import TAPE_UNSEALED, TAPE_UNWRITABLE
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

ROUND = 5.0
"""Seconds between looks at what is to be written."""
SELDOM, SELDOM_AT_LATEST = 10, 300.0
"""Flushes between two writes of what is large and can be done without, and seconds at most."""
ROUNDS_PER_SEAL = 12
"""Such looks between two looks at the tape: a minute."""


def seldom(flush: float) -> float:
    """Seconds between two writes of what is large and soon obsolete, by those between two of what must last.

    Where the music stands has the loops that play: after a power cut the last good ones only stand by. What models
    remember can be drawn again.
    """
    return max(flush, min(flush * SELDOM, SELDOM_AT_LATEST))


class Housekeeping:
    """Goes on while :meth:`run` is awaited; :meth:`finish` puts all in order at the end."""

    def __init__(
        self,
        store: StateStore,
        tape: Path,
        keep_days: int,
        faults: Faults,
        alone: Alone | None = None,
        quota: int | None = None,
        clock: Clock | None = None,
        flush: float = ROUND,
    ) -> None:
        self._store = store
        self._tape = tape
        self._keep_days = keep_days
        self._faults = faults
        self._alone = alone
        self._quota = quota
        self._clock = clock or SystemClock()
        self._ages: Ages | None = None
        self._scheduler: Any = None
        self._flush = flush
        self._due = self._loops_due = float("-inf")
        self._others: list[tuple[Callable[[], None], Callable[[], None], bool]] = []

    def keep_too(self, write: Callable[[], None], close: Callable[[], None], *, often: bool = False) -> None:
        """Have something else written as well, in a thread, and closed at the end; neither may raise.

        What knows by itself how seldom it is to be written is asked ``often``.
        """
        self._others.append((write, close, often))

    def keep(self, days: int, quota: int | None) -> None:
        """Keep the tape for so many days, and so many bytes of it, from now on."""
        self._keep_days, self._quota = days, quota

    def flush_every(self, seconds: float) -> None:
        """Write what must last as seldom as that from now on."""
        now, self._flush = self._clock.now(), seconds
        self._due, self._loops_due = min(self._due, now + seconds), min(self._loops_due, now + seldom(seconds))

    def remind(self, times: Iterable[time], of: Callable[[], None]) -> None:
        """Call ``of`` at these times of the day, by the clock of the room; needs the running event loop.

        Called again, as for another time zone, it begins anew. Without a reminder nothing is lost but a second.

        Raises:
            Exception: whatever APScheduler, or what it asks for the zone, cannot bear.
        """
        self.forget()
        times = tuple(times)
        if not times:
            return
        schedulers: Any = importlib.import_module("apscheduler.schedulers.asyncio")  # it has no types
        scheduler = schedulers.AsyncIOScheduler(job_defaults={"coalesce": True, "misfire_grace_time": None})
        for at in times:
            scheduler.add_job(_in_the_loop(of), "cron", hour=at.hour, minute=at.minute, second=at.second)
        scheduler.start()
        self._scheduler = scheduler

    def forget(self) -> None:
        """Remind of nothing any more."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            try:
                scheduler.shutdown(wait=False)
            except Exception:
                log.exception("APScheduler could not be ended; nothing waits for it.")

    async def run(self) -> None:
        """Keep files in order until cancelled."""
        rounds = 0
        while True:
            try:
                if rounds % ROUNDS_PER_SEAL == 0:
                    await asyncio.to_thread(self._tend_tape, all_of_it=False)
                await self._write_state()
            except Exception:
                log.exception("Files could not be kept in order; it is tried again.")
            rounds += 1
            await asyncio.sleep(ROUND)

    async def finish(self) -> None:
        """Stop, and put all in order: the player is gone, so the present hour of the tape is over too."""
        self.forget()
        await self._write_state(anyway=True)
        for _, close, _ in self._others:
            await asyncio.to_thread(close)
        await asyncio.to_thread(self._tend_tape, all_of_it=True)

    async def _write_state(self, *, anyway: bool = False) -> None:
        """Write what is due: a memory card wears out by being written. What failed, or has gone, is due at once."""
        now, gone = self._clock.now(), await asyncio.to_thread(self._look)
        due = anyway or gone or now >= self._due
        loops = anyway or gone or (due and now >= self._loops_due)
        if due:
            self._due = now + self._flush
        changes = self._store.changes(loops=loops) if due else {}
        if any(map(is_of_loops, changes)):
            self._loops_due = now + seldom(self._flush)
        if changes and not await asyncio.to_thread(self._store.write, changes):
            self._due = self._loops_due = now
        for write, _, often in self._others:
            if due or often:
                await asyncio.to_thread(write)

    def _look(self) -> bool:
        """See what of the state folder somebody has removed; whether there is something."""
        if self._alone is not None:
            self._alone.renew()
        return self._store.look()

    def _tend_tape(self, *, all_of_it: bool) -> None:
        """Make room first: a disk that is full must not keep from being emptied."""
        now = datetime.fromtimestamp(self._clock.wall(), UTC)
        too_large: OSError | None = None
        try:
            once_more(self._prune, all_of_it=all_of_it)
        except OSError as error:
            too_large = error
        try:
            once_more(check_writable, self._tape / journal_name(now.timestamp()))
        except OSError as error:
            self._tell_of_tape(error, "written", "what is played is not recorded")
            return
        if too_large is not None:
            self._tell_of_tape(too_large, "made smaller", "what is old in it stays")
        else:
            self._faults.clear(TAPE_UNWRITABLE)
        try:
            once_more(seal_all, self._tape, None if all_of_it else now)
        except OSError as error:
            journal = Path(error.filename or self._tape)
            self._faults.tell(
                TAPE_UNSEALED,
                "",
                f"{journal} cannot be made a MIDI file ({reason_of(error)})",
                capital(advice_on(error, journal)),
            )
        else:
            self._faults.clear(TAPE_UNSEALED)

    def _tell_of_tape(self, error: OSError, cannot: str, therefore: str) -> None:
        self._faults.tell(
            TAPE_UNWRITABLE,
            "",
            f"The tape in {self._tape} cannot be {cannot} ({reason_of(error)}): {therefore}",
            capital(advice_on(error, self._tape.parent if is_full(error) else self._tape)),
        )

    def _prune(self, *, all_of_it: bool) -> None:
        present = days(self._tape)
        if self._ages is None:
            self._ages = Ages(self._tape, self._clock.now)
        gone = prune(self._tape, self._ages.older_than(self._keep_days, present))
        self._ages.keep(anyway=all_of_it)
        if gone:
            _tell_deleted(gone, f"they have been there for {self._keep_days} days of playing")
        if self._quota is not None:
            left = days(self._tape)
            oldest_first = [path for day in self._ages.in_order(left) for path in left[day]]
            if gone := delete(beyond(oldest_first, self._quota)):
                _tell_deleted(gone, f"the tape took more than {self._quota / 1e9:g} GB")


def _tell_deleted(gone: Sequence[Path], why: str) -> None:
    log.info("%d files of the tape were deleted, %s to %s: %s.", len(gone), gone[0].name, gone[-1].name, why)


def _in_the_loop(call: Callable[[], None]) -> Any:
    """``call`` as a coroutine: APScheduler runs plain functions in a thread."""

    async def job() -> None:
        call()

    return job
