"""What was played, kept over a restart: fingerprints of a week's loops by voice, in one SQLite file.

The composer reads it when it begins (:mod:`reverie.compose.novelty_file`). Nothing here raises, and nothing waits for a
disk but :meth:`NoveltyStore.write`, which runs in a thread: music without a memory is better than none. A power cut
takes the last seconds.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict, deque
from pathlib import Path

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.fingerprint import fingerprint
from reverie.compose.novelty_bands import WEEK
from reverie.compose.novelty_file import STEPS_OF_FORMAT, signed, written
from reverie.history.sqlite_file import Loss, SqliteFile, SqliteSchema
from reverie.music.notes import Loop
from reverie.watch.fault_kinds import NOVELTY_UNKEPT
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopSounded

MOST_OF_A_VOICE = 16_384
MOST = 200_000
"""Loops in the file after each write: some 25 MB."""
MOST_UNWRITTEN = 10_000
PORTION = 10_000
"""Rows that one write forgets at most, and no fewer than it may add; all at once would hold the file for seconds."""
PRUNE = 86_400.0
"""Seconds between two looks for what is too old, superseded or too much of a voice, which read all of it."""
REPEATED = 600.0
"""Seconds for which a loop that plays again and again is written once."""
_FILE = SqliteSchema(
    steps=STEPS_OF_FORMAT,
    probe=(
        "SELECT scene, voice, exact, moment, sketch FROM played LIMIT 1",
        "SELECT number, scene, voice, exact, moment, sketch FROM sounded LIMIT 1",
    ),
)
_LOSS = Loss(
    NOVELTY_UNKEPT,
    "What was played",
    unkept="after a restart it counts as new",
    aside="what was played before counts as new",
)
_LAST = "SELECT max(moment) FROM (SELECT max(moment) AS moment FROM played UNION ALL SELECT max(moment) FROM sounded)"
_PUT = "INSERT INTO sounded (scene, voice, exact, moment, sketch) VALUES (?, ?, ?, ?, ?)"
_COUNT = "SELECT count(*) FROM sounded"
_FORGOTTEN = (
    "WITH latest AS (SELECT max(number) AS number, scene, voice FROM sounded WHERE moment >= ?1 "
    "GROUP BY scene, voice, exact), placed AS (SELECT number, "
    "row_number() OVER (PARTITION BY scene, voice ORDER BY number DESC) AS place FROM latest) "
    "SELECT number FROM sounded WHERE number NOT IN (SELECT number FROM placed WHERE place <= ?2) ORDER BY number"
)
_FORGET = "DELETE FROM sounded WHERE number = ?"
_OLDEST = "DELETE FROM sounded WHERE number <= (SELECT number FROM sounded ORDER BY number LIMIT 1 OFFSET ?)"
_OLD_FORMAT = (
    "DELETE FROM played WHERE moment < ?1 "
    "AND moment <= coalesce((SELECT moment FROM played ORDER BY moment LIMIT 1 OFFSET ?2), ?1)"
)


class NoveltyStore:
    """The file of what was played.

    Args:
        path: the file.
        faults: where people are told of what is wrong with it.
        clock: by which moments go: they are the seconds that Reverie has run, over all its lives.
    """

    def __init__(self, path: Path, faults: Faults, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._begun = clock.now()
        self._before = 0.0
        self._unwritten: deque[tuple[str, str, str, Loop, float]] = deque(maxlen=MOST_UNWRITTEN)
        self._lock = threading.Lock()
        self._file = SqliteFile(path, _FILE, _LOSS, faults)
        self._pruned = float("-inf")
        self._count: int | None = None
        """Rows in the file; None where that is to be counted."""
        self._forgotten = deque[int]()
        """Rows that are to go, a portion with each write."""
        self._known: OrderedDict[tuple[str, str, int], float] = OrderedDict()
        """When each loop was written last, of those that were not long ago."""
        with self._lock:
            if self._file.open():
                self._before = self._file.number(_LAST)
                """This life goes on from the last moment in the file."""

    def moment(self) -> float:
        """The present moment, in seconds that Reverie has run."""
        return self._before + self._clock.now() - self._begun

    def subscribe_to(self, bus: Bus) -> None:
        """Keep from now on what sounds."""
        bus.subscribe(LoopSounded, self._loop_sounded)

    def write(self) -> None:
        """Write what has sounded since; in a thread, for disks are slow.

        What cannot be written is tried again: once at once, before that is told.
        """
        with self._lock:
            self._file.look()
            if not self._write(tell=False):
                self._write(tell=True)

    def close(self) -> None:
        """Write, and let the file go."""
        self.write()
        with self._lock:
            self._file.close()

    def _write(self, *, tell: bool) -> bool:
        if not self._file.is_open:
            self._known.clear()  # it could not be written, or is another file now
            self._forgotten.clear()
            self._count, self._pruned = None, float("-inf")
        rows = [self._unwritten.popleft() for _ in range(len(self._unwritten))]
        self._look_what_is_forgotten()
        is_done = not self._forgotten and self._count is not None and self._count <= MOST
        if not rows and self._file.is_open and is_done:
            return True
        if not self._file.write(lambda file: self._put(file, rows), tell=tell):
            self._unwritten.extendleft(reversed(rows))
            self._count = None
            return False
        return True

    def _loop_sounded(self, said: LoopSounded) -> None:
        self._unwritten.append((said.scene, said.voice, said.kind, said.loop, self.moment()))

    def _put(self, file: sqlite3.Connection, rows: list[tuple[str, str, str, Loop, float]]) -> None:
        count = int(file.execute(_COUNT).fetchone()[0]) if self._count is None else self._count
        for scene, voice, kind, loop, moment in rows:
            found = fingerprint(loop, kind)
            key = written(scene), written(voice), signed(found.exact)
            if moment - self._known.get(key, float("-inf")) < REPEATED:
                continue
            self._known[key] = moment
            self._known.move_to_end(key)
            file.execute(_PUT, (*key, moment, found.sketch))
            count += 1
        while self._known and rows and rows[-1][-1] - next(iter(self._known.values())) >= REPEATED:
            self._known.popitem(last=False)
        self._count = self._prune(file, count)

    def _look_what_is_forgotten(self) -> None:
        """Once a day, find what is older than a week, sounded again later, or too much of its voice: it only reads."""
        if self._file.is_open and self._clock.now() - self._pruned >= PRUNE:
            self._forgotten = deque(self._file.numbers(_FORGOTTEN, self.moment() - WEEK, MOST_OF_A_VOICE))
            self._pruned = self._clock.now()

    def _prune(self, file: sqlite3.Connection, count: int) -> int:
        """Forget a portion of what is to go, and the oldest of what is too much of ``count``; what is left."""
        file.execute(_OLD_FORMAT, (self.moment() - WEEK, PORTION))
        portion = [(self._forgotten.popleft(),) for _ in range(min(PORTION, len(self._forgotten)))]
        if portion:
            count -= file.executemany(_FORGET, portion).rowcount
        if (surplus := min(count - MOST, PORTION)) > 0:
            count -= file.execute(_OLDEST, (surplus - 1,)).rowcount
        return count
