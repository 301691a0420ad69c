"""Notes and loops: what composers make and players play."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.music.time import Metre

MAX_MIDI = 127


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note of a loop: start and length in ticks from the loop's start, MIDI pitch and velocity 1 to 127.

    ``start`` is its place in the metre; ``shift`` is how many ticks later (or, below 0, earlier) it is struck. A
    ``tied`` note goes on from a note of its pitch that sounds up to its start, and is struck only if there is none.
    """

    start: int
    length: int
    pitch: int
    velocity: int = 100
    shift: int = 0
    tied: bool = False

    def __post_init__(self) -> None:
        """Refuse what MIDI cannot say.

        Raises:
            ValueError: if a field is out of MIDI's range, or the note has no length.
        """
        if self.start < 0 or self.length < 1:
            raise ValueError(f"a note starts at 0 or later and lasts a tick or more: {self}")
        if not (0 <= self.pitch <= MAX_MIDI and 1 <= self.velocity <= MAX_MIDI):
            raise ValueError(f"pitch is 0 to 127 and velocity 1 to 127: {self}")

    @property
    def end(self) -> int:
        """The tick at which the note is over."""
        return self.start + self.length

    def moved(self, ticks: int) -> Note:
        """The same note, later by ``ticks``."""
        return replace(self, start=self.start + ticks)


@dataclass(frozen=True, slots=True)
class Loop:
    """A few bars that can be played over and over; notes are sorted and none outlasts the loop."""

    bars: int
    metre: Metre
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        """Sort the notes, so that equal music is an equal value.

        Raises:
            ValueError: if the loop has no bar or a note outlasts it.
        """
        if self.bars < 1:
            raise ValueError(f"a loop has a bar or more, not {self.bars}")
        object.__setattr__(self, "notes", tuple(sorted(self.notes)))
        if any(note.end > self.ticks for note in self.notes):
            raise ValueError(f"a note outlasts its loop of {self.ticks} ticks")

    @property
    def ticks(self) -> int:
        """Length of the loop in ticks."""
        return self.bars * self.metre.bar_ticks

    @property
    def content_hash(self) -> str:
        """A short name of what the loop says: equal music has an equal one, now and in later versions."""
        return short_hash(self.as_json())

    def bar(self, number: int) -> tuple[Note, ...]:
        """The notes that start in bar ``number`` (from 0), in ticks from that bar's start."""
        first = number * self.metre.bar_ticks
        return tuple(note.moved(-first) for note in self.notes if first <= note.start < first + self.metre.bar_ticks)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message or a file; :meth:`from_json` reads it back."""
        return {
            "bars": self.bars,
            "metre": str(self.metre),
            "notes": notes_as_json(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Loop:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no such data.
        """
        return cls(int(data["bars"]), Metre.parse(data["metre"]), notes_from_json(data["notes"]))


def short_hash(data: Mapping[str, Any]) -> str:
    """16 hexadecimal digits for plain data, whatever the order of its keys."""
    import hashlib  # OpenSSL, 4 MB that the player is to do without

    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def notes_as_json(notes: Iterable[Note]) -> list[list[int]]:
    """Notes as plain lists ``[start, length, pitch, velocity]``, with ``shift`` and ``tied`` where these say something.

    So a loop without them has the bytes, and the content hash, that it always had.
    """
    return [
        [n.start, n.length, n.pitch, n.velocity, n.shift, int(n.tied)]
        if n.shift or n.tied
        else [n.start, n.length, n.pitch, n.velocity]
        for n in notes
    ]


def notes_from_json(data: Iterable[Iterable[int]]) -> tuple[Note, ...]:
    """Read :func:`notes_as_json`'s lists.

    Raises:
        ValueError, TypeError: if they are no notes.
    """
    return tuple(_note(*map(int, fields)) for fields in data)


def _note(start: int, length: int, pitch: int, velocity: int, shift: int = 0, tied: int = 0) -> Note:
    return Note(start, length, pitch, velocity, shift, bool(tied))
