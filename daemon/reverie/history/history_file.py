"""What is in the history: one row for each thing that happened, and how loops were made, in one SQLite file.

Rows are numbered in the order in which they came, and go in that order when room is needed: what the clock of the room
said is written down for people, and decides nothing. Rows are only ever added at the end, so that a write touches few
pages; an index would touch one for each row.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from reverie.history.sqlite_file import SqliteSchema

FILE = "history.sqlite"
HistoryKind = Literal["start", "scene", "loop", "fault", "mended", "control"]
HISTORY_KINDS: tuple[HistoryKind, ...] = get_args(HistoryKind)
_ENTRIES = (
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
    "about TEXT NOT NULL, recipe TEXT NOT NULL, text TEXT NOT NULL)"
)
HISTORY_SCHEMA = SqliteSchema(
    steps=(
        (
            _ENTRIES,
            "CREATE TABLE made (number INTEGER PRIMARY KEY, recipe TEXT NOT NULL, data BLOB NOT NULL)",
        ),
    ),
    probe=(
        "SELECT number, at, kind, name, about, recipe, text FROM entries LIMIT 1",
        "SELECT number, recipe, data FROM made LIMIT 1",
    ),
)
LARGEST_MADE = 2_000_000
"""Bytes of JSON of one loop; they are less than ten thousand."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened ``at`` a Unix time.

    What ``name`` and ``about`` are depends on the ``kind``: the version that was started; a scene and its title; the
    voice that began to play a loop, and its scene; a fault's id and subject; an action and who wanted it. ``recipe`` is
    what made a loop. ``text`` is a sentence, or the value of a control.
    """

    at: float
    kind: HistoryKind
    name: str
    about: str = ""
    recipe: str = ""
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for programs."""
        said = {"about": self.about, "recipe": self.recipe, "text": self.text}
        return {"at": self.at, "kind": self.kind, "name": self.name, **{key: one for key, one in said.items() if one}}


def packed(made: Mapping[str, Any]) -> bytes:
    """How a loop was made, as the file has it: its recipe, its notes, and the loops that it was told of."""
    return zlib.compress(json.dumps(made, separators=(",", ":")).encode(errors="surrogatepass"), 6)


def unpacked(data: bytes) -> Mapping[str, Any]:
    """Read :func:`packed`'s bytes.

    Raises:
        ValueError: if they are none.
    """
    try:
        made: Any = json.loads(zlib.decompressobj().decompress(data, LARGEST_MADE))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not isinstance(made, dict):
        raise ValueError("how a loop was made is an object")  # noqa: TRY004 - the file is wrong, not the program
    return cast("Mapping[str, Any]", made)
