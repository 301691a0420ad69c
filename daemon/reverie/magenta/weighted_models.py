# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Run-time bundles as models of Magenta's: its own graph, with the bundle's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow.compat.v1 as tf
from magenta.contrib import rnn as magenta_cells
from magenta.models.shared import events_rnn_graph

from reverie.magenta.families import Family
from reverie.models.library.bundle import Bundle
from reverie.models.recurrent.weights import STACK, attention_of, canonical_name, layer_count


def hparams_of(bundle: Bundle) -> dict[str, Any]:
    """What Magenta has to know to build a graph of the weights' shape."""
    layers = range(layer_count(bundle.weights))
    return {
        "batch_size": 1,
        "rnn_layer_sizes": [len(bundle.weights[f"layers.{number}.bias"]) // 4 for number in layers],
        "attn_length": int(bundle.card.settings.get("attention_length", 0)),
        "residual_connections": "layers.0.projection.kernel" in bundle.weights,
    }


def weighted_generator(family: Family, config: Any, bundle: Bundle, name: str) -> Any:
    """Magenta's generator for a configuration, which has the bundle's weights and reads no file.

    Args:
        family: which has the configuration.
        config: with :func:`hparams_of` the bundle.
        bundle: of that configuration.
        name: what the generator calls the file that it does not read.
    """
    magenta = family.model(config)
    magenta._session = _session(magenta, bundle)  # noqa: SLF001 - it could only read it from a checkpoint
    generator = family.generator_of(config, name, magenta)
    generator._initialized = True  # noqa: SLF001 - likewise
    return generator


def _session(magenta: Any, bundle: Bundle) -> Any:
    """The model's graph with the bundle's weights."""
    with tf.Graph().as_default(), _wired(bundle):
        magenta._build_graph_for_generation()  # noqa: SLF001 - Magenta calls it where it reads a checkpoint
        session = tf.Session()
        for variable in tf.global_variables():
            weight = bundle.weights[str(canonical_name(variable.op.name))]
            variable.load(weight.reshape(variable.shape.as_list()), session)
        return session


@contextmanager
def _wired(bundle: Bundle) -> Iterator[None]:
    """Let Magenta build a graph of the bundle's wiring: today it puts attention around the first layer only."""
    if attention_of(bundle.weights) != STACK:
        yield
        return

    def stack(sizes: Sequence[int], attn_length: int, **_: Any) -> Any:
        cells = [tf.nn.rnn_cell.BasicLSTMCell(size) for size in sizes]
        return magenta_cells.AttentionCellWrapper(tf.nn.rnn_cell.MultiRNNCell(cells), attn_length, state_is_tuple=True)

    before = events_rnn_graph.make_rnn_cell
    events_rnn_graph.make_rnn_cell = stack
    try:
        yield
    finally:
        events_rnn_graph.make_rnn_cell = before
