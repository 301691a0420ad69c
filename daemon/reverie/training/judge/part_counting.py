"""What a Coconet is to be better than: to know how far a part moves from the nearest place known, and where it lies."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS
from reverie.models.coconet.part_network import NONE

_REACHES = (1, 2, 4, 8)
"""Steps up to which a known place counts by itself, with as many tables of intervals."""
_OWN = 0.05
"""The weight of how often the part has the pitch, beside how far it has moved."""


class NearestPlace:
    """Counts, over training examples, how far a part is from the pitch that it has some steps away.

    Of two places equally near the earlier one counts. A part of which nothing near is known has each pitch as often as
    in training.
    """

    def __init__(self, grids: Iterable[NDArray[np.intp]], pitches: int) -> None:
        """Count examples (steps, parts) by the model's pitches."""
        self._pitches = pitches
        own = np.ones((PARTS, pitches))
        moved = np.ones((len(_REACHES), PARTS, 2 * pitches - 1))
        for grid in grids:
            for part in range(PARTS):
                line = grid[:, part]
                own[part] += np.bincount(line[line != NONE], minlength=pitches)
                for table, reach in enumerate(_REACHES):
                    before, after = line[:-reach], line[reach:]
                    there = (before != NONE) & (after != NONE)
                    ways = (after - before)[there] + pitches - 1
                    moved[table, part] += np.bincount(ways, minlength=2 * pitches - 1)
        self._own = own / own.sum(axis=1, keepdims=True)
        self._moved = moved / moved.sum(axis=2, keepdims=True)

    def losses(self, grid: NDArray[np.intp], hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
        """In nats, of each hidden place of an example that is no rest, told the places that are not hidden."""
        found: list[float] = []
        for part in range(PARTS):
            known = np.flatnonzero(~hidden[:, part] & (grid[:, part] != NONE))
            for step in np.flatnonzero(hidden[:, part] & (grid[:, part] != NONE)):
                pitch = int(grid[step, part])
                chance = self._own[part, pitch]
                if len(known):
                    nearest = int(known[np.argmin(np.abs(known - step))])
                    table = int(np.searchsorted(_REACHES, abs(nearest - step)))
                    if table < len(_REACHES):
                        chance = _OWN * chance + (1 - _OWN) * self._chance(table, part, nearest, step, grid, pitch)
                found.append(-float(np.log(chance)))
        return np.array(found)

    def _chance(self, table: int, part: int, nearest: int, step: int, grid: NDArray[np.intp], pitch: int) -> float:
        way = pitch - int(grid[nearest, part])
        ways = np.arange(self._pitches) - int(grid[nearest, part])
        if nearest > step:
            way, ways = -way, -ways
        possible = self._moved[table, part][ways + self._pitches - 1]
        return float(self._moved[table, part][way + self._pitches - 1] / possible.sum())
