"""What a file of music became: a piece that can be learned from, or the reason why it was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reverie.generations import read_as


@dataclass(frozen=True, slots=True)
class ConvertedPiece:
    """A file that was read. Its notes lie in the workspace as a NoteSequence, under its ``id``.

    Attributes:
        id: the first 16 hexadecimal digits of the SHA-256 of the file's bytes; a copy of a file is the same piece.
        file: its path below the data folder.
        title: what pieces are split by: settings of one title are never on both sides of a split.
        metre: its first time signature, such as ``3/4``; empty if the file says none.
        bars, notes, seconds: how long it is.
        split: the part that its collection puts it in (``train``, ``validation``, ``test``); empty if none is said.
        style: what its collection calls its style, such as ``rock``; empty if it says none.
    """

    id: str
    file: str
    title: str
    metre: str
    bars: int
    notes: int
    seconds: float
    split: str = ""
    style: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConvertedPiece:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError: if it is no such data.
        """
        return read_as(cls, data)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A file that was left out, and why, in words: ``it is protected by a password``."""

    file: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rejection:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError: if it is no such data.
        """
        return read_as(cls, data)
