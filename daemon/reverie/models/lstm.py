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
    units = len(bias) // 4
    order = np.concatenate([np.arange(units) + gate * units for gate in (0, 2, 3, 1)])
    scale = np.repeat(np.asarray([0.5, 0.5, 0.5, 1.0], np.float32), units)
    biased = bias[order]
    biased[units : 2 * units] += np.float32(FORGET_BIAS)
    return np.ascontiguousarray(kernel[:, order] * scale), biased * scale


def advance_columns(gates: Array, cell: Array, hidden: Array) -> None:
    """One step of a batch that lies in columns: ``cell`` and ``hidden`` (units, batch) are replaced.

    Args:
        gates: (4 * units, batch), the compiled kernel's transpose times the input, plus the compiled bias; it is
            overwritten.
        cell: the memory.
        hidden: the output.
    """
    units = len(cell)
    np.tanh(gates, out=gates)
    sigmoids = gates[: 3 * units]
    sigmoids += 1.0
    sigmoids *= 0.5
    cell *= gates[units : 2 * units]
    candidate = gates[3 * units :]
    candidate *= gates[:units]
    cell += candidate
    np.tanh(cell, out=hidden)
    hidden *= gates[2 * units : 3 * units]


def advance(gates: Array, cell: Array, hidden: Array) -> None:
    """One step of a batch that lies in rows: as :func:`advance_columns`, with everything transposed."""
    advance_columns(gates.T, cell.T, hidden.T)
