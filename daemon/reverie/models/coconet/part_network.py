"""Coconet's network: parts with gaps go in, a likelihood of each pitch at each place comes out.

A layer is a convolution over steps and semitones; of every two the second adds what went into the first. After
C.-Z. A. Huang et al., "Counterpoint by Convolution" (https://arxiv.org/abs/1903.07227), and ``lib_graph.py`` in Magenta
2.1.4.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS, CoconetDesign, Dilation
from reverie.models.coconet.weights import Array, count_layers
from reverie.models.library.bundle import Bundle

Parts = NDArray[np.intp]
"""(passages, steps, parts): a pitch, counted from the model's lowest, or :data:`NONE`."""
Places = NDArray[np.bool_]
"""(passages, steps, parts): whether something is so at a place."""

NONE = -1
"""Where a part rests, or what it has is not known."""


class Coconet:
    """The network of a bundle."""

    def __init__(self, bundle: Bundle) -> None:
        """Lay out its weights.

        Raises:
            ModelError: if the bundle is none of Coconet's.
        """
        self.design = CoconetDesign.of(bundle.card.settings)
        weights = bundle.weights
        count = count_layers(weights)
        self._layers: list[_Layer] = []
        for number in range(count):
            dilation, name = self.design.dilation(number, count), f"layers.{number}"
            bias = weights[f"{name}.bias"]
            if f"{name}.kernel" in weights:
                self._layers.append(_Regular(weights[f"{name}.kernel"], bias, dilation))
            else:
                both = weights[f"{name}.depthwise"], weights[f"{name}.pointwise"]
                self._layers.append(_Separable(*both, bias, dilation))

    def log_likelihoods(self, parts: Parts, unknown: Places) -> Array:
        """How likely each pitch is at each place, told what is known.

        Args:
            parts: what is there; what is ``unknown`` is not looked at.
            unknown: which places are to be filled. One that is known and has :data:`NONE` is a rest.

        Returns:
            Natural logarithms (passages, steps, parts, pitches), also for places that are known.
        """
        x = self._heard(parts, unknown)
        kept: Array | None = None
        last = len(self._layers) - 1
        counter = -1
        for number, layer in enumerate(self._layers):
            counter += 1
            if counter % 2 == 1:
                kept = x
            x = layer(x)
            if self.design.residual and kept is not None:
                if kept.shape[1] != x.shape[1]:
                    kept, counter = None, 0
                elif counter % 2 == 0 and 0 < number < last:
                    x += kept
            if number < last:
                np.maximum(x, 0, out=x)
        logits: Array = x.transpose(2, 3, 1, 0)
        logits = logits - logits.max(axis=-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    def _heard(self, parts: Parts, unknown: Places) -> Array:
        """What the first layer hears, (pitches, 2 parts, passages, steps): what sounds, and what is known."""
        sounding = np.where(unknown, NONE, parts)
        passages, steps, _ = parts.shape
        heard = np.zeros((self.design.pitches, 2 * PARTS, passages, steps), np.float32)
        pitches = np.arange(self.design.pitches)[:, None, None, None]
        heard[:, :PARTS] = sounding.transpose(2, 0, 1) == pitches
        heard[:, PARTS:] = (~unknown if self.design.context else unknown).transpose(2, 0, 1)
        return heard


class _Layer(Protocol):
    """From features (pitches, features, passages, steps) to others of as many places."""

    def __call__(self, x: Array) -> Array: ...


class _Taps:
    """Features with zeros around them, of which each tap of a kernel sees as many places, without a copy."""

    def __init__(self, x: Array, taps: tuple[int, int], dilation: Dilation) -> None:
        pitches, wide, passages, steps = x.shape
        self._over, self._up = ((count - 1) * apart for count, apart in zip(taps, dilation, strict=True))
        left, below = self._over // 2, self._up // 2
        padded = np.zeros((pitches + self._up, wide, passages, steps + self._over), np.float32)
        padded[below : below + pitches, :, :, left : left + steps] = x
        self._shape, self._dilation = (pitches, passages, steps), dilation
        self._flat = padded.reshape(pitches + self._up, wide, -1)
        self.columns = self._flat.shape[2] - self._over

    def at(self, step: int, semitone: int, high: int = 1) -> Array:
        """What a tap sees, (pitches, features, columns); with ``high`` taps above each other, as many features more."""
        pitches = self._shape[0]
        first, column = semitone * self._dilation[1], step * self._dilation[0]
        rows = self._flat[first : first + pitches, :, column : column + self.columns]
        if high == 1:
            return rows
        shape = (pitches, high * rows.shape[1], self.columns)
        return np.lib.stride_tricks.as_strided(rows, shape, rows.strides, writeable=False)

    def places(self, flat: Array) -> Array:
        """What was made of all columns, (pitches, features, columns), without what lies between passages."""
        pitches, passages, steps = self._shape
        whole = np.empty((pitches, flat.shape[1], passages * (steps + self._over)), np.float32)
        whole[..., : self.columns] = flat
        return whole.reshape(pitches, -1, passages, steps + self._over)[..., :steps]


class _Regular:
    """A convolution: products of matrices, one for each step of the kernel, or for each of its taps."""

    def __init__(self, kernel: Array, bias: Array, dilation: Dilation) -> None:
        self._taps, self._dilation = (kernel.shape[0], kernel.shape[1]), dilation
        turned = kernel.transpose(0, 3, 1, 2)
        out = kernel.shape[3]
        # Neighbouring semitones lie below each other in memory, so that a kernel's are one product.
        self._high = kernel.shape[1] if dilation[1] == 1 else 1
        self._kernels = np.ascontiguousarray(turned.reshape(kernel.shape[0], out, -1, self._high * kernel.shape[2]))
        self._bias = bias[:, None]

    def __call__(self, x: Array) -> Array:
        taps = _Taps(x, self._taps, self._dilation)
        made = np.empty((x.shape[0], len(self._bias), taps.columns), np.float32)
        made[:] = self._bias
        for step, kernels in enumerate(self._kernels):
            for semitone in range(kernels.shape[1]):
                made += kernels[:, semitone] @ taps.at(step, semitone, self._high)
        return taps.places(made)


class _Separable:
    """A convolution of each feature by itself, and then a mixture of them."""

    def __init__(self, depthwise: Array, pointwise: Array, bias: Array, dilation: Dilation) -> None:
        self._taps, self._dilation = (depthwise.shape[0], depthwise.shape[1]), dilation
        self._depthwise = depthwise[:, :, :, :, None]
        self._pointwise, self._bias = np.ascontiguousarray(pointwise.T), bias[:, None]

    def __call__(self, x: Array) -> Array:
        taps = _Taps(x, self._taps, self._dilation)
        steps, semitones, wide, more, _ = self._depthwise.shape
        made = np.zeros((x.shape[0], wide, more, taps.columns), np.float32)
        for step in range(steps):
            for semitone in range(semitones):
                made += taps.at(step, semitone)[:, :, None] * self._depthwise[step, semitone]
        mixed: Array = self._pointwise @ made.reshape(x.shape[0], wide * more, -1)
        mixed += self._bias
        return taps.places(mixed)
