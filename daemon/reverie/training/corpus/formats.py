"""Which format a file of music has, by its content first and by its name where content says too little."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal
from xml.etree import ElementTree as ET

from reverie.errors import ReverieError

Format = Literal["MIDI", "ABC", "MusicXML", "MXL"]
_SUFFIXES: dict[str, Format] = {
    ".mid": "MIDI",
    ".midi": "MIDI",
    ".kar": "MIDI",
    ".rmi": "MIDI",
    ".abc": "ABC",
    ".xml": "MusicXML",
    ".musicxml": "MusicXML",
    ".mxl": "MXL",
}
_ENCRYPTED = 0x1
"""The bit of a member's flags in a ZIP archive that says so (APPNOTE 4.4.4)."""
_SCORES = (".xml", ".musicxml")
_BEGINNING = 65536
"""Bytes within which a score says that it is one."""


class UnreadableFileError(ReverieError):
    """A file that is not used; its text is the reason, of which all before a colon is the same for all such files."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading one file may take.

    Attributes:
        size: bytes of the file.
        unpacked: bytes of what is in it, if it is packed.
        seconds: how long reading it may take.
        memory: bytes of address space that the reading process may use beyond what it needs to begin.
        notes: the most notes of a piece.
        duration: the longest piece, in seconds.
    """

    size: int = 32_000_000
    unpacked: int = 64_000_000
    seconds: float = 120.0
    memory: int = 2_000_000_000
    notes: int = 200_000
    duration: float = 6 * 3600.0


def format_of(name: str, data: bytes) -> Format:
    """The format of a file.

    Raises:
        UnreadableFileError: if it is none.
    """
    if not data:
        raise UnreadableFileError("it is empty")
    suffix = PurePosixPath(name).suffix.lower()
    if data.startswith(b"MThd") or (data.startswith(b"RIFF") and data[8:12] == b"RMID"):
        return "MIDI"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "MXL"
    beginning = _plain(data)
    if b"<score-partwise" in beginning or b"<score-timewise" in beginning:
        return "MusicXML"
    if _is_tune(data):
        return "ABC"
    if suffix in _SUFFIXES and suffix != ".xml":
        raise UnreadableFileError(f"it is no {_SUFFIXES[suffix]}, though its name says so")
    raise UnreadableFileError("it is no music that can be read (MIDI, ABC, MusicXML or MXL)")


def unpacked(data: bytes, largest: int) -> bytes:
    """The score in a compressed MusicXML file.

    The one that the archive's list names is taken; where the list names none that there is (titles with apostrophes
    break some lists), the first score beside it.

    Raises:
        UnreadableFileError: if it is protected, broken, larger than ``largest`` bytes, or has no score.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            if any(info.flag_bits & _ENCRYPTED for info in members.values()):
                raise UnreadableFileError("it is protected by a password")
            scores = [name for name in members if name.lower().endswith(_SCORES) and not name.startswith("META-INF/")]
            listed = _listed(archive, members, largest)
            chosen = listed if listed in scores else next(iter(scores), None)
            if chosen is None:
                raise UnreadableFileError("it is a ZIP archive without a MusicXML score")
            return _member(archive, members[chosen], largest)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError, ValueError, LookupError) as error:
        raise UnreadableFileError(f"it is a broken ZIP archive: {error}") from error


def _listed(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], largest: int) -> str | None:
    container = members.get("META-INF/container.xml")
    if container is None:
        return None
    try:
        root = ET.fromstring(_member(archive, container, largest))  # noqa: S314 - expat bounds what entities become
    except ET.ParseError:
        return None
    return next((one.get("full-path") for one in root.iter() if one.tag.endswith("rootfile")), None)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int) -> bytes:
    """What is in an archive under a name: read up to the bound, since what an archive says of sizes may be wrong."""
    with archive.open(info) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise UnreadableFileError(f"it unpacks to more than {largest:,} bytes")
    return data


def _plain(data: bytes) -> bytes:
    """The beginning of a text without the zeros of UTF-16."""
    return data[:_BEGINNING].replace(b"\0", b"") if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else data[:_BEGINNING]


def _is_tune(data: bytes) -> bool:
    """Whether it is text with a tune's number and its key, each at the beginning of a line."""
    if b"\0" in data[:_BEGINNING]:
        return False
    lines = data.splitlines()
    return any(line.startswith(b"X:") for line in lines) and any(line.startswith(b"K:") for line in lines)
