"""What the weights of a recurrent model are called, in a run-time bundle and in TensorFlow's checkpoints.

========================================  =============================================  ====================
run-time bundle                           TensorFlow, after the cell's scope             shape
========================================  =============================================  ====================
layers.N.kernel, .bias                    basic_lstm_cell/kernel, bias                   inputs + H, 4 H; 4 H
layers.N.projection.kernel, .bias         input_projection_wrapper/kernel, bias          inputs, H; H
ATTENTION.input.kernel, .bias             attention_cell_wrapper/kernel, bias            inputs + A, inputs
ATTENTION.memory                          .../attention/attn_w                           A, A
ATTENTION.score                           .../attention/attn_v                           A
ATTENTION.query.kernel, .bias             .../attention/kernel, bias                     all 2 H, A
ATTENTION.output.kernel, .bias            .../attn_output_projection/kernel, bias        A + A, A
output.kernel, .bias                      fully_connected/weights, biases                H, classes
========================================  =============================================  ====================

ATTENTION is ``layers.0.attention`` where the wrapper is around the first layer
(``multi_rnn_cell/cell_0/attention_cell_wrapper``), as Magenta has built its models since 2018, and ``attention`` where
it is around the whole stack (``attention_cell_wrapper/multi_rnn_cell/...``), as in the bundles of 2016 and 2017. A is
the number of units of the last layer that it is around; its query hears the memory, then the output of each of them;
its output projection hears the output of the last, then the attention.

Gates are in TensorFlow's order i, j, f, o, without the forget bias of 1 that is added when they run.

TensorFlow has renamed its variables: until 0.12 ``Linear/Matrix`` and ``Linear/Bias`` in scopes such as
``RNN/AttentionCellWrapper``, in 1.0 ``weights`` and ``biases``; later ``attention_output_projection`` became
``attn_output_projection``. All are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import refuse_unused

Tensors = Mapping[str, NDArray[np.float32]]

FIRST_LAYER, STACK = "layers.0.attention", "attention"
"""Where attention may be: around the first layer, or around all."""

LONGEST_WINDOW = 4096
"""Steps of attention; Magenta's models have 32 and 40."""

_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=Cell)(?=\d)")
_LEAF = r"(?:linear_)?(?P<leaf>kernel|weights|matrix|bias|biases)"
_WRAPPER = r"attention_cell_wrapper_"
_ATTENTION = (
    rf"(?:{_LEAF}|(?P<query>attention_(?:attention_)?(?:linear_)?(?:kernel|weights|matrix|bias|biases))"
    r"|attention_attn_(?P<vector>w|v)"
    r"|(?P<output>(?:attn|attention)_output_projection_(?:linear_)?(?:kernel|weights|matrix|bias|biases)))"
)
_SCOPE = r"(?:(?P<scope>.*?)_)??"
_CELL = re.compile(
    rf"{_SCOPE}(?P<stack>{_WRAPPER})?multi_rnn_cell_cell_(?P<layer>\d{{1,4}})_(?P<projected>input_projection_wrapper_)?"
    rf"(?P<first>{_WRAPPER})?(?:basic_)?lstm_cell_{_LEAF}"
)
_PROJECTION = re.compile(
    rf"{_SCOPE}(?:{_WRAPPER})?multi_rnn_cell_cell_(?P<layer>\d{{1,4}})_input_projection_wrapper_{_LEAF}"
)
_FIRST = re.compile(
    rf"{_SCOPE}multi_rnn_cell_cell_(?P<layer>\d{{1,4}})_(?:input_projection_wrapper_)?{_WRAPPER}{_ATTENTION}"
)
_STACK = re.compile(rf"(?!.*multi_rnn_cell){_SCOPE}{_WRAPPER}{_ATTENTION}")
_OUTPUT = re.compile(rf"(?:.*_)?fully_connected_{_LEAF}")
_LEAVES = {"kernel": "kernel", "weights": "kernel", "matrix": "kernel", "bias": "bias", "biases": "bias"}
_VECTORS = {"w": "memory", "v": "score"}
_VARIABLES = {"memory": "attn_w", "score": "attn_v"}


def canonical_name(variable: str) -> str | None:
    """The run-time name of a variable of a recurrent model; None for what is none, such as an optimizer's slot.

    Slashes and underscores count alike, since dumps for the browser write one for the other; so do the capitals of
    TensorFlow's older names.
    """
    flat = _flat(variable)
    if found := _OUTPUT.fullmatch(flat):
        return f"output.{_LEAVES[found['leaf']]}"
    if found := _CELL.fullmatch(flat):
        return f"layers.{int(found['layer'])}.{_LEAVES[found['leaf']]}"
    if found := _PROJECTION.fullmatch(flat):
        return f"layers.{int(found['layer'])}.projection.{_LEAVES[found['leaf']]}"
    if (found := _FIRST.fullmatch(flat)) and int(found["layer"]) == 0:
        return f"{FIRST_LAYER}.{_part(found)}"
    if found := _STACK.fullmatch(flat):
        return f"{STACK}.{_part(found)}"
    return None


def _flat(variable: str) -> str:
    return _CAPITALS.sub("_", variable.removesuffix(":0")).lower().replace("/", "_")


def _part(found: re.Match[str]) -> str:
    """The part of attention that a name is of."""
    if found["vector"]:
        return _VECTORS[found["vector"]]
    for part in ("query", "output"):
        if found[part]:
            return f"{part}.{_LEAVES[found[part].rpartition('_')[2]]}"
    return f"input.{_LEAVES[found['leaf']]}"


def weights_from(tensors: Tensors, others: Collection[str] = ()) -> dict[str, NDArray[np.float32]]:
    """A recurrent model's weights, out of all variables of a checkpoint.

    Args:
        tensors: the variables.
        others: those of them that are used elsewhere.

    Raises:
        ModelError: if some are missing, do not fit together or are no part of such a model, with the name of the first.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    named: dict[str, str] = {}
    implied: set[str] = set()
    for variable, tensor in tensors.items():
        name = None if variable in others else canonical_name(variable)
        if not name:
            continue
        if name in named:
            raise ModelError(f"{variable} and {named[name]} are both in it, and a model has only one {name}")
        weights[name], named[name] = tensor, variable
        implied |= _implied(variable)
    memory = weights.get(f"{attention_of(weights)}.memory")
    if memory is not None and memory.ndim == 4 and memory.shape[:2] == (1, 1):  # noqa: PLR2004 - a convolution
        weights[f"{attention_of(weights)}.memory"] = memory[0, 0]
    if not layer_count(weights):
        raise ModelError("there is no layer of an LSTM in it, so it is no recurrent model")
    refuse_unused(tensors, [*named.values(), *others], "a recurrent model")
    for name in sorted(implied):
        if name not in weights:
            raise ModelError(
                f"{name} is missing (TensorFlow calls it {_in_tensorflow(name)}); other names say that it is needed"
            )
    check_shapes(weights)
    return weights


def _in_tensorflow(name: str) -> str:
    """What TensorFlow calls a weight, after the cell's scope, for people who look for it."""
    number, _, leaf = name.removeprefix("layers.").partition(".")
    if name.startswith("output."):
        return f"fully_connected/{'weights' if name.endswith('kernel') else 'biases'}"
    if ".attention." not in f".{name}":
        scope = "input_projection_wrapper" if leaf.startswith("projection.") else "basic_lstm_cell"
        return f"cell_{number}/{scope}/{leaf.removeprefix('projection.')}"
    part, _, leaf = name.partition("attention.")[2].rpartition(".")
    scopes = {"input": "", "query": "attention/", "output": "attn_output_projection/", "": "attention/"}
    return f"attention_cell_wrapper/{scopes[part]}{_VARIABLES.get(leaf, leaf)}"


def _implied(variable: str) -> set[str]:
    """What else must be there: a cell's name says what is wrapped around it."""
    found = _CELL.fullmatch(_flat(variable))
    if not found:
        return set()
    first = f"layers.{int(found['layer'])}"
    wrapped = {
        "stack": f"{STACK}.memory",
        "first": f"{first}.attention.memory",
        "projected": f"{first}.projection.kernel",
    }
    return {weight for wrapper, weight in wrapped.items() if found[wrapper]}


def attention_of(weights: Collection[str]) -> str | None:
    """Where attention is, or None if there is none."""
    for where in (FIRST_LAYER, STACK):
        if any(name.startswith(f"{where}.") for name in weights):
            return where
    return None


def layer_count(weights: Tensors) -> int:
    """How many layers there are weights for."""
    return len({name.split(".")[1] for name in weights if name.startswith("layers.")})


def check_shapes(weights: Tensors) -> None:
    """Whether the weights are those of one network.

    Raises:
        ModelError: if a weight is missing, none of its parts, or its shape does not fit its neighbours'.
    """
    if not layer_count(weights):
        raise ModelError("there is no layer of an LSTM in it, so it is no recurrent model")
    check = _ShapeCheck(weights)
    units: list[int] = []
    inputs: int | None = None
    for number in range(layer_count(weights)):
        heard, own = check.layer(f"layers.{number}", units[-1] if units else None)
        inputs = heard if inputs is None else inputs
        units.append(own)
    where = attention_of(weights)
    if where:
        check.attention(where, inputs or 0, units[:1] if where == FIRST_LAYER else units)
    classes = check.shape("output.kernel", (units[-1], None))[1]
    check.shape("output.bias", (classes,))
    check.rest()
    if where == STACK and "layers.0.projection.kernel" in weights:
        raise ModelError(
            "layers.0.projection.kernel: residual layers with attention around the whole stack are unknown"
        )


class _ShapeCheck:
    """Looks up the shapes of weights, and remembers which were asked for."""

    def __init__(self, weights: Tensors) -> None:
        self._weights = weights
        self._asked: set[str] = set()

    def layer(self, layer: str, below: int | None) -> tuple[int, int]:
        """Check one layer over one of ``below`` units.

        Returns:
            How many numbers its cell hears, and its number of units.
        """
        wide, gates = self.shape(f"{layer}.kernel", (None, None))
        units = gates // 4
        if not units or gates != 4 * units or wide <= units:
            raise ModelError(f"{layer}.kernel has the shape {wide} x {gates}, which is none of an LSTM")
        self.shape(f"{layer}.bias", (gates,))
        if f"{layer}.projection.kernel" in self._weights:
            self.shape(f"{layer}.projection.kernel", (below, units))
            self.shape(f"{layer}.projection.bias", (units,))
            below = units
        if below is not None and wide - units != below:
            raise ModelError(f"{layer}.kernel has {wide} rows, and {below} + {units} are needed")
        return wide - units, units

    def attention(self, where: str, inputs: int, units: list[int]) -> None:
        """Check the attention around layers of so many ``units``."""
        size = units[-1]
        self.shape(f"{where}.memory", (size, size))
        self.shape(f"{where}.score", (size,))
        for part, rows, columns in (
            ("input", inputs + size, inputs),
            ("query", 2 * sum(units), size),
            ("output", 2 * size, size),
        ):
            self.shape(f"{where}.{part}.kernel", (rows, columns))
            self.shape(f"{where}.{part}.bias", (columns,))

    def rest(self) -> None:
        """Whether there are weights that nothing asked for."""
        for name in self._weights:
            if name not in self._asked and name.startswith(("layers.", "attention.", "output.")):
                raise ModelError(f"{name} is in it, and no such network has that part")

    def shape(self, name: str, expected: tuple[int | None, ...]) -> tuple[int, ...]:
        """The shape of a weight, of which the numbers in ``expected`` are known.

        Raises:
            ModelError: if the weight is missing or of another shape.
        """
        if name not in self._weights:
            raise ModelError(f"{name} is missing (TensorFlow calls it {_in_tensorflow(name)})")
        self._asked.add(name)
        shape = self._weights[name].shape
        fits = len(shape) == len(expected) and all(
            want in {None, size} for size, want in zip(shape, expected, strict=True)
        )
        if not fits:
            want = " x ".join("any" if size is None else str(size) for size in expected)
            raise ModelError(f"{name} has the shape {' x '.join(map(str, shape))}, and {want} is needed")
        return shape
