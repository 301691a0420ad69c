"""What was played, kept over a restart: fingerprints of a week's loops by voice, in one SQLite file.

The composer reads it when it begins (:mod:`reverie.compose.novelty_file`). Nothing here raises, and nothing waits for a
disk but :meth:`NoveltyStore.write`, which runs in a thread: music without a memory is better than none. A power cut
takes the last seconds.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections import deque
from pathlib import Path

from reverie.advice import advice_on
from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.fingerprint import fingerprint
from reverie.compose.novelty_bands import WEEK
from reverie.compose.novelty_file import SCHEMA, VERSION, signed, written
from reverie.errors import capital, reason_of
from reverie.files import set_aside
from reverie.music.notes import Loop
from reverie.watch.fault_kinds import NOVELTY_UNKEPT, STATE_UNREADABLE
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopSounded

MOST_OF_A_VOICE = 16_384
MOST = 200_000
"""Loops in the file: some 25 MB."""
MOST_UNWRITTEN = 10_000
PRUNE = 600.0
"""Seconds between two looks for what is too old or too much."""
_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file, and would take for part of the next one."""
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA)
_PUT = (
    "INSERT INTO played (scene, voice, exact, moment, sketch) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (scene, voice, exact) DO UPDATE SET moment = max(moment, excluded.moment)"
)
_VOICES = "SELECT scene, voice FROM played GROUP BY scene, voice HAVING count(*) > ?"
_OLDEST = (
    "DELETE FROM played WHERE scene = ?1 AND voice = ?2 AND moment <= "
    "(SELECT moment FROM played WHERE scene = ?1 AND voice = ?2 ORDER BY moment DESC LIMIT 1 OFFSET ?3)"
)
_OLDEST_OF_ALL = "DELETE FROM played WHERE moment <= (SELECT moment FROM played ORDER BY moment DESC LIMIT 1 OFFSET ?)"


class _UnreadableError(Exception):
    """The file is none of this version's."""


class NoveltyStore:
    """The file of what was played.

    Args:
        path: the file.
        faults: where people are told of what is wrong with it.
        clock: by which moments go: they are the seconds that Reverie has run, over all its lives.
    """

    def __init__(self, path: Path, faults: Faults, clock: Clock) -> None:
        self.path = path
        self._faults = faults
        self._clock = clock
        self._begun = clock.now()
        self._before = 0.0
        self._unwritten: deque[tuple[str, str, str, Loop, float]] = deque(maxlen=MOST_UNWRITTEN)
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._aside: Path | None = None
        self._refusal = ""
        self._pruned = float("-inf")
        with self._lock:
            if self._opened():
                self._before = self._latest()

    def moment(self) -> float:
        """The present moment, in seconds that Reverie has run."""
        return self._before + self._clock.now() - self._begun

    def subscribe_to(self, bus: Bus) -> None:
        """Keep from now on what sounds."""
        bus.subscribe(LoopSounded, self._loop_sounded)

    def write(self) -> None:
        """Write what has sounded since; in a thread, for disks are slow. What cannot be written is tried again."""
        with self._lock:
            if self._aside is not None and not os.path.lexists(self._aside):
                self._aside = None
                self._faults.clear(STATE_UNREADABLE, self.path.name)
            if self._file is not None and not self.path.exists():
                self._close()
            rows = [self._unwritten.popleft() for _ in range(len(self._unwritten))]
            if not rows and self._file is not None:
                return
            if not self._opened() or not self._put(rows):
                self._unwritten.extendleft(reversed(rows))

    def close(self) -> None:
        """Write, and let the file go."""
        self.write()
        with self._lock:
            self._close()

    def _loop_sounded(self, said: LoopSounded) -> None:
        self._unwritten.append((said.scene, said.voice, said.kind, said.loop, self.moment()))

    def _opened(self) -> bool:
        """Whether the file is open: one that is broken is set aside, and another begun."""
        if self._file is not None:
            return True
        for _ in range(2):
            try:
                self._file = self._open()
            except (_UnreadableError, sqlite3.DatabaseError) as error:
                if isinstance(error, sqlite3.DatabaseError) and not _is_broken(error):
                    self._refuse(error)
                    return False
                if not self._set_aside("was broken" if isinstance(error, sqlite3.DatabaseError) else str(error)):
                    return False
            except OSError as error:
                self._refuse(error)
                return False
            else:
                return True
        return False

    def _open(self) -> sqlite3.Connection:
        """The file, with a table to write to.

        Raises:
            _UnreadableError: if it was written by another version.
            sqlite3.Error: if it is broken, or cannot be opened.
            OSError: if there can be no such folder.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.path, timeout=1.0, check_same_thread=False, isolation_level=None)
        try:
            (version,) = file.execute("PRAGMA user_version").fetchone()
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = NORMAL")
            _begin(file, version)
            file.execute("SELECT scene, voice, exact, moment, sketch FROM played LIMIT 1").fetchall()
        except sqlite3.OperationalError as error:
            file.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # no such table, or no such column
                raise _UnreadableError("has other tables") from error
            raise
        except BaseException:
            file.close()
            raise
        return file

    def _put(self, rows: list[tuple[str, str, str, Loop, float]]) -> bool:
        file = self._file
        if file is None:
            return False
        prints = [(scene, voice, fingerprint(loop, kind), moment) for scene, voice, kind, loop, moment in rows]
        values = [
            (written(scene), written(voice), signed(one.exact), moment, one.sketch)
            for scene, voice, one, moment in prints
        ]
        try:
            file.execute("BEGIN IMMEDIATE")
            file.executemany(_PUT, values)
            if self._clock.now() - self._pruned >= PRUNE:
                self._prune(file)
            file.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                file.execute("ROLLBACK")
            self._close()
            if _is_broken(error):
                self._set_aside("is broken")
            else:
                self._refuse(error)
            return False
        self._refusal = ""
        self._faults.clear(NOVELTY_UNKEPT)
        return True

    def _prune(self, file: sqlite3.Connection) -> None:
        """Forget what is older than a week, and the oldest of what is too much."""
        file.execute("DELETE FROM played WHERE moment < ?", (self.moment() - WEEK,))
        for scene, voice in file.execute(_VOICES, (MOST_OF_A_VOICE,)).fetchall():
            file.execute(_OLDEST, (scene, voice, MOST_OF_A_VOICE))
        file.execute(_OLDEST_OF_ALL, (MOST,))
        self._pruned = self._clock.now()

    def _latest(self) -> float:
        """The last moment in the file: this life goes on from there."""
        if self._file is None:
            return 0.0
        try:
            (latest,) = self._file.execute("SELECT max(moment) FROM played").fetchone()
            return float(latest or 0.0)
        except (sqlite3.Error, TypeError, ValueError):
            return 0.0

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(sqlite3.Error):
                self._file.close()
        self._file = None

    def _set_aside(self, what: str) -> bool:
        """Rename a file that is none, with what SQLite has beside it; whether another can be begun."""
        try:
            aside = set_aside(self.path)
            for end in _BESIDE:
                with contextlib.suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + end).rename(aside.with_name(aside.name + end))
        except OSError as error:
            self._refuse(error)
            return False
        self._aside = aside
        self._faults.tell(
            STATE_UNREADABLE,
            self.path.name,
            f"{self.path} {what} and now lies beside it as {aside.name}: what was played before counts as new",
            f"Look at {aside}, and delete it when nothing in it is wanted",
        )
        return True

    def _refuse(self, error: sqlite3.Error | OSError) -> None:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        if reason == self._refusal:
            return  # it is told already
        self._refusal = reason
        advice = capital(advice_on(error, self.path)) if isinstance(error, OSError) else None
        sentence = f"What was played cannot be kept in {self.path} ({reason}): after a restart it counts as new"
        self._faults.tell(NOVELTY_UNKEPT, "", sentence, advice)


def _begin(file: sqlite3.Connection, version: int) -> None:
    """Make the table, where there is none yet.

    Raises:
        _UnreadableError: if the file was written by another version.
    """
    if version not in {0, VERSION}:
        raise _UnreadableError(f"was written in version {version} of this format")
    if version:
        return
    file.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        file.execute(statement)
    file.execute(f"PRAGMA user_version = {VERSION}")
    file.execute("COMMIT")


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether the file is at fault, and not the disk that it is on."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _BROKEN
