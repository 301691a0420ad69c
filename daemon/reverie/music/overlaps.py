"""Notes of one pitch on one channel of one device: for all of them a synthesizer has a single key.

The rule, by which the player plays, and so by which files are written: what is struck at one moment is one note, as
loud as the loudest and as long as the longest; what still sounds when its pitch is struck again ends there, and its own
end is forgotten. So every note has a length, and no end cuts another note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar


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
