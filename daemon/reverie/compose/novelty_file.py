"""The file in which fingerprints of what was played are kept: what is in it, and how the composer reads it.

Who writes it is :mod:`reverie.history.novelty_store`. Rows have the moment at which a loop was played, in seconds that
Reverie has run; so a clock that is set changes nothing.

Rows are only added at the end, without an index, and go at the beginning: a write touches few pages. The first format
had one row for each loop of a voice, ordered by its hash, so that each loop had a page of the disk written anew: 700 MB
a day, once the file had its week. What it left is read until it is a week old.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from pathlib import Path
from urllib.parse import quote

from reverie.compose.fingerprint import Fingerprint
from reverie.generations import is_readable

log = logging.getLogger(__name__)

_TABLE = (
    "CREATE TABLE played (scene TEXT NOT NULL, voice TEXT NOT NULL, exact INTEGER NOT NULL, moment REAL NOT NULL, "
    "sketch BLOB NOT NULL, PRIMARY KEY (scene, voice, exact)) WITHOUT ROWID"
)
_LOG = (
    "CREATE TABLE sounded (number INTEGER PRIMARY KEY, scene TEXT NOT NULL, voice TEXT NOT NULL, "
    "exact INTEGER NOT NULL, moment REAL NOT NULL, sketch BLOB NOT NULL)"
)
STEPS_OF_FORMAT = ((_TABLE, "CREATE INDEX played_moment ON played (moment)"), (_LOG,))
_READ = (
    "SELECT max(moment) AS latest, exact, sketch FROM ("
    "SELECT moment, exact, sketch FROM played WHERE scene = ?1 AND voice = ?2 UNION ALL "
    "SELECT moment, exact, sketch FROM sounded WHERE scene = ?1 AND voice = ?2) "
    "GROUP BY exact ORDER BY latest DESC LIMIT ?3"
)
_PATIENCE = 1.0
"""Seconds for which a file may be locked by whoever writes it."""
_HALF, _WHOLE = 1 << 63, 1 << 64


def signed(exact: int) -> int:
    """A number of 64 bits as SQLite has it."""
    return exact - _WHOLE if exact >= _HALF else exact


def written(name: str) -> str:
    """The name of a scene or a voice as the file has it: names come from files, and may be no text."""
    return quote(name, safe=" ", errors="surrogatepass")


class NoveltyReader:
    """Reads what a voice has played. Where that cannot be read, all is new."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most

    def __call__(self, voice: tuple[str, str]) -> list[tuple[float, Fingerprint]]:
        """The moments and fingerprints of a voice (the names of its scene and of itself), the oldest first."""
        scene, name = voice
        try:
            with contextlib.closing(self._open()) as file:
                if not is_readable(file.execute("PRAGMA user_version").fetchone()[0], len(STEPS_OF_FORMAT)):
                    return []
                rows = file.execute(_READ, (written(scene), written(name), self._most)).fetchall()
            return [(float(moment), Fingerprint(exact % _WHOLE, bytes(sketch))) for moment, exact, sketch in rows][::-1]
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            log.info("What was played before cannot be read from %s (%s).", self._path, error)
            return []

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)
