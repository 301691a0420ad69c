"""NSynth's encoder: from samples to a few numbers for every hop, whatever the length.

Each layer looks to both sides, so a long sound is encoded in segments that overlap by what all layers together see; in
between they equal a whole one's. After ``Config.build`` in ``magenta/models/nsynth/wavenet/h512_bo16.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.models.nsynth import mu_law
from reverie.models.nsynth.weights import NSynthSizes

Array = NDArray[np.float32]

_SEGMENT = 1 << 15
"""Samples of a segment: its activations are kept in tens of megabytes, and little of it is overlap."""


@dataclass(frozen=True, slots=True, eq=False)
class _EncoderLayer:
    dilation: int
    conv: Array
    conv_bias: Array
    residual: Array
    residual_bias: Array


class NSynthEncoder:
    """The encoder's weights at work, on ``workers`` threads."""

    def __init__(self, weights: Mapping[str, Array], sizes: NSynthSizes, workers: int = 2) -> None:
        """Take weights that fit (:func:`reverie.models.nsynth.weights.check_shapes`)."""
        # Copies, so that the bundle may go.
        self._weights = {name: tensor.copy() for name, tensor in weights.items() if name.startswith("encoder.")}
        self._layers = [
            _EncoderLayer(2 ** (number % sizes.encoder_stages), *self._parts(number))
            for number in range(sizes.encoder.layers)
        ]
        self._taps, self._hop, self._workers = sizes.encoder.taps, sizes.hop, workers
        self._step = -(-_SEGMENT // sizes.hop) * sizes.hop
        self._sees = sum(layer.dilation for layer in self._layers) * (self._taps // 2) + self._taps

    def encode(self, samples: Array) -> Array:
        """The encoding [frames, channels] of samples; a part of a hop at their end counts as a whole one."""
        count = -(-len(samples) // self._hop) * self._hop
        heard = mu_law.scaled(np.pad(samples, (0, count - len(samples))))

        def segment(begin: int) -> Array:
            return self._segment(heard, begin)

        with ThreadPoolExecutor(self._workers) as threads:
            return np.concatenate([*threads.map(segment, range(0, count, self._step))])

    def _segment(self, heard: Array, begin: int) -> Array:
        """The frames of the segment that begins with that sample."""
        first, end = max(0, begin - self._sees), min(begin + self._step, len(heard))
        weights = self._weights
        now = self._convolved(
            heard[first : end + self._sees, None], weights["encoder.start.kernel"], weights["encoder.start.bias"], 1
        )
        for layer in self._layers:
            told = self._convolved(np.maximum(now, 0), layer.conv, layer.conv_bias, layer.dilation)
            np.maximum(told, 0, out=told)
            now += told @ layer.residual
            now += layer.residual_bias
        frames = now[begin - first : end - first].reshape(-1, self._hop, now.shape[1]).mean(axis=1)
        # The bottleneck is linear, so the mean may come before it.
        return frames @ weights["encoder.bottleneck.kernel"] + weights["encoder.bottleneck.bias"]

    def _convolved(self, now: Array, kernel: Array, bias: Array, dilation: int) -> Array:
        """A convolution [time, channels], as long as what it hears, with silence on both sides of that."""
        out = np.broadcast_to(bias, (len(now), len(bias))).copy()
        for tap in range(self._taps):
            ahead = (tap - (self._taps - 1) // 2) * dilation
            begin, end = max(0, -ahead), min(len(now), len(now) - ahead)
            if begin < end:
                out[begin:end] += now[begin + ahead : end + ahead] @ kernel[tap]
        return out

    def _parts(self, number: int) -> tuple[Array, Array, Array, Array]:
        layer = f"encoder.layers.{number}"
        names = (f"{layer}.{part}.{leaf}" for part in ("conv", "residual") for leaf in ("kernel", "bias"))
        conv, conv_bias, residual, residual_bias = (self._weights[name] for name in names)
        return conv, conv_bias, residual, residual_bias
