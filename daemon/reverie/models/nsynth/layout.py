"""The decoder's weights, laid out once as its loop reads them.

They come in two parts, each with half of every layer's channels. A part computes its half of the gated channels, and
from these its share of what goes on to all channels; so the two need to meet but once a layer. The same parts are used
whatever the number of threads, so that it changes no sample.

A sigmoid is computed as a tangent: ``sigmoid(a) tanh(b) = (1 + tanh(a / 2)) tanh(b) / 2``. Both halves are folded into
the weights here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.models.nsynth.weights import NSynthSizes

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A part of a layer; the rows of all matrices are outputs.

    ``now`` hears the newest sample's channels, ``past`` those of the filter's older taps, the oldest first. ``gated``
    are the channels that this part computes, in the order gates, values; ``residual`` hears them.
    """

    dilation: int
    now: Array
    past: Array
    condition: Array
    bias: Array
    residual: Array


@dataclass(frozen=True, slots=True, eq=False)
class DecoderPart:
    """A part of the network, for the channels ``mine`` of each layer.

    ``skip`` hears these channels of the start and of all layers, one after the other: nothing but the output waits for
    what it says, so all layers' are one product.
    """

    mine: slice
    layers: tuple[Layer, ...]
    skip: Array


@dataclass(frozen=True, slots=True, eq=False)
class DecoderLayout:
    """All of the decoder: its parts, and what is too small to be worth parting."""

    sizes: NSynthSizes
    parts: tuple[DecoderPart, DecoderPart]
    start: Array
    start_bias: Array
    residual_bias: tuple[Array, ...]
    skip_bias: Array
    out: Array
    out_condition: Array
    out_bias: Array
    logits: Array
    logits_bias: Array


def laid_out(weights: Mapping[str, Array], sizes: NSynthSizes) -> DecoderLayout:
    """Lay out weights that fit (:func:`reverie.models.nsynth.weights.check_shapes`)."""
    layers = [f"decoder.layers.{number}" for number in range(sizes.decoder.layers)]
    skips = [weights["decoder.start.skip.bias"], *(weights[f"{layer}.skip.bias"] for layer in layers)]
    return DecoderLayout(
        sizes=sizes,
        parts=_parts(weights, sizes),
        start=_rows(weights["decoder.start.kernel"][:, 0]),
        start_bias=_column(weights["decoder.start.bias"]),
        residual_bias=tuple(_column(weights[f"{layer}.residual.bias"]) for layer in layers),
        skip_bias=_column(np.asarray(np.sum(skips, axis=0), np.float32)),
        out=_rows(weights["decoder.out.kernel"]),
        out_condition=_rows(weights["decoder.out.condition.kernel"]),
        out_bias=_column(weights["decoder.out.bias"] + weights["decoder.out.condition.bias"]),
        logits=_rows(weights["decoder.logits.kernel"]),
        logits_bias=_column(weights["decoder.logits.bias"]),
    )


def _parts(weights: Mapping[str, Array], sizes: NSynthSizes) -> tuple[DecoderPart, DecoderPart]:
    width = sizes.decoder.width
    middle = width // 2
    return _part(weights, sizes, slice(0, middle)), _part(weights, sizes, slice(middle, width))


def _part(weights: Mapping[str, Array], sizes: NSynthSizes, mine: slice) -> DecoderPart:
    numbers = range(sizes.decoder.layers)
    skips = [weights["decoder.start.skip.kernel"][mine]]
    skips += [weights[f"decoder.layers.{number}.skip.kernel"][mine] * np.float32(0.5) for number in numbers]
    return DecoderPart(
        mine, tuple(_layer(weights, sizes, number, mine) for number in numbers), _rows(np.concatenate(skips))
    )


def _layer(weights: Mapping[str, Array], sizes: NSynthSizes, number: int, mine: slice) -> Layer:
    width = sizes.decoder.width
    layer = f"decoder.layers.{number}"
    channels = np.r_[np.arange(width)[mine], np.arange(width, 2 * width)[mine]]
    gain = np.repeat(np.array([0.5, 1.0], np.float32), len(channels) // 2)
    conv = weights[f"{layer}.conv.kernel"][:, :, channels] * gain
    bias = (weights[f"{layer}.conv.bias"] + weights[f"{layer}.condition.bias"])[channels] * gain
    return Layer(
        dilation=2 ** (number % sizes.stages),
        now=_rows(conv[-1]),
        past=_rows(conv[:-1].reshape(-1, len(channels))),
        condition=_rows(weights[f"{layer}.condition.kernel"][:, channels] * gain),
        bias=_column(bias),
        residual=_rows(weights[f"{layer}.residual.kernel"][mine] * np.float32(0.5)),
    )


def _rows(kernel: Array) -> Array:
    """A kernel [inputs, outputs] as a matrix whose rows are outputs; a copy, so that the bundle may go."""
    return np.array(kernel.T, np.float32, order="C")


def _column(bias: Array) -> Array:
    return np.array(bias[:, None], np.float32)
