"""From a folder of music to pieces: each file is read, or left out with a reason; whoever is killed goes on later.

The journal gets a line for a file when its pieces lie in their folder, so nothing is lost and nothing is there twice.
A file is read again only if it has changed, or if files are read otherwise than they were. The journal and the pieces
are the same bytes at the end, however often the way there was broken off.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from reverie.errors import reason_of
from reverie.files import OddFileError, read_file, remove_leftovers, write_atomically
from reverie.training.corpus.formats import ReadingLimits, UnreadableFileError
from reverie.training.corpus.groove_info import GrooveTake, groove_takes
from reverie.training.corpus.music_files import MusicFile, walk
from reverie.training.corpus.piece_journal import JournalEntry, PieceJournal, read_journal
from reverie.training.corpus.reading_process import ReadingProcess, TuneRead
from reverie.training.errors import TrainingError
from reverie.training.pieces import ConvertedPiece, Rejection
from reverie.training.workspace import Workspace, digest_of

READER = 3
"""Counts up when files are read otherwise than before: all are then read again."""
_FILL = "it is a fill, of a bar or two: too short to learn from"
_COPY = "it has the content of another file"


@dataclass(frozen=True, slots=True)
class ConvertProgress:
    """How far it is: files that were looked at, of how many; what came of them; seconds that are left, if known."""

    done: int
    files: int
    pieces: int
    rejections: int
    left: float | None
    file: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came of a folder: pieces and rejections in the order of their files, and how many files of each format."""

    pieces: tuple[ConvertedPiece, ...]
    rejections: tuple[Rejection, ...]
    formats: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many were left out, by what a reason says before its colon; the commonest first."""
        counted = Counter(rejection.reason.partition(":")[0] for rejection in self.rejections)
        return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))

    @property
    def digest(self) -> str:
        """A digest of all that later steps are made from."""
        return digest_of([piece.as_json() for piece in self.pieces])

    def as_json(self) -> dict[str, Any]:
        """The counts, as plain data."""
        return {
            "pieces": len(self.pieces),
            "left_out": len(self.rejections),
            "formats": self.formats,
            "reasons": self.reasons,
            "metres": dict(Counter(piece.metre for piece in self.pieces).most_common()),
            "bars": sum(piece.bars for piece in self.pieces),
            "notes": sum(piece.notes for piece in self.pieces),
            "seconds": round(sum(piece.seconds for piece in self.pieces), 3),
            "digest": self.digest,
        }


def convert(
    data: Path,
    workspace: Workspace,
    report: Callable[[ConvertProgress], None],
    limits: ReadingLimits | None = None,
) -> Conversion:
    """Read all music below a folder into a workspace, and go on where an earlier call was broken off.

    ``report`` is called after each file. Nobody else may be converting into the workspace.

    Raises:
        OSError: if the folder cannot be read, or the workspace cannot be written.
        ReadingFailedError: if note_seq is not installed.
        TrainingError: if nothing is left of the music that was there before; its pieces are kept.
    """
    limits = limits or ReadingLimits()
    remove_leftovers(workspace.pieces)
    remove_leftovers(workspace.folder)
    with PieceJournal(workspace.journal) as journal, ReadingProcess(limits) as reader:
        converter = _Converter(data, workspace, journal, reader, limits)
        before = sum(len(entry.pieces) for entry in read_journal(workspace.journal).values())
        entries = converter.run(report)
        if before and not any(entry.pieces for entry in entries):
            raise TrainingError(
                f"{data}: has no music that can be read, and {before} pieces of it were read before. They are kept: "
                f"look whether the folder is the right one, and its disk is there. If they are to go, delete "
                f"{workspace.folder}"
            )
        journal.rewrite(entries)
    kept = {workspace.piece(piece.id).name for entry in entries for piece in entry.pieces}
    for path in workspace.pieces.glob("*") if workspace.pieces.is_dir() else ():
        if path.name not in kept:
            path.unlink()
    conversion = _conversion(entries)
    workspace.finish("convert", conversion.digest, conversion.as_json())
    return conversion


def read_conversion(workspace: Workspace) -> Conversion:
    """What :func:`convert` made of a folder, from its workspace; of a call that was broken off, what there is.

    Raises:
        OSError: if it cannot be read.
    """
    return _conversion(read_journal(workspace.journal).values())


def _conversion(entries: Iterable[JournalEntry]) -> Conversion:
    entries = list(entries)
    formats = Counter(entry.format for entry in entries if entry.pieces)
    return Conversion(
        tuple(piece for entry in entries for piece in entry.pieces),
        tuple(rejection for entry in entries for rejection in entry.rejections),
        dict(sorted(formats.items())),
    )


class _Converter:
    def __init__(
        self, data: Path, workspace: Workspace, journal: PieceJournal, reader: ReadingProcess, limits: ReadingLimits
    ) -> None:
        self._data = data
        self._workspace = workspace
        self._journal = journal
        self._reader = reader
        self._limits = limits
        self._how = digest_of({"reader": READER, "limits": asdict(limits), "note_seq": _note_seq()})
        self._known = read_journal(workspace.journal)
        self._takes: Mapping[str, GrooveTake] = {}
        self._first = dict[str, str]()
        """The first file with pieces, by its digest."""

    def run(self, report: Callable[[ConvertProgress], None]) -> list[JournalEntry]:
        found = list(walk(self._data, self._workspace.folder))
        files = [one for one in found if isinstance(one, MusicFile)]
        self._takes = groove_takes(self._data, files)
        entries: list[JournalEntry] = []
        pieces = rejections = 0
        pace = _Pace(sum(file.size for file in files if not self._is_settled(file)))
        for one in sorted(found, key=lambda one: one.name if isinstance(one, MusicFile) else one.file):
            if isinstance(one, Rejection):
                entry = JournalEntry(MusicFile(one.file, 0, 0), self._how, rejections=(one,))
            else:
                settled = self._is_settled(one)
                entry = self._entry(one)
                if not settled:
                    pace.add(one.size)
            if entry != self._known.get(entry.file.name):
                self._journal.add(entry)
            entries.append(entry)
            pieces += len(entry.pieces)
            rejections += len(entry.rejections)
            report(ConvertProgress(len(entries), len(found), pieces, rejections, pace.left, entry.file.name))
        return entries

    def _is_settled(self, file: MusicFile) -> bool:
        """Whether nothing has to be read to know what becomes of a file."""
        known = self._known.get(file.name)
        take = self._takes.get(file.name)
        return (take is not None and take.kind == "fill") or (
            known is not None and known.file == file and self._holds(known)
        )

    def _holds(self, known: JournalEntry) -> bool:
        """Whether what is known of a file that has not changed can be taken over."""
        if known.how != self._how or (not known.digest and not known.format and _was_fill(known)):
            return False
        if known.copy_of:
            return self._first.get(known.digest) == known.copy_of
        return all(self._workspace.piece(piece.id).is_file() for piece in known.pieces)

    def _entry(self, file: MusicFile) -> JournalEntry:
        take = self._takes.get(file.name)
        if take is not None and take.kind == "fill":
            return JournalEntry(file, self._how, rejections=(Rejection(file.name, _FILL),))
        known = self._known.get(file.name)
        if known is not None and known.file == file and self._holds(known):
            entry = known
        else:
            entry = self._looked_at(file, known)
        if entry.pieces:
            first = self._first.setdefault(entry.digest, file.name)
            if first != file.name:
                return self._copy(file, entry.digest, entry.format, first)
        return replace(entry, pieces=tuple(_as_taken(piece, take) for piece in entry.pieces))

    def _looked_at(self, file: MusicFile, known: JournalEntry | None) -> JournalEntry:
        digest = kind = ""
        try:
            data = _bytes_of(self._data / file.name, self._limits.size)
            digest = hashlib.sha256(data).hexdigest()
            if digest in self._first:
                return self._copy(file, digest, kind, self._first[digest])
            if known is not None and known.digest == digest and not known.copy_of and self._holds(known):
                return replace(known, file=file)
            kind, tunes = self._reader.read(file.name, data, digest[:16])
        except UnreadableFileError as error:
            if not digest and _is_gone(self._data):
                raise TrainingError(
                    f"{self._data}: has vanished while its files were read; see that it is there again, and give the"
                    " same command: it goes on from what is read"
                ) from error
            return JournalEntry(file, self._how, digest, kind, rejections=(Rejection(file.name, str(error)),))
        pieces: list[ConvertedPiece] = []
        rejections: list[Rejection] = []
        for tune in tunes:
            if tune.reason:
                name = f"{file.name}, {tune.number}" if tune.number else file.name
                rejections.append(Rejection(name, tune.reason))
            else:
                pieces.append(_piece(file, digest, tune))
                write_atomically(self._workspace.piece(pieces[-1].id), tune.sequence)
        return JournalEntry(file, self._how, digest, kind, "", tuple(pieces), tuple(rejections))

    def _copy(self, file: MusicFile, digest: str, kind: str, first: str) -> JournalEntry:
        told = Rejection(file.name, f"{_COPY}: {first}")
        return JournalEntry(file, self._how, digest, kind, first, rejections=(told,))


def _is_gone(data: Path) -> bool:
    """Whether a folder is not there, or has nothing in it, as where a disk was mounted."""
    try:
        with os.scandir(data) as entries:
            return next(entries, None) is None
    except OSError:
        return True


class _Pace:
    """How long the rest will take, by the bytes that are left and those that were read.

    The first file is not counted, since the reader begins with it.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._read = 0
        self._begun: float | None = None

    def add(self, size: int) -> None:
        self._left = max(self._left - size, 0)
        if self._begun is None:
            self._begun = time.monotonic()
        else:
            self._read += size

    @property
    def left(self) -> float | None:
        if not self._left:
            return 0.0
        if not self._read or self._begun is None:
            return None
        return self._left * (time.monotonic() - self._begun) / self._read


def _piece(file: MusicFile, digest: str, tune: TuneRead) -> ConvertedPiece:
    return ConvertedPiece(
        id=f"{digest[:16]}{tune.number and '-'}{tune.number}",
        file=file.name,
        title=tune.title,
        metre=tune.metre,
        bars=tune.bars,
        notes=tune.notes,
        seconds=tune.seconds,
    )


def _as_taken(piece: ConvertedPiece, take: GrooveTake | None) -> ConvertedPiece:
    if take is None:
        return replace(piece, split="", style="")
    return replace(piece, split=take.split, metre=take.metre, style=take.style)


def _was_fill(known: JournalEntry) -> bool:
    return any(rejection.reason == _FILL for rejection in known.rejections)


def _bytes_of(path: Path, largest: int) -> bytes:
    """The bytes of a file.

    Raises:
        UnreadableFileError: if it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > largest:
            raise UnreadableFileError(f"it is larger than {largest:,} bytes")
        return read_file(path, largest)
    except OddFileError as error:
        raise UnreadableFileError(str(error.strerror)) from error
    except OSError as error:
        raise UnreadableFileError(f"it cannot be read: {reason_of(error)}") from error


def _note_seq() -> str:
    try:
        return version("note-seq")
    except PackageNotFoundError:
        return ""
