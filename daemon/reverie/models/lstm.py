"""One step of an LSTM, batched; what every model here is made of.

TensorFlow's ``BasicLSTMCell`` and ``LSTMBlockCell`` keep the gates in the order i, j, f, o (input, candidate, forget,
output) and add a forget bias of 1 when they run. Here that is done once, when a model is compiled, together with
another rewrite that is exact: ``sigmoid(x) = (tanh(x / 2) + 1) / 2``, so that with halved columns one tanh does for all
four gates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FORGET_BIAS = 1.0


def gates_compiled(kernel: Array, bias: Array) -> tuple[Array, Array]:
    """A cell's kernel (inputs + units, 4 * units) and bias, for :func:`advance`.

    Returns:
        Both with the gates in the order i, f, o, j, the three sigmoid gates halved, the forget bias added.
    """
    i, j, f, o = np.split(kernel, 4, axis=1)
    bi, bj, bf, bo = np.split(bias, 4)
    half = np.float32(0.5)
    return (
        np.ascontiguousarray(np.hstack([i * half, f * half, o * half, j])),
        np.concatenate([bi * half, (bf + np.float32(FORGET_BIAS)) * half, bo * half, bj]),
    )


def advance(gates: Array, cell: Array, hidden: Array) -> None:
    """One step: ``cell`` and ``hidden`` (batch, units) are replaced.

    Args:
        gates: (batch, 4 * units), the compiled kernel times the input, plus the compiled bias; it is overwritten.
        cell: the memory.
        hidden: the output.
    """
    units = cell.shape[1]
    np.tanh(gates, out=gates)
    sigmoids = gates[:, : 3 * units]
    sigmoids += 1.0
    sigmoids *= 0.5
    cell *= gates[:, units : 2 * units]
    candidate = gates[:, 3 * units :]
    candidate *= gates[:, :units]
    cell += candidate
    np.tanh(cell, out=hidden)
    hidden *= gates[:, 2 * units : 3 * units]
