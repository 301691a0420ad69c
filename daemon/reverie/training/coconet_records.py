"""How examples of Coconet are kept: a byte for the pitch of each of four parts in each step, 0 for a rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS, CoconetDesign
from reverie.models.coconet.part_network import NONE
from reverie.music.harmony import OCTAVE

REST = 0
"""In place of a pitch."""

PartGrid = NDArray[np.integer[Any]]
"""(steps, parts): MIDI pitches, or :data:`REST`."""


def record_of(grid: PartGrid) -> bytes:
    """Four parts (steps, parts) as bytes."""
    return grid.astype(np.uint8).tobytes()


def grid_of(record: bytes) -> NDArray[np.int64]:
    """The parts (steps, parts) that :func:`record_of` kept.

    Raises:
        ValueError: if the bytes are no such parts.
    """
    return np.frombuffer(record, np.uint8).reshape(-1, PARTS).astype(np.int64)


def moves_within(grid: PartGrid, low: int, high: int, most: int) -> range:
    """By how many semitones, ``most`` at most, a passage can be moved so that it lies from ``low`` to ``high``."""
    pitches = grid[grid != REST]
    return range(max(low - int(pitches.min()), -most), min(high - int(pitches.max()), most) + 1)


def grids_within(design: CoconetDesign, records: Iterable[bytes]) -> Iterator[NDArray[np.intp]]:
    """Examples by a model's pitches, in the key that is nearest to their own, with :data:`NONE` for rests."""
    for record in records:
        grid = grid_of(record)
        ways = moves_within(grid, design.lowest, design.lowest + design.pitches - 1, OCTAVE)
        if ways:
            yield np.where(grid == REST, NONE, grid - design.lowest + min(ways, key=abs)).astype(np.intp)
