"""What a decoder says at each step: classes from one or several heads, or a groove.

A *frame* is what is said at one step: an array (batch, heads) of classes, or (batch, 3 * drums) of hits, velocities and
offsets. Equal to ``CategoricalLstmDecoder``, ``MultiOutCategoricalLstmDecoder`` and ``GrooveLstmDecoder`` in Magenta's
``lstm_models.py``, but that the random numbers come from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array
from reverie.music.notes import MAX_MIDI

Frames = NDArray[Any]
Floats = NDArray[np.float64]
Leaning = Callable[[Floats], "Array | None"]
"""Log-weights for what the heads find likely: probabilities (batch, size) in, log-weights of that shape out.

They change what is drawn, and not how likely the model finds it; None changes nothing. Of a groove they are those of
its hits (batch, drums).
"""


class StrokeDeviation(NamedTuple):
    """How far strokes lie from what a groove's decoder says of them: ``velocity`` of 127, ``offset`` in steps.

    Magenta's decoder says what velocity and offset are on average, since it is trained by the squares of its errors.
    These are the normal distribution's likelihood, whose deviation is what the errors have; so to draw a stroke is to
    draw from that. Without it all that a decoder does not foresee is played as a machine would.
    """

    velocity: float = 0.0
    offset: float = 0.0


AVERAGE = StrokeDeviation()
"""Strokes as Magenta says them."""


class Said(NamedTuple):
    """A frame, and the logarithm of its probability (batch)."""

    frame: Frames
    log_p: Floats


class Heads(Protocol):
    """How a decoder's outputs become frames, and frames inputs."""

    @property
    def size(self) -> int:
        """Length of an input or output vector."""
        ...

    @property
    def width(self) -> int:
        """Length of a frame."""
        ...

    @property
    def draws(self) -> int:
        """How many uniform numbers a frame takes."""
        ...

    def empty(self, *shape: int) -> Frames:
        """Frames of the kind heard before the first: a vector of zeros."""
        ...

    def heard(self, rows: Array, frame: Frames) -> Array:
        """The product of the frame's vector and a matrix (size, columns), of which a row of zeros stands at the end."""
        ...

    def activated(self, logits: Array) -> Floats:
        """What outputs (..., size) mean: probabilities, and in a groove velocities (0 to 1) and offsets (-1 to 1)."""
        ...

    def say(self, logits: Array, uniforms: Floats, temperature: float, leaning: Leaning | None = None) -> Said:
        """Choose frames by inverting the distribution function at ``uniforms`` (batch, draws)."""
        ...

    def log_p(self, logits: Array, frames: Frames) -> Floats:
        """The logarithm of the probability of each frame (...), given outputs (..., size)."""
        ...


class Categorical:
    """One class from each head; the vector is their one-hot vectors one after another."""

    def __init__(self, classes: tuple[int, ...]) -> None:
        self.size = sum(classes)
        self.width = self.draws = len(classes)
        ends = np.cumsum(classes)
        self._offsets = ends - classes
        self._heads = [slice(int(end) - count, int(end)) for end, count in zip(ends, classes, strict=True)]

    def empty(self, *shape: int) -> Frames:
        """Frames of no class, which is -1."""
        return np.full((*shape, self.width), -1, np.int64)

    def heard(self, rows: Array, frame: Frames) -> Array:
        """Gather rows; class -1 is the row of zeros."""
        if self.width == 1:
            return rows[frame[:, 0]]
        return rows[np.where(frame < 0, -1, frame + self._offsets)].sum(axis=1)

    def activated(self, logits: Array) -> Floats:
        """The probabilities of each head's classes."""
        return np.concatenate([np.exp(log_softmax(logits[..., head])) for head in self._heads], axis=-1)

    def say(self, logits: Array, uniforms: Floats, temperature: float, leaning: Leaning | None = None) -> Said:
        """Each head takes one number."""
        frame = np.empty((len(logits), self.width), np.int64)
        log_p = np.zeros(len(logits))
        every = np.arange(len(logits))
        logs = [log_softmax(logits[:, head], temperature) for head in self._heads]
        chances = [np.exp(one) for one in logs]
        weights = leaning(np.concatenate(chances, axis=-1)) if leaning else None
        for number, head in enumerate(self._heads):
            likely = chances[number] if weights is None else leaned(chances[number], weights[:, head])
            frame[:, number] = chosen(likely, uniforms[:, number])
            log_p += logs[number][every, frame[:, number]]
        return Said(frame, log_p)

    def log_p(self, logits: Array, frames: Frames) -> Floats:
        """The heads' together."""
        total = np.zeros(frames.shape[:-1])
        for number, head in enumerate(self._heads):
            logs = log_softmax(logits[..., head])
            total += np.take_along_axis(logs, frames[..., number, None], axis=-1)[..., 0]
        return total


class Groove:
    """For each drum whether it is hit, how hard and how early; the hits are drawn, and their touch if there is one."""

    def __init__(self, size: int, touch: StrokeDeviation = AVERAGE) -> None:
        self.size = self.width = size
        self._drums = size // 3
        self._touch = 2 * np.array([touch.velocity / 2 / MAX_MIDI, touch.offset])
        self.draws = size if self._touch.any() else self._drums

    def empty(self, *shape: int) -> Frames:
        """Frames without a hit."""
        return np.zeros((*shape, self.width), np.float32)

    def heard(self, rows: Array, frame: Frames) -> Array:
        """A product: velocities and offsets are any numbers."""
        return frame @ rows[:-1]

    def activated(self, logits: Array) -> Floats:
        """Probabilities of hits, then velocities, then offsets."""
        exact = logits.astype(np.float64)
        drums = self._drums
        sigmoids = np.exp(-np.logaddexp(0, -exact[..., : 2 * drums]))
        return np.concatenate([sigmoids, np.tanh(exact[..., 2 * drums :])], axis=-1)

    def say(self, logits: Array, uniforms: Floats, temperature: float, leaning: Leaning | None = None) -> Said:
        """Each drum takes one number, and is hit if it is not less than the probability of no hit.

        Its touch takes two more; a drum that is not hit has none then, as in what was learned from.
        """
        drums = self._drums
        frame = self.activated(logits)
        cold = logits[:, :drums].astype(np.float64) / temperature
        chances = frame[:, :drums].copy()
        weights = leaning(chances) if leaning else None
        wanted = cold if weights is None else cold + weights
        frame[:, :drums] = uniforms[:, :drums] >= np.exp(-np.logaddexp(0, wanted))
        if self._touch.any():
            frame[:, drums:] = self._struck(frame, chances, uniforms[:, drums:], temperature)
        signs = 2 * frame[:, :drums] - 1
        return Said(frame.astype(np.float32), -np.logaddexp(0, -signs * cold).sum(axis=-1))

    def _struck(self, frame: Frames, chances: Floats, uniforms: Floats, temperature: float) -> Floats:
        """The touch of hits, drawn by Box and Muller's method; a temperature multiplies the variance."""
        radius = np.sqrt(-2 * temperature * np.log1p(-uniforms[:, : self._drums]))
        angle = 2 * np.pi * uniforms[:, self._drums :]
        hits = frame[:, : self._drums]
        velocities, offsets = np.split(frame[:, self._drums :], 2, axis=-1)
        velocities = (if_struck(chances, velocities) + self._touch[0] * radius * np.cos(angle)).clip(0, 1)
        offsets = (offsets + self._touch[1] * radius * np.sin(angle)).clip(-1, 1)
        return np.hstack([hits * velocities, hits * offsets])

    def log_p(self, logits: Array, frames: Frames) -> Floats:
        """The hits' alone, for velocities and offsets follow from what came before."""
        drums = self._drums
        signs = 2.0 * (frames[..., :drums] > 0.5) - 1  # noqa: PLR2004 - as Magenta reads a hit
        return -np.logaddexp(0, -signs * logits[..., :drums].astype(np.float64)).sum(axis=-1)


_RARE = 0.1
"""A hit that is less likely is taken for as likely: what is said of its velocity is too small to be divided."""


def if_struck(chances: Floats, velocities: Floats) -> Floats:
    """The velocities of drums if they are hit, given the chances that they are.

    A decoder learns velocities of all drums at all steps, and nothing is struck at most of them: what it says is the
    average over hits and silence. Offsets are early as often as late, and need no such thing.
    """
    return velocities / np.maximum(chances, _RARE)


def log_softmax(logits: Array, temperature: float = 1.0) -> Floats:
    """Logarithms of probabilities along the last axis."""
    exact = logits.astype(np.float64) / temperature
    exact -= exact.max(axis=-1, keepdims=True)
    exact -= np.log(np.exp(exact).sum(axis=-1, keepdims=True))
    return exact


def leaned(probabilities: Floats, weights: Array) -> Floats:
    """Probabilities (batch, classes) times e to log-weights, not scaled to a sum of 1.

    Where nothing that has any chance may be drawn, they are as they were: a wish is no reason to fail.
    """
    left = probabilities * np.exp(weights - weights.max(axis=-1, keepdims=True))
    return np.where(left.sum(axis=-1, keepdims=True) > 0, left, probabilities)


def chosen(probabilities: Floats, uniforms: Floats) -> NDArray[np.int64]:
    """The class in each row (batch, classes) whose share of the distribution function holds the uniform number.

    As ``numpy.random.choice`` does it: float64 sums, made to end at 1, and the first that is greater than the number.
    """
    sums: Floats = probabilities.cumsum(axis=-1)
    return np.count_nonzero(sums / sums[:, -1:] <= uniforms[:, None], axis=-1)
