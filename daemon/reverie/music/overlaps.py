"""Notes of one pitch on one channel of one device: for all of them a synthesizer has a single key.

The rule, for whoever plays and whoever writes files: what is struck at one moment is one note, as loud as the loudest
and as long as the longest; what still sounds when its pitch is struck again ends there, and its own end is forgotten.
So every note has a length, and no end cuts another note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from reverie.music.notes import Note


class Struck(Protocol):
    """A note that is struck; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def velocity(self) -> int:
        """How hard."""
        ...

    @property
    def length(self) -> int:
        """For how many ticks."""
        ...


StruckT = TypeVar("StruckT", bound=Struck)


def together(alike: Sequence[StruckT]) -> StruckT:
    """One note for those that are struck at one moment: the first of the loudest, and as long as the longest."""
    if len(alike) == 1:
        return alike[0]
    loudest = max(alike, key=lambda one: one.velocity)
    return replace(loudest, length=max(one.length for one in alike))


def separated(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes of one channel as they sound, in order; none begins while another of its pitch sounds."""
    struck: defaultdict[int, defaultdict[int, list[Note]]] = defaultdict(lambda: defaultdict(list))
    for note in notes:
        struck[note.pitch][note.start].append(note)
    sounding: list[Note] = []
    for moments in struck.values():
        starts = sorted(moments)
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            note = together(moments[start])
            sounding.append(note if after is None else replace(note, length=min(note.length, after - start)))
    return tuple(sorted(sounding))
