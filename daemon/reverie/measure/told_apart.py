"""Whether minutes of several pieces can be told apart: each is compared with its nearest neighbour among others.

A minute is never compared with minutes of its own recording: else it would be known by what happens to be played, and
not by what the piece is like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.measure.relation import rounded


@dataclass(frozen=True, slots=True)
class MeasuredMinute:
    """A minute: of which piece, of which recording of it (a seed, say), and its measures."""

    piece: str
    recording: str
    measures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ToldApart:
    """Of so many minutes the share that were told right; ``taken_for`` counts by what a piece is and was taken for."""

    share: float
    minutes: int
    by_chance: float
    taken_for: dict[tuple[str, str], int]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        wrong = {f"{one} for {other}": count for (one, other), count in sorted(self.taken_for.items()) if one != other}
        return {"value": rounded(self.share), "by_chance": rounded(self.by_chance), "of": self.minutes, "wrong": wrong}


def told_apart(minutes: Sequence[MeasuredMinute]) -> ToldApart | None:
    """Tell each minute by the nearest one of another recording; None where some piece has a single recording.

    Measures are standardized over all minutes, and those that never change are left out. By chance a minute would be
    taken for the most frequent piece.
    """
    recordings = {one.piece: {other.recording for other in minutes if other.piece == one.piece} for one in minutes}
    if not minutes or any(len(own) < 2 for own in recordings.values()):  # noqa: PLR2004 - another one is needed
        return None
    rows = standardized(np.array([one.measures for one in minutes], dtype=np.float64))
    taken: Counter[tuple[str, str]] = Counter()
    for number, one in enumerate(minutes):
        far = ((rows - rows[number]) ** 2).sum(axis=1)
        far[[other.recording == one.recording for other in minutes]] = np.inf
        taken[one.piece, minutes[int(far.argmin())].piece] += 1
    right = sum(count for (piece, other), count in taken.items() if piece == other)
    most = max(Counter(one.piece for one in minutes).values())
    return ToldApart(right / len(minutes), len(minutes), most / len(minutes), dict(taken))


def standardized(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column around 0 and as wide as any other."""
    spread = rows.std(axis=0)
    kept = spread > 1e-9  # noqa: PLR2004 - nothing but rounding
    return (rows[:, kept] - rows[:, kept].mean(axis=0)) / spread[kept]
