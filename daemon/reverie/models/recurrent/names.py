"""What the weights of a recurrent model are called, in a run-time bundle and in TensorFlow's checkpoints.

========================================  =============================================  ====================
run-time bundle                           TensorFlow, after the cell's scope             shape
========================================  =============================================  ====================
layers.N.kernel, .bias                    basic_lstm_cell/kernel, bias                   inputs + H, 4 H; 4 H
layers.N.projection.kernel, .bias         input_projection_wrapper/kernel, bias          inputs, H; H
layers.0.attention.input.kernel, .bias    attention_cell_wrapper/kernel, bias            inputs + H, inputs
layers.0.attention.memory                 .../attention/attn_w                           H, H
layers.0.attention.score                  .../attention/attn_v                           H
layers.0.attention.query.kernel, .bias    .../attention/kernel, bias                     2 H (memory, output), H
layers.0.attention.output.kernel, .bias   .../attn_output_projection/kernel, bias        2 H (output, attention), H
output.kernel, .bias                      fully_connected/weights, biases                H, classes
========================================  =============================================  ====================

Gates are in TensorFlow's order i, j, f, o, without the forget bias that is added when they run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError

Tensors = Mapping[str, NDArray[np.float32]]

_CELL = re.compile(r"(?:^|_)cell_(\d+)_(.*)$")
_PARTS = (
    (re.compile(r"(?:^|_)(?:basic_)?lstm_cell_(kernel|weights|bias|biases)$"), ""),
    (re.compile(r"(?:^|_)attn_output_projection_(kernel|weights|bias|biases)$"), "attention.output."),
    (re.compile(r"(?:^|_)attention_(?:attention_)?(kernel|weights|bias|biases)$"), "attention.query."),
    (re.compile(r"(?:^|_)attention_attn_(w|v)$"), "attention."),
    (re.compile(r"(?:^|_)attention_cell_wrapper_(kernel|weights|bias|biases)$"), "attention.input."),
    (re.compile(r"(?:^|_)input_projection_wrapper_(kernel|weights|bias|biases)$"), "projection."),
)
_OUTPUT = re.compile(r"(?:^|_)fully_connected_(weights|biases|kernel|bias)$")
_LEAVES = {
    "kernel": "kernel",
    "weights": "kernel",
    "bias": "bias",
    "biases": "bias",
    "w": "memory",
    "v": "score",
}


def canonical_name(variable: str) -> str | None:
    """The run-time name of a variable of a recurrent model; None for what is none, such as an optimizer's slot.

    Slashes and underscores count alike, since dumps for the browser write one for the other.
    """
    flat = variable.replace("/", "_")
    if found := _OUTPUT.search(flat):
        return f"output.{_LEAVES[found[1]]}"
    cell = _CELL.search(flat)
    if not cell:
        return None
    for pattern, part in _PARTS:
        if found := pattern.search(cell[2]):
            return f"layers.{cell[1]}.{part}{_LEAVES[found[1]]}"
    return None


def weights_from(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """A recurrent model's weights, out of all variables of a checkpoint.

    Raises:
        ModelError: if some are missing or do not fit together, with the name of the first such.
    """
    weights = {name: tensor for variable, tensor in tensors.items() if (name := canonical_name(variable))}
    memory = weights.get("layers.0.attention.memory")
    if memory is not None:  # in TensorFlow a convolution of one by one
        weights["layers.0.attention.memory"] = memory.reshape(memory.shape[-2:])
    check_shapes(weights)
    return weights


def layer_count(weights: Tensors) -> int:
    """How many layers there are weights for."""
    return len({name.split(".")[1] for name in weights if name.startswith("layers.")})


def check_shapes(weights: Tensors) -> None:
    """Whether the weights are those of one network.

    Raises:
        ModelError: if a weight is missing, or its shape does not fit its neighbours'.
    """
    if not layer_count(weights):
        raise ModelError("there is no layer of an LSTM in it, so it is no recurrent model")
    below: int | None = None
    for number in range(layer_count(weights)):
        below = _check_layer(weights, f"layers.{number}", below)
    classes = _shape(weights, "output.kernel", (below, None))[1]
    _shape(weights, "output.bias", (classes,))


def _check_layer(weights: Tensors, layer: str, inputs: int | None) -> int:
    """Check one layer.

    Returns:
        Its number of units.
    """
    wide, gates = _shape(weights, f"{layer}.kernel", (None, None))
    units = gates // 4
    if gates != 4 * units or wide <= units:
        raise ModelError(f"{layer}.kernel has the shape {wide} x {gates}, which is none of an LSTM")
    _shape(weights, f"{layer}.bias", (gates,))
    heard = wide - units
    if f"{layer}.projection.kernel" in weights:
        _shape(weights, f"{layer}.projection.kernel", (inputs, units))
        _shape(weights, f"{layer}.projection.bias", (units,))
        inputs = units
    if f"{layer}.attention.memory" in weights:
        attention = f"{layer}.attention"
        _shape(weights, f"{attention}.memory", (units, units))
        _shape(weights, f"{attention}.score", (units,))
        for part, rows, columns in (
            ("input", heard + units, heard),
            ("query", 2 * units, units),
            ("output", 2 * units, units),
        ):
            _shape(weights, f"{attention}.{part}.kernel", (rows, columns))
            _shape(weights, f"{attention}.{part}.bias", (columns,))
    if inputs is not None and heard != inputs:
        raise ModelError(f"{layer}.kernel has {wide} rows, and {inputs} + {units} are needed")
    return units


def _shape(weights: Tensors, name: str, expected: tuple[int | None, ...]) -> tuple[int, ...]:
    """The shape of a weight, of which the numbers in ``expected`` are known.

    Raises:
        ModelError: if the weight is missing or of another shape.
    """
    if name not in weights:
        raise ModelError(f"{name} is missing")
    shape = weights[name].shape
    fits = len(shape) == len(expected) and all(want in {None, size} for size, want in zip(shape, expected, strict=True))
    if not fits:
        want = " x ".join("any" if size is None else str(size) for size in expected)
        raise ModelError(f"{name} has the shape {' x '.join(map(str, shape))}, and {want} is needed")
    return shape
