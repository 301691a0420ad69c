"""Reading the history beside the daemon that writes it, and seeing whether its file is whole."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from reverie.errors import ReverieError
from reverie.generations import is_readable
from reverie.history.history_file import HISTORY_SCHEMA, HistoryEntry, HistoryKind, unpacked
from reverie.history.sqlite_file import WITHOUT_LOCKS, connect, keeps_locks

_ENTRIES = "SELECT at, kind, name, about, recipe, text FROM entries WHERE at >= ?"
_PATIENCE = 10.0
"""Seconds for which the file may be locked."""
MOST_MISTAKES = 20


class HistoryError(ReverieError):
    """The history cannot be read."""


def read_entries(
    path: Path,
    *,
    since: float = 0.0,
    kinds: Collection[HistoryKind] = (),
    word: str = "",
    last: int | None = None,
) -> Iterator[HistoryEntry]:
    """What happened, the oldest first.

    Args:
        path: The file.
        since: From which Unix time on.
        kinds: Only these; all if empty.
        word: Only what has this in its name, in what it is about, in its recipe or its text.
        last: Only so many, the latest.

    Raises:
        HistoryError: if it cannot be read.
    """
    query, values = _ENTRIES, list[object]([since])
    if kinds:
        query += f" AND kind IN ({', '.join('?' * len(kinds))})"
        values += kinds
    if word:
        query += " AND instr(lower(name || ' ' || about || ' ' || recipe || ' ' || text), lower(?))"
        values.append(word)
    query += " ORDER BY number DESC" + (" LIMIT ?" if last is not None else "")
    values += [] if last is None else [last]
    with _opened(path) as file:
        rows = file.execute(query, values).fetchall()
    for at, kind, name, about, recipe, text in reversed(rows):
        yield HistoryEntry(float(at), cast("HistoryKind", kind), name, about, recipe, text)


def read_made(path: Path, recipe: str) -> Mapping[str, Any] | None:
    """How the loop of a recipe was made: ``recipe``, ``loop`` and ``heard``; None if the history does not say.

    Raises:
        HistoryError: if it cannot be read.
    """
    with _opened(path) as file:
        row = file.execute("SELECT data FROM made WHERE recipe = ? ORDER BY number DESC LIMIT 1", (recipe,)).fetchone()
    try:
        return None if row is None else unpacked(row[0])
    except (ValueError, TypeError) as error:
        raise HistoryError(f"{path}: how the loop {recipe} was made cannot be read ({error})") from error


def mistakes(path: Path) -> list[str]:
    """What SQLite finds wrong with a file of its own; empty if it is whole. Reads all of it.

    Raises:
        HistoryError: if there is no such file, or it cannot be opened.
    """
    try:
        with contextlib.closing(_open(path)) as file:
            found = [str(row[0]) for row in file.execute(f"PRAGMA integrity_check({MOST_MISTAKES})")]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise HistoryError(f"{path} cannot be read ({error}){_advice(path)}") from error
        return [str(error)]
    return [] if found == ["ok"] else found


@contextlib.contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    try:
        with contextlib.closing(_open(path)) as file:
            (version,) = file.execute("PRAGMA user_version").fetchone()
            if not is_readable(version, HISTORY_SCHEMA.version) or version == 0:
                raise HistoryError(f"{path} was written in version {version} of its format, which this one cannot read")
            yield file
    except sqlite3.Error as error:
        raise HistoryError(f"{path} cannot be read ({error}){_advice(path)}") from error


def _open(path: Path) -> sqlite3.Connection:
    return connect(path, "mode=ro", "" if keeps_locks(path.parent) else WITHOUT_LOCKS, timeout=_PATIENCE)


def _advice(path: Path) -> str:
    if not path.exists():
        return ": there is no history yet; a daemon that has run for a minute has begun one"
    return "; read it as the daemon's user, for example with sudo -u reverie, or see `reverie history check`"
