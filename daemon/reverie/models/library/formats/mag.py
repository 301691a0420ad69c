"""Magenta's bundles, ``.mag``: a checkpoint of version 1, the graph it belongs to, and which generator wrote both.

Source: ``note_seq/protobuf/generator.proto`` in note_seq 0.0.5.
"""

from __future__ import annotations

from reverie.models.errors import ModelError
from reverie.models.library.formats.checkpoint import weights_in_tables
from reverie.models.library.formats.protobuf import Message
from reverie.models.library.formats.tensors import ForeignModel

MAGENTA_BUNDLE = "Magenta bundle"
"""What this format is called for people, and on model cards."""


def read_mag(data: bytes) -> ForeignModel:
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
    return ForeignModel(
        format=MAGENTA_BUNDLE,
        tensors=tensors,
        config=config,
        facts={"description": description} if description else {},
        graph=bundle.data(3),
    )
