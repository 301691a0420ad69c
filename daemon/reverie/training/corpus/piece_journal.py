"""The list of files that were looked at: a line of JSON each, added when the file's pieces lie in their folder.

A line counts once it ends; what a kill or a power cut left of one is cut off. Of a file with several lines the last
counts. When all files were looked at the list is written anew, in order, with a line for each file that there is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reverie.files import write_atomically
from reverie.training.corpus.music_files import MusicFile
from reverie.training.pieces import ConvertedPiece, Rejection


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What came of a file.

    Attributes:
        file: the file as it was.
        how: a digest of all that decides how a file is read, except the file.
        digest: SHA-256 of its bytes, in hexadecimal digits; empty if they were not read.
        format: ``MIDI``, ``ABC``, ``MusicXML`` or ``MXL``; empty if it is none of them.
        copy_of: the file that has the same bytes, and was taken instead; else empty.
        pieces, rejections: most files are one piece, or one rejection; a book of tunes may be many of both.
    """

    file: MusicFile
    how: str
    digest: str = ""
    format: str = ""
    copy_of: str = ""
    pieces: tuple[ConvertedPiece, ...] = ()
    rejections: tuple[Rejection, ...] = ()

    def as_line(self) -> bytes:
        """The entry as a line of the journal."""
        data = {
            "file": self.file.name,
            "size": self.file.size,
            "changed": self.file.changed,
            "how": self.how,
            "digest": self.digest,
            "format": self.format,
            "copy_of": self.copy_of,
            "pieces": [piece.as_json() for piece in self.pieces],
            "rejections": [rejection.as_json() for rejection in self.rejections],
        }
        return json.dumps(data).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> JournalEntry:
        """Read :meth:`as_line`'s line.

        Raises:
            ValueError: if it is no such line.
        """
        try:
            data: Mapping[str, Any] = json.loads(line)
            return cls(
                file=MusicFile(data["file"], data["size"], data["changed"]),
                how=data["how"],
                digest=data["digest"],
                format=data["format"],
                copy_of=data["copy_of"],
                pieces=tuple(ConvertedPiece.from_json(piece) for piece in data["pieces"]),
                rejections=tuple(Rejection.from_json(rejection) for rejection in data["rejections"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no entry of a journal ({error})") from error


def read_journal(path: Path) -> dict[str, JournalEntry]:
    """The last entry of each file; lines that are none are left out, and there are none if there is no journal.

    Raises:
        OSError: if there is one that cannot be read.
    """
    found: dict[str, JournalEntry] = {}
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return found
    for line in data[: data.rfind(b"\n") + 1].splitlines():
        try:
            entry = JournalEntry.from_line(line)
        except ValueError:  # a broken disk's; the file is looked at again
            continue
        found[entry.file.name] = entry
    return found


class PieceJournal:
    """The journal, to be added to; as a context manager it is closed in the end."""

    def __init__(self, path: Path) -> None:
        """Open it, and cut off what has no end.

        Raises:
            OSError: if it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("ab")
        data = path.read_bytes()
        self._file.truncate(data.rfind(b"\n") + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, entry: JournalEntry) -> None:
        """Add a line that lasts.

        Raises:
            OSError: if it cannot be written.
        """
        self._file.write(entry.as_line())
        self._file.flush()
        os.fsync(self._file.fileno())

    def rewrite(self, entries: Iterable[JournalEntry]) -> None:
        """Replace all lines, if they are others. Nothing can be added afterwards.

        Raises:
            OSError: if it cannot be written.
        """
        self._file.close()
        data = b"".join(entry.as_line() for entry in entries)
        if self._path.read_bytes() != data:
            write_atomically(self._path, data)
