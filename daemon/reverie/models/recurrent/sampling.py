"""From logits to choices. Chances are those of TensorFlow's float32 softmax, choices those of ``numpy.random.choice``.

The batch lies in columns throughout: (classes, batch).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array

_LARGE = np.float32(60.0)
"""Log-weights up to which their exponentials, times a probability, are far from float32's largest."""


class Uniforms(Protocol):
    """A source of numbers from 0 up to 1, such as ``numpy.random.Generator``; equal ones make equal music."""

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        """So many numbers."""
        ...


def chances(logits: Array, temperature: float = 1.0) -> Array:
    """The probability of each class: the softmax of ``logits / temperature``."""
    scaled = logits / np.float32(temperature)
    flat = _flat(scaled)
    flat -= flat.max(axis=0)
    np.exp(flat, out=flat)
    flat /= flat.sum(axis=0)
    return scaled


def allowed(probabilities: Array, mask: NDArray[np.bool_]) -> Array:
    """The probabilities, given that a class is one of ``mask``, (classes,) or (classes, batch).

    Where all that is allowed has no chance, each of it gets the same.
    """
    wide = np.broadcast_to(mask if mask.ndim > 1 else mask[:, None], probabilities.shape)
    left = np.where(wide, probabilities, np.float32(0.0))
    total = left.sum(axis=0)
    even = wide / np.maximum(wide.sum(axis=0), 1)
    return np.where(total > 0, left / np.where(total > 0, total, 1), even).astype(np.float32)


def steered(probabilities: Array, bias: Array) -> Array:
    """How likely each class is to be drawn: its probability times e to its log-weight; not scaled to a sum of 1.

    Where nothing that has any chance may be drawn, the probabilities are as they were: a wish is no reason to fail.

    Args:
        probabilities: (classes, batch).
        bias: log-weights, (classes,) or (classes, batch); minus infinity excludes a class.
    """
    wide = bias if bias.ndim > 1 else bias[:, None]
    most = wide.max()
    left = probabilities * np.exp(wide - most if most > _LARGE else wide)
    some = left.sum(axis=0) > 0
    return left if some.all() else np.where(some, left, probabilities)


def choose(probabilities: Array, uniforms: NDArray[np.float64]) -> NDArray[np.intp]:
    """One class for each of a batch: the first whose cumulated probability exceeds the batch's uniform number.

    Args:
        probabilities: (classes, batch).
        uniforms: (batch,).
    """
    cumulated = _flat(probabilities).cumsum(axis=0, dtype=np.float64)
    cumulated /= cumulated[-1]
    if len(uniforms) == 1:
        return cumulated.searchsorted(uniforms, side="right")
    return (cumulated <= uniforms).sum(axis=0)


def _flat(columns: Array) -> Array:
    """A view without the batch's axis where the batch is one: NumPy adds up a line several times as fast."""
    return columns[:, 0] if columns.shape[1] == 1 else columns
