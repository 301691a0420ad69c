"""What TensorFlow's graph shows and weights do not: the window of attention, and what cells do with their gates.

Source: TensorFlow's ``meta_graph.proto``, ``graph.proto``, ``node_def.proto``, ``attr_value.proto``, ``tensor.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reverie.models.errors import ModelError
from reverie.models.library.formats.protobuf import DAMAGED, Message, as_text

_GRAPH, _COLLECTIONS = 2, 4
_SPLITS = frozenset({"Split", "SplitV"})
_SQUASHES = frozenset({"Sigmoid", "Tanh", "Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "Add", "AddV2"})
_GATES = 4
_FORGET = 2
_LONGEST_WINDOW = 100_000
_FARTHEST = 4
"""Through how many nodes that change nothing a constant may come."""
_DIGITS = 4
_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})
_TRAINED = "trainable_variables"

_STRANGE = {
    **dict.fromkeys(("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign"), "another activation"),
    **dict.fromkeys(("Rsqrt", "SquaredDifference", "FusedBatchNorm", "FusedBatchNormV3"), "layers that are normalized"),
    **dict.fromkeys(("RandomUniform", "RandomStandardNormal", "TruncatedNormal"), "chance, such as dropout,"),
}
"""Operations that no model of Magenta's has on the way to its chances, and what they are a sign of."""


@dataclass(slots=True)
class _Node:
    """An operation: its kind and name, what it hears, and its attributes."""

    kind: str
    name: str
    inputs: tuple[tuple[str, int], ...]
    attributes: Mapping[str, Message]
    heard_by: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Which of its outputs is heard by which node."""


class MetaGraph:
    """The graph of a model."""

    def __init__(self, data: bytes | memoryview) -> None:
        """Read a serialized ``MetaGraphDef``.

        Raises:
            ModelError: if it is damaged.
        """
        message = Message(data)
        self._nodes = {node.name: node for node in map(_node, message.message(_GRAPH).messages(1))}
        self._collections = {entry.text(1): entry.message(2) for entry in message.messages(_COLLECTIONS)}
        for name, node in self._nodes.items():
            for source, output in node.inputs:
                if source in self._nodes:
                    self._nodes[source].heard_by.append((output, name))

    @property
    def settings(self) -> dict[str, int | float]:
        """What an importer needs: ``attention_length`` and ``forget_bias``, as far as the graph shows them.

        Raises:
            ModelError: if its cells are none that are played here.
        """
        settings: dict[str, int | float] = {}
        if window := self._window():
            settings["attention_length"] = window
        biases = {bias for node in self._nodes.values() if (bias := self._forget_bias(node)) is not None}
        if len(biases) > 1:
            raise ModelError(f"its cells add different forget biases ({', '.join(map(str, sorted(biases)))})")
        if biases:
            settings["forget_bias"] = biases.pop()
        return settings

    def check_weights(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Whether these are the weights of this graph: what is read off it would be said of others otherwise.

        Args:
            shapes: the variables that were read, without averages.

        Raises:
            ModelError: if one has another shape here, is unknown here, or is trained here and was not read.
        """
        known = {name: shape for node in self._nodes.values() if node.kind in _VARIABLES for name, shape in _held(node)}
        for name, shape in sorted(shapes.items()):
            if known and name not in known:
                raise ModelError(f"its graph is that of another model: it has no variable {name}")
            if known.get(name, shape) != shape:
                there, here = (" x ".join(map(str, sizes)) for sizes in (shape, known[name]))
                raise ModelError(f"its graph is that of another model: {name} has the shape {there}, and there {here}")
        for name in self._trained():
            if name in known and name not in shapes:
                raise ModelError(f"its graph trains {name}, which is not among the weights that can be read")

    def _trained(self) -> list[str]:
        if _TRAINED not in self._collections:
            return []
        listed = self._collections[_TRAINED].message(2).all_data(1)
        return [Message(variable).text(1).partition(":")[0] for variable in listed]

    def check_played(self) -> None:
        """Whether nothing stands between a model's inputs and its chances that is not played here.

        Raises:
            ModelError: if something does.
        """
        names = self._collected("softmax")
        seen = set(names)
        while names:
            node = self._nodes.get(names.pop())
            if node is None:
                continue
            if node.kind in _STRANGE:
                raise ModelError(f"its graph has {_STRANGE[node.kind]} at {node.name}, which is not played here")
            new = {source for source, _ in node.inputs} - seen
            seen |= new
            names += new

    def _collected(self, collection: str) -> list[str]:
        if collection not in self._collections:
            return []
        listed = self._collections[collection].message(1).all_data(1)
        return [as_text(name).partition(":")[0] for name in listed]

    def _window(self) -> int | None:
        """Over how many steps attention looks back: the height of what its convolution of one by one hears."""
        heights = {
            height
            for node in self._nodes.values()
            if node.kind == "Conv2D" and "attention" in node.name.lower()
            for height in [self._height(node)]
            if height
        }
        return heights.pop() if len(heights) == 1 else None

    def _height(self, node: _Node) -> int | None:
        shapes = [node.attributes["_output_shapes"].message(1)] if "_output_shapes" in node.attributes else []
        for listed in shapes:
            for shape in listed.messages(7):
                sizes = [size.number(1) for size in shape.messages(2)]
                if len(sizes) == 4 and 0 < sizes[1] < _LONGEST_WINDOW:  # noqa: PLR2004 - batch, steps, one, units
                    return sizes[1]
        return None

    def _forget_bias(self, node: _Node) -> float | None:
        """What a cell adds to its forget gate, if a node parts a cell's gates.

        Raises:
            ModelError: if the gates are in another order than TensorFlow's i, j, f, o, or squashed otherwise.
        """
        if node.kind not in _SPLITS or self._parts(node) not in (None, _GATES):
            return None
        heard: list[set[str]] = [set() for _ in range(_GATES)]
        for output, name in node.heard_by:
            if output >= _GATES:
                return None
            if self._nodes[name].kind in _SQUASHES:
                heard[output].add(name)
        kinds = [{self._nodes[name].kind for name in names} for names in heard]
        if not any("Sigmoid" in kind for kind in kinds):
            return None
        forget, bias = kinds[_FORGET], 0.0
        if forget & {"Add", "AddV2"}:
            [name, *_] = sorted(name for name in heard[_FORGET] if self._nodes[name].kind in {"Add", "AddV2"})
            forget = {self._nodes[later].kind for _, later in self._nodes[name].heard_by} & _SQUASHES
            bias = self._constant(self._nodes[name], node.name)
        if [kinds[0], kinds[1], forget, kinds[3]] != [{"Sigmoid"}, {"Tanh"}, {"Sigmoid"}, {"Sigmoid"}]:
            raise ModelError(
                f"the gates of its cell at {node.name} are not TensorFlow's i, j, f, o, so it is not played"
            )
        return bias

    @staticmethod
    def _parts(node: _Node) -> int | None:
        """Into how many parts it says that it divides: a NADE's biases are two, the gates of a cell four."""
        if "_output_shapes" not in node.attributes:
            return None
        return len(list(node.attributes["_output_shapes"].message(1).messages(7)))

    def _constant(self, add: _Node, other: str) -> float:
        for source, _ in add.inputs:
            node = self._nodes.get(source)
            for _ in range(_FARTHEST):
                if node is not None and node.kind in {"Enter", "RefEnter", "Identity"} and node.inputs:
                    node = self._nodes.get(node.inputs[0][0])
            if source != other and node is not None and node.kind == "Const" and "value" in node.attributes:
                return _scalar(node.attributes["value"].message(8))
        raise ModelError(f"what is added to the forget gate at {add.name} is no constant, so it is not played")


def _node(message: Message) -> _Node:
    inputs: list[tuple[str, int]] = []
    for data in message.all_data(3):
        text = as_text(data)
        if not text.startswith("^"):  # what only has to be done before
            name, _, output = text.partition(":")
            inputs.append((name, int(output) if output.isdecimal() and len(output) <= _DIGITS else 0))
    return _Node(message.text(2), message.text(1), tuple(inputs), dict(_attributes(message)))


def _attributes(message: Message) -> Iterator[tuple[str, Message]]:
    for entry in message.messages(5):
        name = entry.text(1)
        if name in {"_output_shapes", "shape", "value"}:
            yield name, entry.message(2)


def _held(node: _Node) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A variable and its shape, if that is known."""
    if "shape" in node.attributes:
        shape = node.attributes["shape"].message(7)
        if not shape.number(3):
            yield node.name, tuple(size.number(1) for size in shape.messages(2))


def _scalar(tensor: Message) -> float:
    """A float32 in either of the places where a tensor may keep one."""
    if content := tensor.data(4):
        if len(content) != 4:  # noqa: PLR2004 - bytes
            raise ModelError(DAMAGED)
        return float(struct.unpack("<f", content)[0])
    if 5 not in tensor:  # noqa: PLR2004 - the field float_val
        return 0.0
    try:
        packed = bytes(tensor.data(5))
    except ModelError:  # written one by one
        packed = (tensor.number(5) & 0xFFFFFFFF).to_bytes(4, "little")
    if len(packed) != 4:  # noqa: PLR2004 - bytes
        raise ModelError(DAMAGED)
    return float(struct.unpack("<f", packed)[0])
