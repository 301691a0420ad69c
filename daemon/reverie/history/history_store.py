"""The history: what was played and what befell it, for whoever asks months later.

It is told by the bus, keeps what it hears in memory, and writes it in batches, in a thread: nothing waits for a disk,
and a memory card is written to as seldom as the site says. A disk that is full or slow costs the history and not the
music.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import OrderedDict, deque
from pathlib import Path

from reverie.allowance import Allowance
from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.composer import Composed
from reverie.foreign import plain
from reverie.history.history_file import HISTORY_SCHEMA, HistoryEntry, HistoryKind, packed
from reverie.history.sqlite_file import Loss, SqliteFile
from reverie.watch.fault_kinds import HISTORY_UNKEPT
from reverie.watch.faults import Fault, Faults
from reverie.watch.happenings import (
    ControlUsed,
    FaultCleared,
    FaultRaised,
    LoopAnswered,
    LoopDerived,
    LoopSounded,
    SceneBegun,
)

log = logging.getLogger(__name__)

MOST_UNWRITTEN = 20_000
MOST_MADE = 512
"""Loops that were composed and have not sounded yet, of which it is known how they were made."""
KNOWN = 4096
"""Recipes that are remembered as written; a loop that comes back after others is written once more, and no harm."""
ANEW = 86_400.0
"""Seconds after which a loop that still comes back is written anew: the first time may have been deleted since."""
AGAIN = 5.0
"""Seconds until what could not be written is tried again: so it is soon seen when the fault is over."""
EMPTY = 0.2
"""Of the file's pages that are empty before it is written anew: a box whose power is cut each day rests each day."""
PATIENCE_AT_END, ASKS_AGAIN = 5.0, 0.05
"""Seconds for which the end waits for whoever has the file, and between two requests to let go of it."""
SHARE = 0.1
"""Of the rows that is deleted at once, the oldest, where the file takes more than it may."""
OFTEN, AT_ONCE = 2.0, 2000.0
"""Rows of a kind that are taken in a second for long, and at once: what flickers must not wear out a memory card."""
_LONGEST = 2000
"""Characters of a sentence."""
_LOSS = Loss(
    HISTORY_UNKEPT,
    "The history",
    unkept="what is played now will not be found in it",
    aside="the history begins anew",
)


class HistoryStore:
    """The file of what happened.

    Args:
        path: The file.
        faults: Where people are told of what is wrong with it.
        clock: By which rows are dated, and writes are spaced.
        quota: Bytes that the file may take.
        flush: Seconds between two writes.
        version: The version that was started.
    """

    def __init__(self, path: Path, faults: Faults, clock: Clock, *, quota: int, flush: float, version: str) -> None:
        self.path = path
        self._clock = clock
        self._quota = quota
        self._flush = flush
        self._lock = threading.Lock()
        self._vacuums, self._closing = False, False
        self._file = SqliteFile(path, HISTORY_SCHEMA, _LOSS, faults)
        self._unwritten: deque[tuple[HistoryEntry, bytes]] = deque(maxlen=MOST_UNWRITTEN)
        self._made: OrderedDict[str, Composed] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()
        self._allowance = Allowance(OFTEN, AT_ONCE, clock.now)
        self._due = float("-inf")
        self.wasteful = False
        """Whether, by its last write, much of the file is empty: then a vacuum is worth its while."""
        self._add("start", version)

    def subscribe_to(self, bus: Bus) -> None:
        """Keep from now on what happens."""
        bus.subscribe(SceneBegun, lambda said: self._add("scene", said.scene.name, said.scene.title))
        bus.subscribe(LoopAnswered, self._loop_made)
        bus.subscribe(LoopDerived, self._loop_made)
        bus.subscribe(LoopSounded, self._loop_sounded)
        bus.subscribe(FaultRaised, lambda said: self._fault("fault", said.fault))
        bus.subscribe(FaultCleared, lambda said: self._fault("mended", said.fault))
        bus.subscribe(ControlUsed, self._control_used)

    def take(self, *, quota: int, flush: float) -> None:
        """Take so much room, and be written as seldom as that, from now on."""
        self._quota, self._flush = quota, flush
        self._due = min(self._due, self._clock.now() + flush)

    def write(self) -> None:
        """Write what is there, if it is time; in a thread. What cannot be written is tried again."""
        if self._clock.now() >= self._due:
            self.write_now()

    def write_now(self) -> None:
        """The same, without waiting until it is time."""
        with self._lock:
            self._write_now()

    def vacuum(self) -> bool:
        """Give back to the disk what deleted rows took, if that is much; for a rest: it writes the whole file anew.

        Returns:
            Whether it did.
        """
        self.write_now()
        with self._lock:
            self._look_for_waste()
            if self._closing or not self.wasteful:
                return False
            self._vacuums = True
            try:
                if done := self._file.run("VACUUM"):
                    self._file.run("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._vacuums = False
            self._look_for_waste()
            return done

    def close(self) -> None:
        """Write, and let the file go; a vacuum that goes on is broken off, for the machine may not wait for it."""
        self._closing = True
        until = time.monotonic() + PATIENCE_AT_END
        while not self._lock.acquire(timeout=ASKS_AGAIN):
            if self._vacuums:
                self._file.interrupt()
            if time.monotonic() > until:
                log.warning("The history is not let go of; its last seconds are not written.")
                return
        try:
            self._write_now()
            self._file.close()
        finally:
            self._lock.release()

    def _write_now(self) -> None:
        self._due = self._clock.now() + self._flush
        self._file.look()
        rows = [self._unwritten.popleft() for _ in range(len(self._unwritten))]
        if not rows and self._file.is_open:
            return
        if not (self._put_into_file(rows, tell=False) or self._put_into_file(rows, tell=True)):
            self._unwritten.extendleft(reversed(rows))
            self._due = self._clock.now() + min(self._flush, AGAIN)
            return
        self._keep_to_quota()
        self._look_for_waste()

    def _put_into_file(self, rows: list[tuple[HistoryEntry, bytes]], *, tell: bool) -> bool:
        return self._file.write(lambda file: self._put(file, rows), tell=tell)

    def _look_for_waste(self) -> None:
        empty, pages = self._file.number("PRAGMA freelist_count"), self._file.number("PRAGMA page_count")
        self.wasteful = empty >= max(EMPTY * pages, 1)

    def _add(
        self, kind: HistoryKind, name: str, about: str = "", *, recipe: str = "", text: str = "", made: bytes = b""
    ) -> None:
        if not self._allowance.take(f"{kind} {name} {about}"):
            return
        at = round(self._clock.wall(), 3)
        said = (plain(name), plain(about), recipe, plain(text, _LONGEST))
        self._unwritten.append((HistoryEntry(at, kind, *said), made))

    def _loop_made(self, said: LoopAnswered | LoopDerived) -> None:
        if said.answer.loop:
            self._made[said.answer.recipe.id] = said.answer
            while len(self._made) > MOST_MADE:
                self._made.popitem(last=False)

    def _loop_sounded(self, said: LoopSounded) -> None:
        made = b""
        if (answer := self._made.get(said.recipe)) is not None and self._is_news(said.recipe):
            recipe = answer.recipe
            told = {name: loop.as_json() for name, loop in recipe.loops.items()}
            made = packed({"recipe": recipe.as_json(), "loop": said.loop.as_json(), "heard": told})
        self._add("loop", said.voice, said.scene, recipe=said.recipe, made=made)

    def _is_news(self, recipe: str) -> bool:
        """Whether it is not written yet how this was made, or was so long ago; from now on it is."""
        now, before = self._clock.now(), self._known.pop(recipe, float("-inf"))
        is_news = now - before > ANEW
        self._known[recipe] = now if is_news else before
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return is_news

    def _fault(self, kind: HistoryKind, fault: Fault) -> None:
        self._add(kind, fault.id, fault.subject, text=fault.sentence)

    def _control_used(self, said: ControlUsed) -> None:
        self._add("control", said.action, said.source, text=said.wanted)

    def _put(self, file: sqlite3.Connection, rows: list[tuple[HistoryEntry, bytes]]) -> None:
        file.executemany(
            "INSERT INTO entries (at, kind, name, about, recipe, text) VALUES (?, ?, ?, ?, ?, ?)",
            [(one.at, one.kind, one.name, one.about, one.recipe, one.text) for one, _ in rows],
        )
        made = [(one.recipe, data) for one, data in rows if data]
        file.executemany("INSERT INTO made (recipe, data) VALUES (?, ?)", made)

    def _keep_to_quota(self) -> None:
        """Delete the oldest rows where the file takes too much; their pages are used for new ones."""
        page = self._file.number("PRAGMA page_size")
        used = self._file.number("PRAGMA page_count") - self._file.number("PRAGMA freelist_count")
        if used * page <= self._quota:
            return
        log.info("The history takes more than %.0f MB: its oldest part is deleted.", self._quota / 1e6)
        if not self._file.write(_delete_oldest, tell=False):
            self._file.write(_delete_oldest)


def _delete_oldest(file: sqlite3.Connection) -> None:
    for table in ("entries", "made"):
        first, last = file.execute(f"SELECT min(number), max(number) FROM {table}").fetchone()  # noqa: S608 - no input
        if first is not None:
            until = first + (last - first + 1) * SHARE
            file.execute(f"DELETE FROM {table} WHERE number < ?", (until,))  # noqa: S608 - no input
