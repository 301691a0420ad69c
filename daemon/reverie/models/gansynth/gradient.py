"""In which direction a latent must go for its specgram to become another: the generator, there and back.

The way there is that of :mod:`reverie.models.gansynth.generator`, but that every layer's image is kept; the way back
is the same convolutions with their kernels turned around. Only magnitudes are followed: phases that fit them are what
the generator has learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reverie.models.gansynth.convolution import Array, Convolution
from reverie.models.gansynth.gan_config import settings_from
from reverie.models.gansynth.weights import block_count, check_shapes
from reverie.models.library.bundle import Bundle

_LEAK = np.float32(0.2)
_TINY = np.float32(1e-8)

Back = Callable[[Array], Array]
"""What the latent's gradient is, given that of the magnitudes [frames, bins]."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rectified:
    """What :func:`reverie.models.gansynth.convolution.rectified` gives, and what its way back needs."""

    out: Array
    shrunk: Array
    """By what each place's channels were multiplied, [rows, 1, columns]."""

    def back(self, slope: Array) -> Array:
        """The gradient of what was rectified; ``slope`` is overwritten."""
        along = np.einsum("rcw,rcw->rw", slope, self.out)[:, None] / np.float32(self.out.shape[1])
        slope -= self.out * along
        slope *= self.shrunk
        return np.multiply(slope, _LEAK, out=slope, where=self.out < 0)


@dataclass(frozen=True, slots=True, eq=False)
class _TwoWayLayer:
    """A convolution, and the one that leads its gradient back."""

    there: Convolution
    back: Convolution

    @property
    def below(self) -> int:
        return self.there.below


class GeneratorGradient:
    """A bundle's generator, to be followed from a latent to its magnitudes and back."""

    def __init__(self, bundle: Bundle) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model, or it is of a kind that is not played here.
        """
        weights = bundle.weights
        self.settings = settings_from(bundle.card.settings)
        check_shapes(weights, len(self.settings.pitches))
        kernel = weights["blocks.0.conv0.kernel"]
        self._start = kernel.shape[:2]
        self.latent = kernel.shape[2] - len(self.settings.pitches)
        self._dense = np.ascontiguousarray(kernel[::-1, ::-1].transpose(0, 3, 1, 2).reshape(-1, kernel.shape[2]))
        self._dense_bias = weights["blocks.0.conv0.bias"][:, None]
        count = block_count(weights)
        layers = [["conv1"], *[["conv0", "conv1"]] * (count - 1)]
        self._blocks = [
            [_layer(weights[f"blocks.{n}.{part}.kernel"], weights[f"blocks.{n}.{part}.bias"]) for part in parts]
            for n, parts in enumerate(layers)
        ]
        self.frames = self._start[0] * self.settings.scale[0] ** (count - 1)
        self._rgb, self._rgb_bias = weights["rgb.kernel"][:, 0], weights["rgb.bias"][0]
        self._scale, self._shift = weights["normalizer.scale"][0], weights["normalizer.shift"][0]

    @property
    def multiplications(self) -> int:
        """How many a note of full length takes there; the way back takes as many."""
        high, wide = self._start
        total, (down, across) = self._dense.size, self.settings.scale
        for number, block in enumerate(self._blocks):
            places = high * down**number * wide * across**number
            total += sum(places * layer.there.weights for layer in block)
        return total

    def magnitudes(self, latent: Array, label: int, frames: int) -> tuple[Array, Back]:
        """The first ``frames`` frames of a specgram's magnitudes [frames, bins], and the way back from them."""
        heard = np.concatenate([latent, np.zeros(len(self.settings.pitches), np.float32)]).astype(np.float32)
        heard[self.latent + label] = 1.0
        size = np.sqrt(np.mean(heard * heard) + _TINY)
        heard /= size
        rows = self._rows(min(frames, self.frames))
        first = _rectified((self._dense @ heard).reshape(self._start[0], -1, self._start[1]) + self._dense_bias)
        kept: list[list[_Rectified]] = []
        x = first.out
        for number, (block, count) in enumerate(zip(self._blocks, rows, strict=True)):
            if number:
                x = _grown(x, self.settings.scale)
            images: list[_Rectified] = []
            for depth, layer in enumerate(block):
                below = sum(later.below for later in block[depth + 1 :])
                images.append(_rectified(layer.there(x, min(len(x), count + below))))
                x = images[-1].out
            kept.append(images)
        told = np.einsum("rcw,c->rw", x, self._rgb) + self._rgb_bias
        if self.settings.bounded:
            np.tanh(told, out=told)

        def back(slope: Array) -> Array:
            slope = slope / self._scale
            if self.settings.bounded:
                slope *= 1 - told * told
            way = slope[:, None] * self._rgb[:, None]
            for number in reversed(range(len(self._blocks))):
                for layer, image, before in zip(
                    reversed(self._blocks[number]),
                    reversed(kept[number]),
                    [*(len(one.out) for one in reversed(kept[number][:-1])), None],
                    strict=True,
                ):
                    above = before or self._height(first if not number else kept[number - 1][-1], grown=number > 0)
                    way = layer.back(image.back(way), above)
                if number:
                    way = _shrunk(way, self.settings.scale)
            through: Array = self._dense.T @ first.back(way).reshape(-1)
            through -= heard * np.mean(through * heard, dtype=np.float32)
            return (through / size)[: self.latent]

        return (told - self._shift) / self._scale, back

    def _height(self, image: _Rectified, *, grown: bool) -> int:
        return len(image.out) * (self.settings.scale[0] if grown else 1)

    def _rows(self, frames: int) -> list[int]:
        """How many rows each block must give, for the last one to give ``frames``."""
        rows, height = [frames], self.frames
        for block in reversed(self._blocks[1:]):
            height //= self.settings.scale[0]
            heard = rows[-1] + sum(layer.below for layer in block)
            rows.append(min(height, -(-heard // self.settings.scale[0])))
        return rows[::-1]


def _layer(kernel: Array, bias: Array) -> _TwoWayLayer:
    """A layer; a kernel of even height or width is given a row or column of zeros, so that it has a middle."""
    high, wide = kernel.shape[:2]
    odd = np.pad(kernel, [(1 - high % 2, 0), (1 - wide % 2, 0), (0, 0), (0, 0)])
    turned = np.ascontiguousarray(odd[::-1, ::-1].transpose(0, 1, 3, 2))
    return _TwoWayLayer(Convolution(kernel, bias), Convolution(turned, np.zeros(kernel.shape[2], np.float32)))


def _rectified(x: Array) -> _Rectified:
    """Leaky rectification, and then each place's channels scaled to a mean square of 1; ``x`` is overwritten."""
    np.maximum(x, _LEAK * x, out=x)
    square: Array = np.einsum("rcw,rcw->rw", x, x)[:, None] / np.float32(x.shape[1])
    shrunk: Array = np.reciprocal(np.sqrt(square + _TINY))
    x *= shrunk
    return _Rectified(x, shrunk)


def _grown(x: Array, scale: tuple[int, int]) -> Array:
    return x.repeat(scale[0], axis=0).repeat(scale[1], axis=2)


def _shrunk(x: Array, scale: tuple[int, int]) -> Array:
    """What :func:`_grown` leads back to: the sum of all places that a place became."""
    rows, channels, columns = x.shape
    high, wide = scale
    return x.reshape(rows // high, high, channels, columns // wide, wide).sum(axis=(1, 4))
