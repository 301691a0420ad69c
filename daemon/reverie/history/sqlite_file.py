"""A SQLite file of what lasts: opened with care, set aside where it is broken, told where it cannot be written.

Nothing here raises but what is asked inside a transaction. A power cut takes the last seconds: the journal is written
ahead (WAL), and waits for the disk only when it is carried over.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reverie.advice import advice_on
from reverie.errors import capital, reason_of
from reverie.files import check_writable, set_aside
from reverie.generations import STEPS, is_readable
from reverie.watch.fault_kinds import STATE_UNREADABLE, FaultKind
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file, and would take for part of the next one."""
PATIENCE = 1.0
"""Seconds for which a file may be locked by whoever reads it."""
WITHOUT_LOCKS = "vfs=unix-none"
"""For a disk that has none: the state folder is one daemon's alone anyhow."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA)
_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
}
"""What the system would say, where SQLite says it in its own words."""


class OtherFormatError(Exception):
    """The file is none that this version reads."""


@dataclass(frozen=True, slots=True)
class SqliteSchema:
    """What is in a file, and how an older one becomes it.

    ``steps`` have by version the statements that lead there from the version before. ``probe`` reads every column that
    is needed; in a file of other tables it fails.
    """

    steps: tuple[tuple[str, ...], ...]
    probe: tuple[str, ...]
    generation: int = 0

    @property
    def version(self) -> int:
        """The number of the format that is written (:mod:`reverie.generations`)."""
        return self.generation * STEPS + len(self.steps)

    def bring_up(self, file: sqlite3.Connection) -> None:
        """Make the tables, or what is missing of them, in one step.

        Raises:
            OtherFormatError: if the file was written in another generation of the format.
            sqlite3.Error: if it cannot be done.
        """
        (found,) = file.execute("PRAGMA user_version").fetchone()
        if found and not is_readable(found, self.version):
            raise OtherFormatError(f"was written in version {found} of this format")
        done = found % STEPS
        if done >= len(self.steps):
            return  # of this version, or of a later one that has only added to it
        file.execute("BEGIN IMMEDIATE")
        for step in self.steps[done:]:
            for statement in step:
                file.execute(statement)
        file.execute(f"PRAGMA user_version = {self.version}")
        file.execute("COMMIT")


@dataclass(frozen=True, slots=True)
class Loss:
    """What is told of a file: the ``kind`` of fault, ``what`` is kept in it, and what comes of its loss.

    ``unkept`` says what follows where it cannot be written, ``aside`` where it had to begin anew.
    """

    kind: FaultKind
    what: str
    unkept: str
    aside: str


class SqliteFile:
    """One file. Whoever has it sees to it that one thread at a time asks.

    Args:
        path: The file.
        schema: What is in it.
        loss: What is told where it cannot be kept.
        faults: The register of faults.
    """

    def __init__(self, path: Path, schema: SqliteSchema, loss: Loss, faults: Faults) -> None:
        self.path = path
        self._schema = schema
        self._loss = loss
        self._faults = faults
        self._file: sqlite3.Connection | None = None
        self._aside: Path | None = None
        self._refusal = ""

    @property
    def is_open(self) -> bool:
        """Whether the file is there and open."""
        return self._file is not None

    def look(self) -> None:
        """See whether somebody has removed the file, or what was set aside."""
        if self._aside is not None and not os.path.lexists(self._aside):
            self._aside = None
            self._faults.clear(STATE_UNREADABLE, self.path.name)
        if self._file is not None and not self.path.exists():
            self.close()

    def open(self) -> bool:
        """Open the file, or a new one in the place of one that is broken; False where there can be none.

        A disk that refuses is asked once more before that is told.
        """
        if self._file is not None:
            return True
        for told in (False, True, True):  # the third is for a file that is set aside
            try:
                self._file = self._open()
            except (OtherFormatError, sqlite3.DatabaseError, OSError) as error:
                if isinstance(error, OSError) or (isinstance(error, sqlite3.DatabaseError) and not _is_broken(error)):
                    if told:
                        self._refuse(error)
                        return False
                elif not self._set_aside("was broken" if isinstance(error, sqlite3.DatabaseError) else str(error)):
                    return False
            else:
                return True
        return False

    def write(self, put: Callable[[sqlite3.Connection], None], *, tell: bool = True) -> bool:
        """Have something written in one transaction; False where that failed.

        Then the file is closed, and the next write opens it anew. Whoever tries it once more need not ``tell`` it.
        """
        if not self.open() or self._file is None:
            return False
        file = self._file
        try:
            file.execute("BEGIN IMMEDIATE")
            put(file)
            file.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                file.execute("ROLLBACK")
            self._failed(error, tell=tell)
            return False
        self._refusal = ""
        self._faults.clear(self._loss.kind)
        return True

    def run(self, statement: str) -> bool:
        """Have a statement run that may be in no transaction, such as VACUUM; False where that failed.

        Nothing is lost by that, so that the log alone has it: a disk may lack the room of a second copy.
        """
        if not self.open() or self._file is None:
            return False
        try:
            self._file.execute(statement)
        except sqlite3.Error as error:
            if _code(error) & 0xFF != sqlite3.SQLITE_INTERRUPT:
                log.info("%s: %s failed (%s).", self.path, statement, error)
                self._failed(error, tell=False)
            return False
        return True

    def interrupt(self) -> None:
        """Have a statement that :meth:`run` runs in another thread end at once, as if it had not begun."""
        if (file := self._file) is not None:
            with contextlib.suppress(sqlite3.Error):  # it may be closed meanwhile
                file.interrupt()

    def number(self, query: str) -> float:
        """The one number that a query finds; 0 where there is none, or it cannot be read."""
        if self._file is None:
            return 0.0
        try:
            (found,) = self._file.execute(query).fetchone()
            return float(found or 0.0)
        except (sqlite3.Error, TypeError, ValueError):
            return 0.0

    def numbers(self, query: str, *parameters: object) -> list[int]:
        """The numbers that a query finds, in no transaction; none where it cannot be read."""
        if self._file is None:
            return []
        try:
            return [int(found) for (found,) in self._file.execute(query, parameters)]
        except (sqlite3.Error, TypeError, ValueError):
            return []

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            with contextlib.suppress(sqlite3.Error):
                self._file.close()
        self._file = None

    def _open(self) -> sqlite3.Connection:
        """The file, with tables to write to.

        Raises:
            OtherFormatError: if it was written by another version.
            sqlite3.Error: if it is broken, or cannot be opened.
            OSError: if there can be no such folder.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        locks = keeps_locks(self.path.parent)
        file = connect(self.path, "" if locks else WITHOUT_LOCKS, timeout=PATIENCE)
        try:
            file.execute("PRAGMA user_version").fetchone()
            # A journal that is written ahead needs memory that is shared by locks.
            file.execute(f"PRAGMA journal_mode = {'WAL' if locks else 'TRUNCATE'}")
            file.execute("PRAGMA synchronous = NORMAL")
            self._schema.bring_up(file)
            for query in self._schema.probe:
                file.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            file.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # no such table, or no such column
                raise OtherFormatError("has other tables") from error
            raise
        except BaseException:
            file.close()
            raise
        return file

    def _failed(self, error: sqlite3.Error, *, tell: bool) -> None:
        self.close()
        if _is_broken(error):
            self._set_aside("is broken")
        elif tell:
            self._refuse(error)

    def _set_aside(self, what: str) -> bool:
        """Rename a file that is none, with what SQLite has beside it; whether another can be begun."""
        try:
            aside = set_aside(self.path)
            for end in BESIDE:
                with contextlib.suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + end).rename(aside.with_name(aside.name + end))
        except OSError as error:
            self._refuse(error)
            return False
        self._aside = aside
        self._faults.tell(
            STATE_UNREADABLE,
            self.path.name,
            f"{self.path} {what} and now lies beside it as {aside.name}: {self._loss.aside}",
            f"Look at {aside}, and delete it when nothing in it is wanted",
        )
        return True

    def _refuse(self, error: sqlite3.Error | OSError) -> None:
        refused = error if isinstance(error, OSError) else self._behind(error)
        reason = reason_of(refused) if refused else str(error)
        if reason == self._refusal:
            return  # it is told already
        self._refusal = reason
        advice = capital(advice_on(refused, self.path)) if refused else None
        loss = self._loss
        self._faults.tell(loss.kind, "", f"{loss.what} cannot be kept in {self.path} ({reason}): {loss.unkept}", advice)

    def _behind(self, error: sqlite3.Error) -> OSError | None:
        """What the system says where SQLite says that a file cannot be written; None if it says nothing."""
        try:
            check_writable(self.path)
        except OSError as refused:
            return refused
        number = _ERRNO.get(_code(error) & 0xFF)
        return None if number is None else OSError(number, os.strerror(number), str(self.path))


def beside(path: Path) -> list[Path]:
    """What SQLite has beside a file, if it is a database that somebody writes, or has left unfinished."""
    return [one for end in BESIDE if os.path.lexists(one := path.with_name(path.name + end))]


def connect(path: Path, *options: str, timeout: float) -> sqlite3.Connection:
    """A connection to a file, whatever its name is; ``options`` are those of SQLite's file URIs.

    Raises:
        sqlite3.Error: if it cannot be opened.
    """
    place = f"{path.absolute().as_uri()}?{'&'.join(filter(None, options))}"
    return sqlite3.connect(place, uri=True, timeout=timeout, check_same_thread=False, isolation_level=None)


def keeps_locks(folder: Path) -> bool:
    """Whether the file system of a folder has locks; where nobody can say, it is believed to.

    Another file is locked than the one that is meant: to close that would give SQLite's own locks back.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    return True


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", None) or 0


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether the file is at fault, and not the disk that it is on."""
    return _code(error) & 0xFF in _BROKEN
