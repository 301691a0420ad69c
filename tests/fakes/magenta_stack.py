# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Bundles as Magenta wrote them in 2016 and 2017: attention around the whole stack, under the names of that time.

Magenta 2.1.4 plays such a bundle by the graph that is in it, and so is the reference for it.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from unittest import mock

from fakes.magenta_rnn import MagentaRnn, configs

NEW = {
    "input": "rnn/attention_cell_wrapper/{}",
    "cell": "rnn/attention_cell_wrapper/multi_rnn_cell/cell_{}/basic_lstm_cell/{}",
    "memory": "rnn/attention_cell_wrapper/attention/attn_w",
    "score": "rnn/attention_cell_wrapper/attention/attn_v",
    "query": "rnn/attention_cell_wrapper/attention/{}",
    "output": "rnn/attention_cell_wrapper/attention_output_projection/{}",
    "leaves": ("kernel", "bias"),
}
MIDDLE = {
    name: pattern.replace("attention_output", "attn_output") if isinstance(pattern, str) else ("weights", "biases")
    for name, pattern in NEW.items()
}
OLD = {
    "input": "RNN/AttentionCellWrapper/Linear/{}",
    "cell": "RNN/AttentionCellWrapper/MultiRNNCell/Cell{}/BasicLSTMCell/Linear/{}",
    "memory": "RNN/AttentionCellWrapper/Attention/AttnW",
    "score": "RNN/AttentionCellWrapper/Attention/AttnV",
    "query": "RNN/AttentionCellWrapper/Attention/Linear/{}",
    "output": "RNN/AttentionCellWrapper/AttnOutputProjection/Linear/{}",
    "leaves": ("Matrix", "Bias"),
}
NAMES = {"TensorFlow 0.12": OLD, "TensorFlow 1.0": MIDDLE, "TensorFlow 1.2": NEW}
"""What the variables are called in which version."""


def stack_cell(names: dict[str, Any], sizes: list[int], window: int, forget_bias: float = 1.0) -> Any:
    """A cell with attention around all of its layers, whose state is one vector, written out as TensorFlow 1 code."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    units = sizes[-1]

    def variable(name: str, shape: list[int]) -> Any:
        with tf.variable_scope(tf.VariableScope(reuse=tf.AUTO_REUSE, name=""), auxiliary_name_scope=False):
            return tf.get_variable(name, shape)

    def linear(name: str, inputs: list[Any], columns: int) -> Any:
        rows = sum(int(part.shape[1]) for part in inputs)
        kernel, bias = (name.format(*leaf) for leaf in zip(names["leaves"], strict=True))
        product = tf.matmul(tf.concat(inputs, 1), variable(kernel, [rows, columns]))
        return tf.nn.bias_add(product, variable(bias, [columns]))

    class Cell(tf.nn.rnn_cell.RNNCell):
        @property
        def state_size(self) -> int:
            return 2 * sum(sizes) + units + units * window

        @property
        def output_size(self) -> int:
            return units

        def zero_state(self, batch_size: int, dtype: Any) -> Any:
            return tf.zeros([batch_size, self.state_size], dtype)

        def __call__(self, inputs: Any, state: Any, scope: Any = None) -> tuple[Any, Any]:
            parts = tf.split(state, [size for size in sizes for _ in "ch"] + [units, units * window], 1)
            outputs = tf.reshape(parts[-1], [-1, window, 1, units])
            x = linear(names["input"], [inputs, parts[-2]], int(inputs.shape[1]))
            memories = []
            for number, size in enumerate(sizes):
                cell, hidden = parts[2 * number], parts[2 * number + 1]
                gates = linear(names["cell"].replace("{}", str(number), 1), [x, hidden], 4 * size)
                i, j, f, o = tf.split(gates, 4, 1)
                cell = cell * tf.sigmoid(f + forget_bias) + tf.sigmoid(i) * tf.tanh(j)
                x = tf.tanh(cell) * tf.sigmoid(o)
                memories += [cell, x]
            with tf.name_scope("attention"):
                features = tf.nn.conv2d(outputs, variable(names["memory"], [1, 1, units, units]), [1, 1, 1, 1], "SAME")
            query = tf.reshape(linear(names["query"], memories, units), [-1, 1, 1, units])
            score = tf.reduce_sum(variable(names["score"], [units]) * tf.tanh(features + query), [2, 3])
            weighed = tf.reshape(tf.nn.softmax(score), [-1, window, 1, 1]) * outputs
            attention = tf.reshape(tf.reduce_sum(weighed, [1, 2]), [-1, units])
            output = linear(names["output"], [x, attention], units)
            later = tf.concat([tf.reshape(outputs, [-1, window, units])[:, 1:], tf.expand_dims(output, 1)], 1)
            return output, tf.concat([*memories, attention, tf.reshape(later, [-1, window * units])], 1)

    return Cell()


def wrapped_cell(sizes: list[int], window: int) -> Any:
    """Magenta's own wrapper around a whole stack, whose state is a tuple."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf
    from magenta.contrib import rnn

    cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(size) for size in sizes])
    return rnn.AttentionCellWrapper(cells, window, state_is_tuple=True)


def write_bundle_of(path: Path, config: str, make_cell: Any) -> dict[str, Any]:
    """Write a bundle of a model made of such a cell with random weights, by Magenta's own programs.

    Returns:
        The weights by their names.
    """
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    from magenta.models.shared import events_rnn_graph

    def make(*_: Any, **__: Any) -> Any:
        return make_cell()

    with mock.patch.object(events_rnn_graph, "make_rnn_cell", make):
        magenta = MagentaRnn(config)
        try:
            magenta.write_bundle(path)
        finally:
            magenta.close()
    return magenta.weights


def layers_of(cell: Any, sizes: list[int], **options: Any) -> Any:
    """A plain stack of TensorFlow's cells of some kind."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    kinds = {"basic": tf.nn.rnn_cell.BasicLSTMCell, "gru": tf.nn.rnn_cell.GRUCell, "lstm": tf.nn.rnn_cell.LSTMCell}
    return tf.nn.rnn_cell.MultiRNNCell([kinds[cell](size, **options) for size in sizes])


def dropping(sizes: list[int], keep: float) -> Any:
    """A stack that drops out at random while it plays, as one that was exported by mistake from training."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    return tf.nn.rnn_cell.DropoutWrapper(layers_of("basic", sizes), output_keep_prob=keep)


class MagentaBundle(MagentaRnn):
    """A bundle in Magenta's own generator, which plays it by the graph that is in it."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        original, self._model, self._generator = configs()[name]
        from magenta.models.shared import sequence_generator_bundle

        self.config = copy.deepcopy(original)
        bundle = sequence_generator_bundle.read_bundle_file(str(path))
        model = self._model(self.config)
        extra = {} if self._needs_no_steps else {"steps_per_quarter": self.config.steps_per_quarter}
        generator = self._generator(model, self.config.details, bundle=bundle, **extra)
        generator.initialize()
        self.session = model._session
        self.graph = self.session.graph
        self._inputs = self.graph.get_collection("inputs")[0]
        self._temperature = self.graph.get_collection("temperature")[0]
        softmax = self.graph.get_collection("softmax")[0]
        self._softmax = softmax if isinstance(softmax, list) else [softmax]
        self._initial = self.graph.get_collection("initial_state")
        self._final = self.graph.get_collection("final_state")
        self.state = self.session.run(self._initial)
