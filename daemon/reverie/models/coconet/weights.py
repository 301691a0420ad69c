"""What Coconet's weights are called, in a run-time bundle and in Magenta's checkpoints.

==========================  ====================================================  =====================
run-time bundle             TensorFlow, after ``model/convN/``                    shape
==========================  ====================================================  =====================
layers.N.kernel             weights                                               steps, semitones, I, O
layers.N.depthwise          SeparableConv2d/depthwise_weights, or                 steps, semitones, I, M
                            separable_conv2d/depthwise_kernel
layers.N.pointwise          SeparableConv2d/pointwise_weights, or                 I M, O
                            separable_conv2d/pointwise_kernel; or
                            split_N_K/kernel, which stand on its diagonal
layers.N.bias               beta, less what is normalized                         O
==========================  ====================================================  =====================

Batch normalization by ``gamma``, ``popmean`` and ``popvariance``, and biases before it, are multiplied into kernel and
bias. A layer has a kernel, or it is separable and has the two others.

Sources: ``lib_graph.py`` in Magenta 2.1.4; ``music/src/coconet/model.ts`` in magenta.js 1.23.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS
from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import refuse_unused

Array = NDArray[np.float32]
Tensors = Mapping[str, Array]

EPSILON = 1e-7
"""What Magenta adds to a variance before it divides by its root."""

LEAST_LAYERS = 4
_VARIABLE = re.compile(r"(?:model/)?conv(\d{1,3})/(.+?)(?::0)?")
_SPLIT = re.compile(r"split_\d{1,3}_(\d{1,3})/(kernel|bias)")
_NAMES = {
    "weights": "kernel",
    "bias": "shift",
    "gamma": "gamma",
    "beta": "beta",
    "popmean": "mean",
    "popvariance": "variance",
    "SeparableConv2d/depthwise_weights": "depthwise",
    "SeparableConv2d/pointwise_weights": "pointwise",
    "SeparableConv2d/biases": "shift",
    "separable_conv2d/depthwise_kernel": "depthwise",
    "separable_conv2d/pointwise_kernel": "pointwise",
    "separable_conv2d/bias": "shift",
}
_KERNEL_AXES = 4


def weights_from(tensors: Tensors) -> dict[str, Array]:
    """Coconet's weights, out of all variables of a checkpoint.

    Raises:
        ModelError: if one is missing, or has a shape that does not fit its neighbours'.
    """
    layers: dict[int, dict[str, Array]] = {}
    splits: dict[int, dict[tuple[int, str], Array]] = {}
    used: list[str] = []
    for variable, tensor in tensors.items():
        if not (found := _VARIABLE.fullmatch(variable)):
            continue
        layer, inside = int(found[1]), found[2]
        if split := _SPLIT.fullmatch(inside):
            splits.setdefault(layer, {})[int(split[1]), split[2]] = tensor
        elif inside in _NAMES:
            parts = layers.setdefault(layer, {})
            if _NAMES[inside] in parts:
                raise ModelError(f"{variable} is in it twice, under two names")
            parts[_NAMES[inside]] = tensor
        else:
            continue
        used.append(variable)
    weights: dict[str, Array] = {}
    for layer in sorted({*layers, *splits}):
        parts = {**layers.get(layer, {}), **_diagonal(splits.get(layer, {}), layer)}
        weights |= {f"layers.{layer}.{name}": tensor for name, tensor in _folded(parts, layer).items()}
    count_layers(weights)
    refuse_unused(tensors, used, "Coconet")
    return weights


def count_layers(weights: Tensors) -> int:
    """How many layers canonical weights have.

    Raises:
        ModelError: if one is missing, or does not fit the one before.
    """
    count = 1 + max((int(name.split(".")[1]) for name in weights if name.startswith("layers.")), default=-1)
    if count < LEAST_LAYERS:
        raise ModelError(f"it has no layer of a Coconet, or too few: {count}, and {LEAST_LAYERS} or more are needed")
    wide = 2 * PARTS
    expected: set[str] = set()
    for layer in range(count):
        names = [name for name in ("kernel", "depthwise", "pointwise") if f"layers.{layer}.{name}" in weights]
        if names not in (["kernel"], ["depthwise", "pointwise"]):
            raise ModelError(f"layer {layer} of a Coconet has a kernel, or is separable; it has {names or 'nothing'}")
        first = weights[f"layers.{layer}.{names[0]}"]
        if first.ndim != _KERNEL_AXES or first.shape[2] != wide:
            raise ModelError(f"layers.{layer}.{names[0]} has the shape {first.shape}, and must hear {wide} features")
        wide = first.shape[3]
        if names[1:]:
            point = weights[f"layers.{layer}.pointwise"]
            if point.ndim != 2 or point.shape[0] != first.shape[2] * wide:  # noqa: PLR2004 - a matrix
                raise ModelError(f"layers.{layer}.pointwise has the shape {point.shape}, which does not fit")
            wide = point.shape[1]
        bias = weights.get(f"layers.{layer}.bias")
        if bias is None or bias.shape != (wide,):
            raise ModelError(f"layers.{layer}.bias must have {wide} numbers")
        expected |= {f"layers.{layer}.{name}" for name in (*names, "bias")}
    if wide != PARTS:
        raise ModelError(f"its last layer speaks of {wide} parts, and a Coconet has {PARTS}")
    if surplus := sorted(set(weights) - expected):
        raise ModelError(f"a Coconet has no {surplus[0]}")
    return count


def _diagonal(splits: Mapping[tuple[int, str], Array], layer: int) -> dict[str, Array]:
    """Pointwise products of a part of the features each, as one of all of them."""
    if not splits:
        return {}
    count = 1 + max(number for number, _ in splits)
    try:
        kernels = [splits[number, "kernel"] for number in range(count)]
        biases = [splits[number, "bias"] for number in range(count)]
    except KeyError as error:
        raise ModelError(f"layer {layer} of a Coconet lacks a part of its splits: {error}") from error
    if any(kernel.ndim != 2 for kernel in kernels):  # noqa: PLR2004 - a matrix
        raise ModelError(f"a split of layer {layer} of a Coconet is no matrix")
    high, wide = (sum(kernel.shape[axis] for kernel in kernels) for axis in (0, 1))
    pointwise = np.zeros((high, wide), np.float32)
    row = column = 0
    for kernel in kernels:
        pointwise[row : row + kernel.shape[0], column : column + kernel.shape[1]] = kernel
        row, column = row + kernel.shape[0], column + kernel.shape[1]
    return {"pointwise": pointwise, "shift": np.concatenate(biases)}


def _folded(parts: Mapping[str, Array], layer: int) -> dict[str, Array]:
    """A layer without its normalization."""
    needed = ("gamma", "beta", "mean", "variance")
    if missing := [name for name in needed if name not in parts]:
        raise ModelError(f"layer {layer} of a Coconet has no {missing[0]} of its batch normalization")
    gamma, beta, mean, variance = (parts[name].reshape(-1).astype(np.float64) for name in needed)
    if not gamma.shape == beta.shape == mean.shape == variance.shape:
        raise ModelError(f"the batch normalization of layer {layer} has several sizes")
    if (variance < 0).any():
        raise ModelError(f"layer {layer} has a variance below 0")
    scale = gamma / np.sqrt(variance + EPSILON)
    shift = parts["shift"].reshape(-1).astype(np.float64) if "shift" in parts else np.zeros_like(mean)
    last = "pointwise" if "depthwise" in parts else "kernel"
    if last not in parts:
        raise ModelError(f"layer {layer} of a Coconet has no {last}")
    if parts[last].shape[-1:] != scale.shape or shift.shape != scale.shape:
        raise ModelError(f"the batch normalization of layer {layer} does not fit its {last}")
    scaled = (parts[last] * scale).astype(np.float32)
    bias = (beta + (shift - mean) * scale).astype(np.float32)
    if last == "pointwise":
        return {"depthwise": parts["depthwise"], "pointwise": scaled.reshape(-1, scaled.shape[-1]), "bias": bias}
    return {"kernel": scaled, "bias": bias}
