"""The generator: a latent vector and a pitch to a specgram, or to the first frames of one.

After ``generator`` in ``magenta/models/gansynth/lib/networks.py``, Magenta 2.1.4, and https://arxiv.org/abs/1710.10196.
Only the last block's specgram is made; those of the others are there for training.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from reverie.models.errors import ModelError
from reverie.models.gansynth.convolution import Array, Convolution, rectified
from reverie.models.gansynth.doubling import HIGH, WIDE, Doubling, Take
from reverie.models.gansynth.gan_config import settings_from
from reverie.models.gansynth.weights import block_count, check_shapes
from reverie.models.library.bundle import Bundle, Weights


class Block(Protocol):
    """Two convolutions, the first of a larger image than the block is given."""

    def hears(self, rows: int) -> int:
        """How many rows of its image decide the first ``rows`` rows that it gives."""
        ...

    def __call__(self, x: Array, rows: int, take: Take) -> None:
        """Make the first ``rows`` rows out of ``x`` [rows, channels, columns], around which all is zero."""
        ...


class Growing:
    """A block of any kernels, and of any ``scale`` down and across."""

    def __init__(self, first: Convolution, second: Convolution, scale: tuple[int, int]) -> None:
        self._first, self._second, self._scale = first, second, scale

    def hears(self, rows: int) -> int:
        """How many rows of its image decide the first ``rows`` rows that it gives."""
        return -(-(rows + self._second.below + self._first.below) // self._scale[0])

    def __call__(self, x: Array, rows: int, take: Take) -> None:
        """Make the first ``rows`` rows out of ``x`` [rows, channels, columns], around which all is zero."""
        high, wide = self._scale
        grown = x.repeat(high, axis=0).repeat(wide, axis=2)
        middle = rectified(self._first(grown, min(len(grown), rows + self._second.below)))
        take(0, rectified(self._second(middle, rows))[:, np.newaxis])


class Generator:
    """One bundle, ready to make specgrams.

    ``latent`` is the size of a latent vector, ``frames`` and ``bins`` that of a full specgram.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model, or it is of a kind that is not played here.
        """
        weights = bundle.weights
        self.settings = settings_from(bundle.card.settings)
        check_shapes(weights, len(self.settings.pitches))
        count = block_count(weights)
        kernel = weights["blocks.0.conv0.kernel"]
        self._start = kernel.shape[:2]
        self.latent = kernel.shape[2] - len(self.settings.pitches)
        # The vector stands alone amid zeros, and a convolution as large as its output goes over it: a dense layer.
        self._dense = np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 3, 1, 2).reshape(-1, kernel.shape[2]))
        self._dense_bias = weights["blocks.0.conv0.bias"][:, None]
        scale = self.settings.scale
        self._first = Convolution(weights["blocks.0.conv1.kernel"], weights["blocks.0.conv1.bias"])
        self._blocks = [_block(weights, f"blocks.{number}", scale) for number in range(1, count)]
        self.frames = self._start[0] * scale[0] ** (count - 1)
        self.bins = self._start[1] * scale[1] ** (count - 1)
        self._rgb, self._rgb_bias = np.ascontiguousarray(weights["rgb.kernel"].T), weights["rgb.bias"]
        self._scale, self._shift = weights["normalizer.scale"], weights["normalizer.shift"]
        if self.bins & (self.bins - 1):
            raise ModelError(f"it makes specgrams of {self.bins} bins, which is no power of 2")

    def specgram(self, latent: Array, label: int, frames: int | None = None) -> Array:
        """A specgram [2, frames, bins] of the pitch that is number ``label``, or its first ``frames`` frames.

        Raises:
            ValueError: if the vector is of another size, or there is no such label.
        """
        count = min(frames or self.frames, self.frames)
        rows = self._rows(count)
        x = rectified(self._first(self._begin(latent, label), rows[0]))
        for block, needed in zip(self._blocks[:-1], rows[1:], strict=False):
            x = _image(block, x, needed)
        out: Array = np.empty((len(self._rgb), count, self.bins), np.float32)
        if self._blocks:
            self._blocks[-1](x, count, lambda first, y: _put(out.swapaxes(0, 1), first, self._rgb @ y))
        else:
            _put(out.swapaxes(0, 1), 0, self._rgb @ x[:, np.newaxis])
        np.add(out, self._rgb_bias[:, None, None], out=out)
        if self.settings.bounded:
            np.tanh(out, out=out)
        np.subtract(out, self._shift[:, None, None], out=out)
        return np.divide(out, self._scale[:, None, None], out=out)

    def _begin(self, latent: Array, label: int) -> Array:
        """What the first convolution makes of the vector and the pitch: [rows, channels, columns]."""
        if latent.shape != (self.latent,) or not 0 <= label < len(self.settings.pitches):
            raise ValueError(f"a latent of {latent.shape} or label {label} is not of this model")
        heard = np.concatenate([latent, np.zeros(len(self.settings.pitches), np.float32)]).astype(np.float32)
        heard[self.latent + label] = 1.0
        heard /= np.sqrt(np.mean(heard * heard) + np.float32(1e-8))
        high, wide = self._start
        return rectified((self._dense @ heard).reshape(high, -1, wide) + self._dense_bias)

    def _rows(self, frames: int) -> list[int]:
        """How many rows each block must give, for the last one to give ``frames``.

        A convolution hears rows below those that it gives, so that those before must give some more.
        """
        rows = [frames]
        height = self.frames
        for block in reversed(self._blocks):
            height //= self.settings.scale[0]
            rows.append(min(height, block.hears(rows[-1])))
        return rows[::-1]


def _block(weights: Weights, name: str, scale: tuple[int, int]) -> Block:
    layers = [(weights[f"{name}.{layer}.kernel"], weights[f"{name}.{layer}.bias"]) for layer in ("conv0", "conv1")]
    if scale == (2, 2) and all(kernel.shape[:2] == (HIGH, WIDE) for kernel, _ in layers):
        return Doubling(*layers)
    return Growing(Convolution(*layers[0]), Convolution(*layers[1]), scale)


def _image(block: Block, x: Array, rows: int) -> Array:
    """All rows that a block gives, as one image."""
    made: list[Array] = []
    block(x, rows, lambda _, y: made.append(y))
    _, phases, channels, columns = made[0].shape
    out = np.empty((rows, channels, phases * columns), np.float32)
    first = 0
    for y in made:
        _put(out, first, y)
        first += len(y)
    return out


def _put(image: Array, first: int, y: Array) -> None:
    """Put rows [rows, phases, channels, columns] into an image [rows, channels, phases * columns]."""
    phases = y.shape[1]
    for phase in range(phases):
        image[first : first + len(y), :, phase::phases] = y[:, phase]
