"""Attention over the outputs of the last steps, which Magenta wraps around its first layer.

After ``AttentionCellWrapper`` in Magenta 2.1.4, ``magenta/contrib/rnn.py`` (https://arxiv.org/abs/1601.06733): a query
``q`` made of the cell's state is compared with every output ``w`` in the window by ``score . tanh(M w + q)``, and a
softmax of that weighs the outputs.

Two rewrites are exact. ``M w`` is computed once, when ``w`` enters the window. And since
``tanh(a + b) = 1 - 2 / (1 + exp(2 a) exp(2 b))``, only ``exp(2 M w)`` is kept, so that a step needs no tanh over the
whole window; the 1 falls out of the softmax. What a softmax weighs has no order, hence the window is a ring.
"""

from __future__ import annotations

import numpy as np

from reverie.models.lstm import Array

_MOST = np.float32(86.0)
"""``exp`` of this is still finite, and of its negative not yet zero: what is in the window stays a positive number.

So all holds while neither half of tanh's argument is beyond 43, from which trained weights keep far away: at 10, tanh
is 1 to the last bit. Beyond that the result stays a number.
"""


class Window:
    """The last outputs of a batch, and what attention makes of them. The batch lies in columns."""

    def __init__(self, memory: Array, score: Array, outputs: Array) -> None:
        """Begin with given outputs.

        Args:
            memory: 2 M, transposed: (units, units).
            score: (units,).
            outputs: (batch, length, units), oldest first; zeros where nothing has been heard.
        """
        batch, length, units = outputs.shape
        self._memory = memory
        self._score = score[None, :] * np.float32(-2.0)
        self._outputs = outputs.copy()
        features = np.matmul(outputs, memory.T).transpose(1, 2, 0)
        self._features: Array = np.exp(np.clip(features, -_MOST, _MOST), order="C")
        self._oldest = 0
        self._room = np.empty_like(self._features)
        self._scores = np.empty((length, 1, batch), np.float32)
        self._attention = np.empty((batch, 1, units), np.float32)

    @property
    def outputs(self) -> Array:
        """The outputs, oldest first: (batch, length, units)."""
        return np.roll(self._outputs, -self._oldest, axis=1)

    def attend(self, query: Array, out: Array) -> None:
        """Weigh the outputs by their likeness to a query, into ``out`` (units, batch).

        Args:
            query: 2 q, (units, batch); it is overwritten.
            out: (units, batch).
        """
        length, units, batch = self._features.shape
        np.exp(query, out=query)
        room = self._room
        np.multiply(self._features, query, out=room)
        room += 1.0
        np.reciprocal(room, out=room)
        if batch == 1:  # the same along a line, which NumPy does several times as fast as along a column
            alone = np.dot(room.reshape(length, units), self._score[0])
            alone -= alone.max()
            np.exp(alone, out=alone)
            alone /= alone.sum()
            np.dot(alone, self._outputs[0], out=out.reshape(units))
            return
        np.matmul(self._score, room, out=self._scores)
        weights = self._scores.reshape(length, batch)
        weights -= weights.max(axis=0)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=0)
        np.matmul(weights.T[:, None, :], self._outputs, out=self._attention)
        out[:] = self._attention[:, 0].T

    def push(self, output: Array) -> None:
        """Let a new output (units, batch) take the place of the oldest."""
        self._outputs[:, self._oldest] = output.T
        feature = self._features[self._oldest]
        np.matmul(self._memory, output, out=feature)
        np.minimum(feature, _MOST, out=feature)
        np.maximum(feature, -_MOST, out=feature)
        np.exp(feature, out=feature)
        self._oldest = (self._oldest + 1) % self._outputs.shape[1]
