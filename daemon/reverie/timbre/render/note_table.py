"""Notes as a table of numbers, by which a rendering is frozen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.sound import NoteRequest

_NONE = math.nan
_COLUMNS = 5


def table_of(notes: Sequence[NoteRequest]) -> NDArray[np.float64]:
    """A row for each note."""
    rows = [(_number(note.pitch), note.velocity, note.seconds, note.variation, _number(note.own_key)) for note in notes]
    return np.array(rows, np.float64).reshape(-1, _COLUMNS)


def notes_of(table: NDArray[Any]) -> Iterator[NoteRequest]:
    """Read :func:`table_of`.

    Raises:
        ValueError: if it is something else.
    """
    for pitch, velocity, seconds, variation, key in table.tolist():
        own_key = None if math.isnan(key) else int(key)
        yield NoteRequest(_pitch(pitch), int(velocity), seconds, int(variation), own_key)


def _number(value: float | None) -> float:
    return _NONE if value is None else value


def _pitch(value: float) -> float | None:
    """A whole number stays one, so that a thawed note equals the one that was frozen."""
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else value
