"""The neural autoregressive distribution estimator: how likely a frame is, key by key from the lowest.

Each key's chance depends on the keys below it: ``p_i = sigmoid(c_i + W_i . sigmoid(b + sum of V_j))`` over the keys
``j < i`` that are down, with biases b and c that the recurrent network gives for each step. After
https://arxiv.org/abs/1605.02226 and ``magenta/common/nade.py`` in Magenta 2.1.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array

Keys = NDArray[np.bool_]

_LEAST = np.float32(1e-6)
"""Magenta adds it to a probability before it takes the logarithm."""


class Drawn(NamedTuple):
    """Frames (batch, keys), and how likely it was of each key to be down, given those below it."""

    frames: Keys
    chances: Array


class Nade:
    """The estimator's weights: V and W, (keys, hidden units) each."""

    def __init__(self, encoder: Array, decoder: Array) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self.keys, self.hidden = encoder.shape

    def chances(self, biases: Array, frames: Keys) -> Array:
        """How likely it is of each key to be down, given those below it in ``frames`` (batch, keys).

        Args:
            biases: (batch, hidden units + keys).
            frames: what is given.
        """
        heard = frames[:, :-1, None] * self._encoder[:-1]
        before = np.cumsum(np.concatenate([biases[:, None, : self.hidden], heard], axis=1), axis=1)
        return _sigmoid(np.einsum("bkh,kh->bk", _sigmoid(before), self._decoder) + biases[:, self.hidden :])

    def draw(self, biases: Array, uniforms: NDArray[np.float64] | None, temperature: float = 1.0) -> Drawn:
        """One frame for each of a batch.

        As long as no key is down, what the next one depends on does not change: so all keys up to the next that is
        down are decided at once.

        Args:
            biases: (batch, hidden units + keys).
            uniforms: (batch, keys), and a key is down where its number is less than its chance; None to have down what
                is at least as likely as not, as Magenta generates.
            temperature: divides the logits of what is drawn, as in Magenta's ``Nade.sample``; the chances are without
                it.
        """
        hidden, bias = biases[:, : self.hidden].copy(), biases[:, self.hidden :]
        frames = np.zeros(bias.shape, np.bool_)
        chances = np.empty_like(bias)
        places = np.arange(self.keys)
        decided = np.zeros((len(biases), 1), np.intp)
        while True:
            logits = _sigmoid(hidden) @ self._decoder.T + bias
            likely = _sigmoid(logits)
            undecided = places >= decided
            np.copyto(chances, likely, where=undecided)
            down = likely >= np.float32(0.5) if uniforms is None else uniforms < _tempered(logits, temperature)
            down &= undecided
            rows = np.flatnonzero(down.any(axis=1))
            if not len(rows):
                return Drawn(frames, chances)
            first = down[rows].argmax(axis=1)
            frames[rows, first] = True
            hidden[rows] += self._encoder[first]
            decided[:] = self.keys
            decided[rows, 0] = first + 1


def log_likelihoods(frames: Keys, chances: Array) -> Array:
    """How likely frames are (batch,), given the chances of their keys (batch, keys)."""
    return np.log(_LEAST + np.where(frames, chances, 1 - chances)).sum(axis=1)


def _tempered(logits: Array, temperature: float) -> Array:
    return _sigmoid(logits / np.float32(temperature))


def _sigmoid(values: Array) -> Array:
    """Exact to the last digits of small results too, which is what logarithms are taken of."""
    with np.errstate(over="ignore"):  # 1 / infinity is 0, as it should be
        return np.reciprocal(np.exp(-values) + np.float32(1.0))
