"""Figures of four parts: whether they keep their order, sound together, and move as parts do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS
from reverie.models.coconet.part_network import NONE
from reverie.music.harmony import OCTAVE

PartGrids = Sequence[NDArray[np.intp]]
"""Passages (steps, parts)."""

_ROUGH = frozenset({1, 2, 6, 10, 11})
"""Intervals, octaves apart, that are dissonant between any two parts."""
_PERFECT = frozenset({0, 7})
_WIDE = 7


class PartMeasures(NamedTuple):
    """Shares from 0 to 1.

    Attributes:
        crossed: of neighbouring parts that sound together, how often the lower one is higher.
        rough: of any two parts that sound together, how often their interval is a second, a seventh or a tritone.
        parallel: of any two parts that both move, how often by parallel fifths, octaves or unisons.
        moving: how often a part has another pitch than a step before.
        wide: of these moves, how many are wider than a fifth.
    """

    crossed: float
    rough: float
    parallel: float
    moving: float
    wide: float

    @classmethod
    def of(cls, grids: PartGrids) -> PartMeasures:
        """Measure passages together."""
        crossed, rough, parallel, moving, wide = (list[NDArray[np.bool_]]() for _ in range(5))
        for grid in grids:
            for upper, lower in combinations(range(PARTS), 2):
                one, other = grid[:, upper], grid[:, lower]
                there = (one != NONE) & (other != NONE)
                apart = (one - other)[there]
                rough.append(np.isin(np.abs(apart) % OCTAVE, list(_ROUGH)))
                if lower == upper + 1:
                    crossed.append(apart < 0)
                both = there[1:] & there[:-1] & (np.diff(one) != 0) & (np.diff(other) != 0)
                perfect = np.isin(np.abs(one - other) % OCTAVE, list(_PERFECT))
                alike = np.diff(one) == np.diff(other)
                parallel.append((alike & perfect[1:] & perfect[:-1])[both])
            there = grid != NONE
            ways = np.abs(np.diff(grid, axis=0))[there[1:] & there[:-1]]
            moving.append(ways > 0)
            wide.append(ways[ways > 0] > _WIDE)
        return cls(*(_share(parts) for parts in (crossed, rough, parallel, moving, wide)))


def _share(parts: Sequence[NDArray[np.bool_]]) -> float:
    whole = np.concatenate(parts) if parts else np.zeros(0, np.bool_)
    return float(whole.mean()) if len(whole) else 0.0


def shuffled(grids: PartGrids) -> list[NDArray[np.intp]]:
    """Each passage's lower parts under the soprano of another: what parts are that have nothing to do with it."""
    return [
        np.concatenate([grids[number - 1][: len(grid), :1], grid[: len(grids[number - 1]), 1:]], axis=1)
        for number, grid in enumerate(grids)
        if len(grid) == len(grids[number - 1])
    ]
