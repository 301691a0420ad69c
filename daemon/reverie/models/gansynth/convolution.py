"""Convolutions over images [rows, channels, columns].

In that layout some rows below each other are one matrix, channels upon channels, without being copied: so a convolution
is a product of matrices for each column of its kernel, whatever its height.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_LEAK = np.float32(0.2)
_TINY = np.float32(1e-8)


class Convolution:
    """A convolution whose output is as high and wide as its input; ``below`` is how many rows below one it hears."""

    def __init__(self, kernel: Array, bias: Array) -> None:
        """Lay out a kernel (height, width, in, out) and a bias (out)."""
        self._high, self._wide, _, out = kernel.shape
        self.below = self._high // 2
        self._kernels = np.ascontiguousarray(kernel.transpose(1, 3, 0, 2).reshape(self._wide, out, -1))
        self._bias = bias[:, None]

    @property
    def weights(self) -> int:
        """How many weights it has: as many multiplications it does for each place."""
        return self._kernels.size

    def __call__(self, x: Array, rows: int) -> Array:
        """The first ``rows`` rows of the convolution of ``x``; all around it is zero."""
        height, channels, width = x.shape
        above, left = (self._high - 1) // 2, (self._wide - 1) // 2
        padded = np.zeros((max(height, rows) + self._high - 1, channels, width + self._wide - 1), np.float32)
        padded[above : above + height, :, left : left + width] = x
        taps = stacked(padded, self._high)[:rows]
        out = np.empty((rows, len(self._bias), width), np.float32)
        out[:] = self._bias
        for column, kernel in enumerate(self._kernels):
            out += kernel @ taps[..., column : column + width]
        return out


def stacked(x: Array, high: int) -> Array:
    """Each ``high`` rows of ``x`` that follow each other, as one: [rows - high + 1, high * channels, columns]."""
    rows, channels, columns = x.shape
    return np.lib.stride_tricks.as_strided(x, (rows - high + 1, high * channels, columns), x.strides, writeable=False)


def rectified(x: Array) -> Array:
    """Leaky rectification, and then each place's channels scaled to a mean square of 1; ``x`` is overwritten.

    Row by row, so that each stays in a core's cache from one step to the next.
    """
    for row in x:
        np.maximum(row, _LEAK * row, out=row)
        size = np.einsum("...cw,...cw->...w", row, row)
        size *= np.float32(1.0 / row.shape[-2])
        size += _TINY
        np.sqrt(size, out=size)
        np.reciprocal(size, out=size)
        np.multiply(row, size[..., np.newaxis, :], out=row)
    return x
