"""Products of a matrix with a few columns, in the blocks in which BLAS is fastest.

OpenBLAS copies both matrices of a product into an order of its own before it multiplies them, which for a few columns
takes longer than multiplying. Below a million multiplications it does without; so a product is made of as many small
ones, which NumPy goes through without Python.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_SMALL = 10**6
"""Multiplications of a product that OpenBLAS does without copying (``sgemm_small_kernel_permit``)."""
_FEWEST_ROWS = 8
"""Rows of a block, below which blocks are not worth it."""
_FEW = 8
"""Columns, up to which (but not for one) a block is read more quickly column by column; by a fifth, as measured."""
_TURNED_ROWS = 64


def product(matrix: Array, columns: Array, out: Array) -> Callable[[], object]:
    """What puts ``matrix @ columns`` into ``out`` whenever it is called; all three must be contiguous."""
    rows, inner = matrix.shape
    count = columns.shape[1]
    if 1 < count <= _FEW and rows % _TURNED_ROWS == 0 and _TURNED_ROWS * inner * count <= _SMALL:
        blocks = matrix.reshape(-1, _TURNED_ROWS, inner).transpose(0, 2, 1).copy().transpose(0, 2, 1)
    else:
        blocks = matrix.reshape(-1, _block(rows, inner * count), inner)
    if len(blocks) == 1:
        return lambda: np.dot(matrix, columns, out=out)
    out_blocks = out.reshape(len(blocks), -1, count)
    return lambda: np.matmul(blocks, columns, out=out_blocks)


def _block(rows: int, multiplications: int) -> int:
    """The most rows of a block, so that they divide all rows; all of them where no block is small."""
    block = rows
    while block * multiplications > _SMALL and block % 2 == 0:
        block //= 2
    small = block * multiplications <= _SMALL and block >= _FEWEST_ROWS
    return block if small else rows
