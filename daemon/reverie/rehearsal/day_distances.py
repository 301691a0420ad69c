"""How far a day's music is from another day's: by the fingerprints of the loops that sounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.compose.fingerprint import SIZE, estimated

Sketches = Mapping[str, Sequence[str]]
"""By scene and voice, fingerprints in hexadecimal digits."""
WEEK_DAYS = 7


def distance(day: Sketches, other: Sketches) -> float | None:
    """How far the loops of a day are, on average, each from the most similar one of its voice on another day.

    0 for a day of the same loops, 1 for one that has nothing in common; None where no voice sounded on both.
    """
    found: list[float] = []
    for voice, loops in day.items():
        if known := other.get(voice):
            theirs = np.array([_bytes(one) for one in known])
            found += [_nearest(_bytes(one), theirs) for one in loops]
    return round(sum(found) / len(found), 4) if found else None


def nearest_of_week(day: Sketches, before: Sequence[Sketches]) -> float | None:
    """The least distance from any of the seven days before; None where there is none with a voice of this day."""
    found = [distance(day, one) for one in before[-WEEK_DAYS:]]
    return min((one for one in found if one is not None), default=None)


def _nearest(loop: NDArray[np.uint8], others: NDArray[np.uint8]) -> float:
    equal = int((others == loop).sum(axis=1).max())
    return 0.0 if equal == SIZE else estimated(equal)


def _bytes(sketch: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(sketch), np.uint8)
