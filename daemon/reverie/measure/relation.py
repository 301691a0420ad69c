"""A figure about two things, beside the same figure with the relation between them broken.

Broken means: one of the two is moved by whole bars against the other, which leaves each of them as it is. A figure that
does not fall by it says nothing about the two together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

MOVES = 32
"""By how many distances something is moved, at most."""
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many ``hits`` ``of`` so many."""

    hits: float = 0.0
    of: float = 0.0

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.hits + other.hits, self.of + other.of)

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Related:
    """A share, and the mean of the same after moves by whole bars."""

    share: Ratio
    by_chance: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"value": rounded(self.share.value), "by_chance": rounded(self.by_chance), "of": round(self.share.of)}


def moves(bars: int) -> tuple[int, ...]:
    """Distances in bars, from 1 to ``bars`` - 1, spread evenly and without a period of their own.

    With a period, such as 16, music that repeats every 4 bars would be moved onto itself each time.
    """
    if bars <= MOVES + 1:
        return tuple(range(1, bars))
    spread = (1 + int((bars - 1) * (number * _GOLDEN % 1.0)) for number in range(1, 2 * MOVES))
    return tuple(dict.fromkeys(spread))[:MOVES]


def related(bars: int, share: Callable[[int], Ratio]) -> Related:
    """The figure as it is, and by chance; ``share`` gives it with one side moved by so many bars."""
    values = [value for move in moves(bars) if (value := share(move).value) is not None]
    return Related(share(0), sum(values) / len(values) if values else None)


def total(shares: Iterable[Ratio]) -> Ratio:
    """All of them together."""
    return sum(shares, Ratio())


def rounded(value: float | None, digits: int = 4) -> float | None:
    """For people and files."""
    return None if value is None else round(value, digits)
