"""What Piano Genie's weights are called, in a run-time bundle and in Magenta's checkpoint.

======================  =====================================================  ===============
run-time bundle         TensorFlow, after ``phero_model/decoder/``             shape
======================  =====================================================  ===============
input.kernel, .bias     rnn_input/dense/kernel, bias                           123, H; H
layers.N.kernel, .bias  rnn/rnn/multi_rnn_cell/cell_N/lstm_cell/kernel, bias   2 H, 4 H; 4 H
output.kernel, .bias    pitches/dense/kernel, bias                             H, 88; 88
======================  =====================================================  ===============

Gates are in TensorFlow's order i, j, f, o, without the forget bias that is added when they run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import refuse_unused

Tensors = Mapping[str, NDArray[np.float32]]

KEYS = 88
BUTTONS = 8
LONGEST_WAIT = 32
"""In time bins; whatever lasts longer counts as this."""

INPUTS = 1 + (KEYS + 1) + (LONGEST_WAIT + 1)
LAYERS = 2

_SCOPE = "phero_model/decoder/"
_CELL = re.compile(r"rnn/rnn/multi_rnn_cell/cell_(\d{1,4})/lstm_cell/(kernel|bias)")
_DENSE = re.compile(r"(rnn_input|pitches)/dense/(kernel|bias)")
_ELSEWHERE = re.compile(r"phero_model/(encoder|stp_emb_iq)/")
"""The parts of the model that turn music into buttons; people, or contours, press them here."""
_PARTS = {"rnn_input": "input", "pitches": "output"}


def weights_from(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """Piano Genie's weights, out of all variables of a checkpoint.

    Raises:
        ModelError: if one is missing or has another shape than that of the published model's kind.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    used: dict[str, str] = {}
    for variable, tensor in tensors.items():
        inside = variable.removeprefix(_SCOPE)
        if cell := _CELL.fullmatch(inside):
            name = f"layers.{int(cell[1])}.{cell[2]}"
        elif dense := _DENSE.fullmatch(inside):
            name = f"{_PARTS[dense[1]]}.{dense[2]}"
        else:
            continue
        if name in used:
            raise ModelError(f"{variable} and {used[name]} are both in it, and Piano Genie has only one {name}")
        weights[name], used[name] = tensor, variable
    check_shapes(weights)
    inside_decoder = [variable for variable in tensors if not _ELSEWHERE.match(variable)]
    refuse_unused(inside_decoder, used.values(), "Piano Genie's decoder")
    return weights


def check_shapes(weights: Tensors) -> None:
    """Whether canonical weights are Piano Genie's; only the number of units is free.

    Raises:
        ModelError: if one is missing or has another shape.
    """
    units = len(weights["input.bias"]) if "input.bias" in weights and weights["input.bias"].ndim else 0
    expected = {"input.kernel": (INPUTS, units), "input.bias": (units,)}
    for layer in range(LAYERS):
        expected |= {f"layers.{layer}.kernel": (2 * units, 4 * units), f"layers.{layer}.bias": (4 * units,)}
    expected |= {"output.kernel": (units, KEYS), "output.bias": (KEYS,)}
    for name, shape in expected.items():
        if name not in weights:
            raise ModelError(f"{name} is missing, so it is no Piano Genie")
        if weights[name].shape != shape:
            raise ModelError(f"{name} has the shape {weights[name].shape}, and Piano Genie needs {shape}")
    if surplus := sorted(set(weights) - set(expected)):
        raise ModelError(f"Piano Genie has no {surplus[0]}")
