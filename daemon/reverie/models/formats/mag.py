"""Magenta's bundles, ``.mag``: a checkpoint of version 1, the graph it belongs to, and which generator wrote both.

Source: ``note_seq/protobuf/generator.proto`` in note_seq 0.0.5; TensorFlow's ``meta_graph.proto``, ``graph.proto``.
"""

from __future__ import annotations

from reverie.models.errors import ModelError
from reverie.models.formats.checkpoint import weights_in_tables
from reverie.models.formats.source import Source, Tensors
from reverie.models.formats.wire import Message, as_text

_INITIAL_STATE = "initial_state"
_OUTPUT_SHAPES = "_output_shapes"


def read_mag(data: bytes) -> Source:
    """A model out of a Magenta bundle.

    Raises:
        ModelError: if it is none, or damaged.
    """
    bundle = Message(data)
    checkpoints = bundle.all_data(2)
    config = bundle.message(1).text(1)
    if len(checkpoints) != 1 or not config:
        raise ModelError("is no bundle of Magenta's, or cut off")
    tensors = weights_in_tables(checkpoints)
    description = bundle.message(4).text(1)
    return Source(
        format="Magenta bundle",
        tensors=tensors,
        config=config,
        settings=_settings(bundle.message(3), tensors),
        facts={"description": description} if description else {},
    )


def _settings(metagraph: Message, tensors: Tensors) -> dict[str, int]:
    """What a graph shows and weights do not: over how many steps attention looks back.

    The state of an attention cell ends in the window, its units times its length wide, which is wider than all else.
    """
    units = next((tensor.size for name, tensor in tensors.items() if name.endswith(("attention/attn_v", "AttnV"))), 0)
    widest = max(_state_widths(metagraph), default=0)
    if not units or widest % units:
        return {}
    return {"attention_length": widest // units} if widest else {}


def _state_widths(metagraph: Message) -> list[int]:
    names: set[str] = set()
    for entry in metagraph.messages(4):
        if entry.text(1) == _INITIAL_STATE:
            names = {as_text(name).partition(":")[0] for name in entry.message(2).message(1).all_data(1)}
    widths: list[int] = []
    for node in metagraph.message(2).messages(1):
        if node.text(1) in names:
            for attribute in node.messages(5):
                if attribute.text(1) == _OUTPUT_SHAPES:
                    shapes = attribute.message(2).message(1).messages(7)
                    widths += [shape.messages(2)[-1].number(1) for shape in shapes if shape.messages(2)]
    return widths
