"""A block that doubles its image: two convolutions of 3 x 3 with fewer multiplications, exact up to rounding.

**Growing.** The image is first doubled in height and width, and then convolved. Along a row, with a kernel ``a b c``,
that makes two numbers of each ``x[i]`` and its neighbours::

    even = a x[i-1] + (b + c) x[i] = (a + b + c) x[i] - a (x[i] - x[i-1])
    odd = (a + b) x[i] + c x[i+1] = (a + b + c) x[i] + c (x[i+1] - x[i])

so three products do for six. Down the columns, an even row hears two rows of the image that is doubled, and so does an
odd one: two products do for three.

**Refining.** The second convolution is, along each row, Winograd's F(2, 3) (https://arxiv.org/abs/1509.09308): four
products for six, of which again even and odd columns come.

A few rows are worked on at a time, so that what lies between the steps stays in a core's cache.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from reverie.models.gansynth.convolution import Array, rectified, stacked

HIGH = WIDE = 3
_GROWING = np.array([[1, 1, 1], [-1, 0, 0], [0, 0, 1]], np.float64)
_REFINING = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float64)
_ROWS_HEARD = np.array([[[1, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]], np.float64)
"""Which of a kernel's rows fall upon which of the two rows that an even and an odd row hear."""
_UNPACKED = 1_000_000
"""Multiplications up to which OpenBLAS does not copy its operands first, on processors with AVX-512."""
_FEWEST = 32
"""Columns below which that is not worth a call."""
_APART = 16
"""Numbers between the end of a row and the next: a line of a cache."""
_BUDGET = 1 << 18
"""Numbers in the rows that are grown at a time."""

Take = Callable[[int, Array], None]
"""What is done with rows of the output, given the number of the first: [rows, phases, channels, columns / phases], for
every second column even ones before odd ones, for all of them one phase."""


class Doubling:
    """Both convolutions of a block, each rectified."""

    def __init__(self, grow: tuple[Array, Array], refine: tuple[Array, Array]) -> None:
        """Lay out two kernels (3, 3, in, out), each with its bias (out)."""
        kernel, bias = (np.asarray(part, np.float64) for part in grow)
        out = len(bias)
        grown = np.einsum("rha,qb,abio->rqohi", _ROWS_HEARD, _GROWING, kernel)
        self._grow = np.ascontiguousarray(grown.reshape(2, 3, out, -1), np.float32)
        self._grow_bias = grow[1][:, None]
        refined = np.einsum("qb,abio->qoai", _REFINING, np.asarray(refine[0], np.float64))
        self._refine = np.ascontiguousarray(refined.reshape(4, out, -1), np.float32)
        self._refine_bias = refine[1][:, None]

    def hears(self, rows: int) -> int:
        """How many rows of its image decide the first ``rows`` rows that it gives."""
        return -(-(rows + 2) // 2)

    def __call__(self, x: Array, rows: int, take: Take) -> None:
        """Make the first ``rows`` rows out of ``x`` [rows, channels, columns], around which all is zero."""
        height, _, width = x.shape
        grown = min(height, (rows + 2) // 2)
        step = max(1, _BUDGET // (4 * len(self._grow_bias) * width))
        heard = _spread((4, 2 * step + 2, len(self._grow_bias), width))
        for first in range(0, grown, step):
            count = min(step, grown - first)
            self._transform(self._grown(x, first, count), heard[:, 2 : 2 * count + 2])
            # The row before the first is none, and that after the last is zero.
            begin, end = max(0, 2 * first - 1), min(rows, 2 * (first + count) - 1)
            if begin < end:
                place = begin - (2 * first - 1)
                take(begin, self._refined(heard[:, place : place + end - begin + 2]))
            heard[:, :2] = heard[:, 2 * count : 2 * count + 2].copy()
        last = 2 * height - 1
        if last < rows:
            heard[:, 2] = 0.0
            take(last, self._refined(heard[:, :3]))

    def _grown(self, x: Array, first: int, count: int) -> Array:
        """Rows ``2 * first`` and on: [2 * count, 2, channels, columns]."""
        height, channels, width = x.shape
        window = _spread((count + 2, channels, width))
        begin, end = max(0, first - 1), min(height, first + count + 1)
        window[begin - first + 1 : end - first + 1] = x[begin:end]
        rises = np.empty((count + 2, channels, width + 1), np.float32)
        np.subtract(window[..., 1:], window[..., :-1], out=rises[..., 1:-1])
        rises[..., 0], rises[..., -1] = window[..., 0], -window[..., -1]
        here, steps = stacked(window, 2), stacked(rises, 2)
        out = np.empty((count, 2, 2, len(self._grow_bias), width), np.float32)
        for row in range(2):
            same = _product(self._grow[row, 0], here[row : row + count])
            same += self._grow_bias
            for column in range(2):
                step = _product(self._grow[row, 1 + column], steps[row : row + count, :, column : column + width])
                np.add(same, step, out=out[:, row, column])
        return rectified(out).reshape(2 * count, 2, len(self._grow_bias), width)

    @staticmethod
    def _transform(grown: Array, heard: Array) -> None:
        """What Winograd's products hear of grown rows, into ``heard`` [4, rows, channels, columns]."""
        even, odd = grown[:, 0], grown[:, 1]
        np.subtract(odd[..., :-1], odd[..., 1:], out=heard[0, ..., 1:])
        np.negative(odd[..., 0], out=heard[0, ..., 0])
        np.add(even, odd, out=heard[1])
        np.subtract(odd, even, out=heard[2])
        np.subtract(even[..., 1:], even[..., :-1], out=heard[3, ..., :-1])
        np.negative(even[..., -1], out=heard[3, ..., -1])

    def _refined(self, heard: Array) -> Array:
        """The rows between the first and the last that were heard: [rows, 2, channels, columns]."""
        first, second, third, fourth = (
            _product(kernel, stacked(rows, HIGH)) for kernel, rows in zip(self._refine, heard, strict=True)
        )
        second += self._refine_bias
        out = np.empty((len(first), 2, *first.shape[1:]), np.float32)
        np.add(second, third, out=out[:, 0])
        out[:, 0] += first
        np.subtract(second, third, out=out[:, 1])
        out[:, 1] += fourth
        return rectified(out)


def _spread(shape: tuple[int, ...]) -> Array:
    """Zeros whose rows of columns are not a power of 2 apart in memory, where each would push others from the cache."""
    return np.zeros((*shape[:-1], shape[-1] + _APART), np.float32)[..., : shape[-1]]


def _product(kernel: Array, x: Array) -> Array:
    """A kernel (out, in) times each row of ``x`` [rows, in, columns]."""
    out = np.empty((len(x), len(kernel), x.shape[2]), np.float32)
    for part in _parts(x.shape[2], _UNPACKED // kernel.size):
        np.matmul(kernel, x[..., part], out=out[..., part])
    return out


def _parts(columns: int, most: int) -> Iterator[slice]:
    """Slices of no more than ``most`` columns, or of all of them if they would be too narrow."""
    count = -(-columns // most) if most >= _FEWEST else 1
    ends = [columns * number // count for number in range(count + 1)]
    return (slice(begin, end) for begin, end in itertools.pairwise(ends))
