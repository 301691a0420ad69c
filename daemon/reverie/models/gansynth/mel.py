"""The mel scale as GANSynth has it: as many bands as there are bins, none narrower than a bin and a half.

After ``linear_to_mel_weight_matrix`` in ``magenta/models/gansynth/lib/spectral_ops.py`` and the matrices of
``specgrams_helper.py``, Magenta 2.1.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Exact = NDArray[np.floating[Any]]

_HERTZ_BREAK = 700.0
_Q = 1127.0
_NARROWEST = 1.5
"""Bins that a band spans at least."""
_NOTHING = 1e-8
_SLAB = 64
"""Columns whose common rows are multiplied at once."""


@dataclass(frozen=True, slots=True)
class Banded:
    """A matrix (rows, columns) that is zero but near its diagonal, so that most of a product can be left out.

    ``slabs`` are the first column, the first row, and all of a slab of columns that is not zero.
    """

    columns: int
    slabs: tuple[tuple[int, int, Array], ...]

    def product(self, x: Array) -> Array:
        """``x`` (n, rows) times the matrix."""
        out = np.empty((len(x), self.columns), np.float32)
        for column, row, slab in self.slabs:
            height, width = slab.shape
            out[:, column : column + width] = x[:, row : row + height] @ slab
        return out


def banded(matrix: Exact) -> Banded:
    """Lay out a matrix that is zero but near its diagonal."""
    slabs: list[tuple[int, int, Array]] = []
    for column in range(0, matrix.shape[1], _SLAB):
        slab = matrix[:, column : column + _SLAB]
        rows = np.flatnonzero(slab.any(axis=1))
        first, end = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
        slabs.append((column, first, np.ascontiguousarray(slab[first:end], dtype=np.float32)))
    return Banded(matrix.shape[1], tuple(slabs))


def linear_to_mel(bins: int, rate: int) -> Exact:
    """What each of ``bins`` mel bands hears of each linear bin, (bins, bins)."""
    nyquist = rate / 2.0
    hertz = np.linspace(0.0, nyquist, bins)[1:, np.newaxis]
    edges = _HERTZ_BREAK * (np.exp(np.array(_edges(bins, nyquist)) / _Q) - 1.0)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    heard = np.maximum(0.0, np.minimum((hertz - lower) / (centre - lower), (upper - hertz) / (upper - centre)))
    return np.pad(heard, [(1, 0), (0, 0)])


def mel_hertz(bins: int, rate: int) -> Array:
    """Where each of ``bins`` mel bands is loudest, in hertz."""
    return np.array([_hertz(edge) for edge in _edges(bins, rate / 2.0)[1:-1]], np.float32)


def mel_to_linear(linear_to_mel: Exact) -> Exact:
    """The way back: nearly the inverse, (mel, linear)."""
    share = linear_to_mel @ linear_to_mel.sum(axis=0)
    heard = np.abs(share) > _NOTHING
    return linear_to_mel.T * np.where(heard, 1.0 / np.where(heard, share, 1.0), share)


def _edges(bins: int, nyquist: float) -> list[float]:
    """The edges of the bands in mel: a band begins at one, is loudest at the next, and ends at the one after.

    Magenta widens narrow bands one by one, and in doing so moves the edges of the bands to come, since they are the
    same numbers. Its models were trained so.
    """
    highest = _Q * math.log(1.0 + nyquist / _HERTZ_BREAK)
    edges = np.linspace(0.0, highest, bins + 2).tolist()
    narrowest = _NARROWEST * nyquist / bins
    for band in range(bins):
        lower, centre, upper = edges[band : band + 3]
        if _hertz(upper) - _hertz(lower) < narrowest:
            half = _Q * math.asinh(0.5 * narrowest / (_hertz(centre) + _HERTZ_BREAK))
            edges[band], edges[band + 2] = centre - half, centre + half
    return edges


def _hertz(mel: float) -> float:
    return _HERTZ_BREAK * (math.exp(mel / _Q) - 1.0)
