"""How examples of Coconet are kept: a byte for the pitch of each of four parts in each step, 0 for a rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS


def record_of(grid: NDArray[np.integer[Any]]) -> bytes:
    """Four parts (steps, parts) as bytes."""
    return grid.astype(np.uint8).tobytes()


def grid_of(record: bytes) -> NDArray[np.int64]:
    """The parts (steps, parts) that :func:`record_of` kept.

    Raises:
        ValueError: if the bytes are no such parts.
    """
    return np.frombuffer(record, np.uint8).reshape(-1, PARTS).astype(np.int64)
