# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Magenta's progressive generator and a listener beside it, as functions of variables that carry Magenta's names.

After ``generator``, ``discriminator`` (``magenta/models/gansynth/lib/networks.py``) and ``custom_conv2d``
(``lib/layers.py``), Magenta 2.1.4: a checkpoint of these variables is one of Magenta's. Two things are done otherwise,
to the same result: a block's doubling and the convolution after it are one transposed convolution (2.25 times fewer
products), and the last blocks can be computed for a few rows only, so that a step of training hears more sounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow.compat.v1 as tf

GENERATOR = "progressive_gan_generator"
LISTENER = "progressive_gan_listener"
START = (2, 16)
BLOCKS = 7
COLOURS = 2
_CROPPED = 4
"""Blocks that are computed whole; those above may be computed for a few of this one's rows."""
_TIMBRE, _PITCH = 0.5, 4.0
_SURE = -2.0
"""The logarithm of the variance with which the listener begins: a new listener that doubted all would be ignored."""

Variables = Mapping[str, tf.Variable]


@dataclass(frozen=True, slots=True)
class TimbreSizes:
    """Widths: of the latent vector, of the generator as Magenta counts them, of the listener (lowest block first)."""

    latent: int = 32
    pitches: int = 49
    base: int = 1024
    most: int = 144
    heard: tuple[int, ...] = (96, 96, 64, 32, 16)

    def channels(self, block: int) -> int:
        """Of one of the generator's blocks, counted from 1."""
        return int(min(self.base / 2**block, self.most))


def variables(sizes: TimbreSizes, seed: int) -> dict[str, tf.Variable]:
    """Fresh weights in the graph at hand, normal as Magenta draws them: scaled when used, so that all learn equally."""
    rng = np.random.default_rng(seed)
    made: dict[str, tf.Variable] = {}

    def variable(name: str, values: np.ndarray) -> None:
        made[name] = tf.Variable(values.astype(np.float32), name=name, use_resource=True)

    def layer(name: str, *shape: int) -> None:
        kernel, bias = rng.standard_normal(shape), np.zeros(shape[-1])
        if name == first:
            # One number of the vector says the pitch, and all others the timbre: both are to be heard from the start.
            kernel[:, :, : sizes.latent] *= _TIMBRE
            kernel[:, :, sizes.latent :] *= _PITCH
        if name == last:
            bias[sizes.latent :] = _SURE
        variable(f"{name}/conv2d/kernel", kernel)
        variable(f"{name}/bias", bias)

    first, last = f"{_block(GENERATOR, 1)}/conv0", f"{LISTENER}/latent"
    heard = sizes.latent + sizes.pitches
    for block in range(1, BLOCKS + 1):
        width = sizes.channels(block)
        layer(f"{_block(GENERATOR, block)}/conv0", *(START if block == 1 else (3, 3)), heard, width)
        layer(f"{_block(GENERATOR, block)}/conv1", 3, 3, width, width)
        heard = width
    layer(f"{_block(GENERATOR, BLOCKS)}/to_rgb", 1, 1, heard, COLOURS)
    widths = sizes.heard
    layer(f"{_block(LISTENER, len(widths))}/from_rgb", 1, 1, 1, widths[-1])
    for block in range(len(widths), 0, -1):
        width, below = widths[block - 1], widths[max(block - 2, 0)]
        layer(f"{_block(LISTENER, block)}/conv0", 3, 3, width, width)
        layer(f"{_block(LISTENER, block)}/conv1", *(START if block == 1 else (3, 3)), width, below)
    layer(last, 1, 1, widths[0], 2 * sizes.latent)
    return made


def generate(weights: Variables, sizes: TimbreSizes, heard: tf.Tensor, rows: tf.Tensor | None = None) -> tf.Tensor:
    """Specgrams in -1..1, [batch, frames, bins, 2], of latent vectors with one-hot pitches behind them.

    ``rows`` [batch, n], if given, are the rows of block 4 (eight frames each) that the rest is computed for.
    """
    x = heard * tf.math.rsqrt(tf.reduce_mean(tf.square(heard), 1, keepdims=True) + 1e-8)
    for block in range(1, BLOCKS + 1):
        kernel, bias = _weights(weights, f"{_block(GENERATOR, block)}/conv0")
        if block == 1:
            x = tf.einsum("bi,hwio->bhwo", x, kernel[::-1, ::-1])
        else:
            x = _doubled_and_convolved(x, kernel, sizes.channels(block))
        x = _normalised(x + bias)
        kernel, bias = _weights(weights, f"{_block(GENERATOR, block)}/conv1")
        x = _normalised(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)
        if block == _CROPPED and rows is not None:
            x = tf.gather(x, rows, batch_dims=1)
    kernel, bias = _weights(weights, f"{_block(GENERATOR, BLOCKS)}/to_rgb", gain=1.0)
    return tf.tanh(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)


def listen(weights: Variables, sizes: TimbreSizes, magnitudes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean and the logarithm of the variance of what was heard: [batch, rows, columns] at quarter resolution."""
    top = len(sizes.heard)
    kernel, bias = _weights(weights, f"{_block(LISTENER, top)}/from_rgb")
    x = tf.nn.leaky_relu(magnitudes[..., None] * kernel[0, 0] + bias)
    for block in range(top, 0, -1):
        for name, padding in (("conv0", "SAME"), ("conv1", "VALID" if block == 1 else "SAME")):
            kernel, bias = _weights(weights, f"{_block(LISTENER, block)}/{name}")
            x = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, 1, padding) + bias)
        if block > 1:
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    kernel, bias = _weights(weights, f"{LISTENER}/latent", gain=1.0)
    answer = x[:, 0, 0] @ kernel[0, 0] + bias
    return answer[:, : sizes.latent], answer[:, sizes.latent :]


def _block(scope: str, block: int) -> str:
    return f"{scope}/progressive_gan_block_{block}"


def _weights(weights: Variables, layer: str, gain: float = 2.0) -> tuple[tf.Tensor, tf.Tensor]:
    kernel = weights[f"{layer}/conv2d/kernel"]
    return math.sqrt(gain / math.prod(kernel.shape.as_list()[:-1])) * kernel, weights[f"{layer}/bias"]


def _normalised(x: tf.Tensor) -> tf.Tensor:
    x = tf.nn.leaky_relu(x)
    return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), 3, keepdims=True) + 1e-8)


def _doubled_and_convolved(x: tf.Tensor, kernel: tf.Tensor, channels: int) -> tf.Tensor:
    """A 3 x 3 convolution of ``x`` doubled in height and width."""
    wide = tf.pad(kernel[::-1, ::-1], [[0, 1], [0, 1], [0, 0], [0, 0]])
    wide += tf.roll(wide, 1, 0)
    wide += tf.roll(wide, 1, 1)
    batch, height, width = tf.unstack(tf.shape(x))[:3]
    shape = tf.stack([batch, 2 * height, 2 * width, channels])
    return tf.nn.conv2d_transpose(x, tf.transpose(wide, [0, 1, 3, 2]), shape, 2, "SAME")
