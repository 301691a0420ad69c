"""What the weights of a GANSynth are called, in a run-time bundle and in TensorFlow's checkpoints.

=====================================  ==============================================  =========================
run-time bundle                        TensorFlow, below progressive_gan_generator     shape
=====================================  ==============================================  =========================
blocks.N.conv0.kernel, .bias           progressive_gan_block_N+1/conv0/conv2d/kernel   height, width, in, out; out
blocks.N.conv1.kernel, .bias           progressive_gan_block_N+1/conv1/conv2d/kernel   height, width, in, out; out
rgb.kernel, .bias                      .../to_rgb/conv2d/kernel of the last block      channels, 2; 2
normalizer.scale, .shift               none: mag_normalizer_a, p_normalizer_a, ..._b   2; 2
=====================================  ==============================================  =========================

A specgram's channels are the logarithm of magnitude, and instantaneous frequency (or phase). The generator gives
``scale * specgram + shift``. The first kernel of all is as high and wide as a specgram of the first block, and hears
the latent vector and then a one-hot pitch. Magenta multiplies its kernels by a constant whenever they are used, so that
all learn equally fast; here that is done once and for all.

The averages over training (``ExponentialMovingAverage``) are taken where they are, as Magenta itself does to generate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import normalizer
from reverie.models.library.formats.tensors import refuse_unused

Tensors = Mapping[str, NDArray[np.float32]]

CHANNELS = 2
_AXES = 4
_AVERAGE = "/ExponentialMovingAverage"
_VARIABLE = re.compile(
    r"(?:^|/)progressive_gan_generator/progressive_gan_block_(\d{1,4})/(conv0|conv1|to_rgb)/(?:conv2d/)?(kernel|bias)"
    rf"(?:{_AVERAGE})?$"
)
_SIMPLE = re.compile(r"(?:^|/)progressive_gan_generator/progressive_gan_block_1/dense/kernel")
_ELSEWHERE = re.compile(
    r"^Discriminator/|(?:^|/)(?:progressive_gan_discriminator|progressive_gan_train_ops)/|(?:^|/)current_image_id$"
    r"|^Variable$"
)
"""What only training needs: the other network, and how far it has come (``train_time`` has no name of its own)."""
_NORMALIZER = ("normalizer.scale", "normalizer.shift")


def weights_from(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """The weights of the generator, out of all variables of a checkpoint, and Magenta's normalizer if it has none.

    Raises:
        ModelError: if there are none.
    """
    if any(_SIMPLE.search(variable) for variable in tensors):
        raise ModelError("it was trained with simple_arch, which is not played here")
    found: dict[tuple[int, str, str], NDArray[np.float32]] = {}
    used: dict[str, tuple[int, str, str]] = {}
    for variable in sorted(tensors, key=lambda variable: variable.endswith(_AVERAGE)):
        if match := _VARIABLE.search(variable):
            used[variable] = place = int(match[1]), match[2], match[3]
            if [name for name, other in used.items() if other == place and _plain(name) != _plain(variable)]:
                raise ModelError(f"{variable} is in it in two scopes, and a GANSynth has one generator")
            found[place] = tensors[variable]
    if not found:
        raise ModelError("progressive_gan_generator is missing, so it is no GANSynth")
    generator = [variable for variable in tensors if variable not in _NORMALIZER and not _ELSEWHERE.search(variable)]
    refuse_unused(generator, used, "a GANSynth's generator")
    last = max(block for block, _, _ in found)
    normalizers = {name: tensors.get(name, normalizer({})[name]) for name in _NORMALIZER}
    return normalizers | {
        f"{_named(block, layer)}.{part}": _scaled(layer, tensor) if part == "kernel" else tensor
        for (block, layer, part), tensor in found.items()
        if layer != "to_rgb" or block == last
    }


def _plain(variable: str) -> str:
    return variable.removesuffix(_AVERAGE)


def check_shapes(weights: Tensors, labels: int) -> None:
    """Whether the weights are those of one model with so many ``labels``.

    Raises:
        ModelError: if one is missing, or its shape does not fit its neighbours'.
    """
    heard: int | None = None
    for block in range(block_count(weights)):
        for layer in ("conv0", "conv1"):
            heard = _check_layer(weights, f"blocks.{block}.{layer}", heard)
    kernel, bias = _weight(weights, "rgb.kernel"), _weight(weights, "rgb.bias")
    if kernel.shape != (heard, CHANNELS) or bias.shape != (CHANNELS,):
        raise ModelError(f"rgb.kernel has the shape {kernel.shape} and rgb.bias {bias.shape}; {heard} x 2 and 2 fit")
    for name in _NORMALIZER:
        if _weight(weights, name).shape != (CHANNELS,):
            raise ModelError(f"{name} must be two numbers, one for magnitudes and one for frequencies")
    if not weights["normalizer.scale"].all():
        raise ModelError("normalizer.scale must not be 0")
    inputs = weights["blocks.0.conv0.kernel"].shape[2]
    if inputs <= labels:
        raise ModelError(f"it hears {inputs} numbers, and {labels} pitches leave none of them for a latent vector")


def block_count(weights: Tensors) -> int:
    """How many blocks there are, each of a higher resolution."""
    blocks = {int(name.split(".")[1]) for name in weights if name.startswith("blocks.")}
    return max(blocks, default=-1) + 1


def _named(block: int, layer: str) -> str:
    return "rgb" if layer == "to_rgb" else f"blocks.{block - 1}.{layer}"


def _scaled(layer: str, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernel as it is used: times He's constant, of a rectified layer or of a linear one."""
    if kernel.ndim != _AXES:
        raise ModelError(f"a kernel of {layer} has {kernel.ndim} axes; it must have {_AXES}")
    gain = 1.0 if layer == "to_rgb" else 2.0
    scaled = (math.sqrt(gain / math.prod(kernel.shape[:-1])) * kernel).astype(np.float32)
    return scaled[0, 0] if layer == "to_rgb" else scaled


def _check_layer(weights: Tensors, name: str, heard: int | None) -> int:
    """How many channels a layer has that hears ``heard``; the first of all hears anything."""
    kernel, bias = _weight(weights, f"{name}.kernel"), _weight(weights, f"{name}.bias")
    if kernel.ndim != _AXES or 0 in kernel.shape:
        raise ModelError(f"{name}.kernel has the shape {kernel.shape}; it must be height x width x in x out")
    if heard is not None and kernel.shape[2] != heard:
        raise ModelError(f"{name}.kernel hears {kernel.shape[2]} channels, and the layer before it has {heard}")
    if bias.shape != kernel.shape[3:]:
        raise ModelError(f"{name}.bias has the shape {bias.shape}; {kernel.shape[3]} channels fit")
    return kernel.shape[3]


def _weight(weights: Tensors, name: str) -> NDArray[np.float32]:
    try:
        return weights[name]
    except KeyError:
        raise ModelError(f"{name} is missing, so it is no GANSynth that was trained to its end") from None
