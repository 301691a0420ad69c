# pyright: basic, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# TensorFlow and Magenta have no types.
"""Bundles as they were published in 2016 and 2017 are the music that Magenta plays from them, or are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.equality import assert_equal
from fakes.magenta_rnn import MagentaRnn
from fakes.magenta_stack import (
    NAMES,
    NEW,
    OLD,
    MagentaBundle,
    dropping,
    layers_of,
    stack_cell,
    wrapped_cell,
    write_bundle_of,
)
from fakes.recipes import recipe
from reverie.compose.engines.by_family import make_engine
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import read_model_file
from reverie.models.recurrent.model import RecurrentModel

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]


def plays_as_magenta(path: Path, config: str, seed: int) -> dict[str, Any]:
    """Whether 300 steps have Magenta's chances, and 400 its events; the settings that were read."""
    imported = import_model(path, path.parent)
    magenta = MagentaBundle(path, config)
    try:
        assert_equal(magenta, RecurrentModel(read_bundle(imported.path)), seed, 400)
    finally:
        magenta.close()
    return dict(imported.card.settings)


@pytest.mark.parametrize(
    ("version", "config", "sizes", "window"),
    [
        ("TensorFlow 0.12", "drum_kit", [48, 48, 48], 32),
        ("TensorFlow 0.12", "attention_rnn", [40, 40], 40),
        ("TensorFlow 1.0", "lookback_rnn", [24, 40, 32], 7),
        ("TensorFlow 1.2", "drum_kit", [32, 32, 32], 32),
        ("TensorFlow 1.2", "attention_rnn", [40, 40], 40),
    ],
)
def test_attention_around_the_whole_stack_is_played_as_magenta_plays_it(
    version: str, config: str, sizes: list[int], window: int, tmp_path: Path
) -> None:
    weights = write_bundle_of(tmp_path / "old.mag", config, lambda: stack_cell(NAMES[version], sizes, window))
    assert plays_as_magenta(tmp_path / "old.mag", config, 5) == {"attention": "stack", "attention_length": window}
    kept = read_bundle(tmp_path / "old.safetensors").weights
    assert sum(map(np.size, kept.values())) == sum(map(np.size, weights.values()))


@pytest.mark.parametrize(
    ("config", "sizes", "window"), [("chord_pitches_improv", [32, 24], 12), ("polyphony", [32], 5)]
)
def test_so_is_magentas_own_wrapper_around_the_whole_stack(
    config: str, sizes: list[int], window: int, tmp_path: Path
) -> None:
    write_bundle_of(tmp_path / "wrapped.mag", config, lambda: wrapped_cell(sizes, window))
    assert plays_as_magenta(tmp_path / "wrapped.mag", config, 6)["attention_length"] == window


@pytest.mark.parametrize("bias", [0.0, 2.5])
def test_another_forget_bias_is_read_off_the_graph(bias: float, tmp_path: Path) -> None:
    write_bundle_of(tmp_path / "plain.mag", "basic_rnn", lambda: layers_of("basic", [24, 24], forget_bias=bias))
    assert plays_as_magenta(tmp_path / "plain.mag", "basic_rnn", 7) == {}
    (tmp_path / "stack").mkdir()
    old = tmp_path / "stack" / "old.mag"
    write_bundle_of(old, "drum_kit", lambda: stack_cell(OLD, [24, 24], 6, bias))
    assert plays_as_magenta(old, "drum_kit", 8)["attention_length"] == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers_of("gru", [16, 16]), "no layer of an LSTM"),
        (lambda: layers_of("lstm", [16, 16], use_peepholes=True), r"cell_0/lstm_cell/w_[fio]_diag and 5 more"),
        (lambda: layers_of("lstm", [16, 16], num_proj=16), r"cell_0/lstm_cell/projection/kernel and 1 more"),
        (lambda: layers_of("basic", [16, 16], activation=abs), "the gates of its cell at .* are not"),
        (lambda: dropping([16, 16], 0.5), "chance, such as dropout, at .*/dropout/"),
    ],
)
def test_what_is_not_played_is_refused_and_not_dropped(make: Any, message: str, tmp_path: Path) -> None:
    write_bundle_of(tmp_path / "odd.mag", "basic_rnn", make)
    with pytest.raises(ModelError, match=message):
        import_model(tmp_path / "odd.mag", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def graph_moved(to: Path, source: Path) -> Path:
    """A bundle with the graph of another."""
    from note_seq.protobuf import generator_pb2

    bundles = [generator_pb2.GeneratorBundle.FromString(path.read_bytes()) for path in (to, source)]
    bundles[0].metagraph_file = bundles[1].metagraph_file
    to.write_bytes(bundles[0].SerializeToString())
    return to


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (lambda: stack_cell(NEW, [20, 20], 9), "another model: .* has the shape .* and there"),
        (lambda: layers_of("basic", [16, 16]), "another model: it has no variable rnn/attention_cell_wrapper/"),
        (lambda: stack_cell(OLD, [16, 16], 7), "another model: it has no variable rnn/attention_cell_wrapper/"),
    ],
)
def test_a_graph_of_another_model_does_not_tell_the_window(there: Any, message: str, tmp_path: Path) -> None:
    paths = tmp_path / "one" / "one.mag", tmp_path / "other" / "other.mag"
    for path, make in zip(paths, (lambda: stack_cell(NEW, [16, 16], 7), there), strict=True):
        path.parent.mkdir()
        write_bundle_of(path, "basic_rnn", make)
    with pytest.raises(ModelError, match=message):
        import_model(graph_moved(*paths), tmp_path / "models")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("name", ["style_embedding", "style_learning_rate", "style/Adam"])
def test_a_trained_variable_is_not_dropped_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    def make() -> Any:
        import reverie.magenta  # noqa: F401, I001 - makes the others importable
        import tensorflow.compat.v1 as tf

        tf.get_variable(name, [7, 3])
        return stack_cell(NEW, [16, 16], 7)

    write_bundle_of(tmp_path / "odd.mag", "basic_rnn", make)
    with pytest.raises(ModelError, match=f"{name}"):
        import_model(tmp_path / "odd.mag", tmp_path / "models")


def test_a_checkpoint_has_its_window_in_the_graph_beside_it(tmp_path: Path) -> None:
    magenta = MagentaRnn("attention_rnn", rnn_layer_sizes=[16, 16], attn_length=9)
    magenta.write_bundle(tmp_path / "model.mag")
    magenta.close()
    name = tmp_path / "checkpoint" / "model.ckpt"
    one = import_model(tmp_path / "model.mag", tmp_path)
    other = import_model(name, tmp_path, ImportRequest(name="other", config="attention_rnn"))
    assert one.card.settings == other.card.settings == {"attention_length": 9}
    assert one.card.weights == other.card.weights
    name.with_name("model.ckpt.meta").unlink()
    with pytest.raises(ModelError, match="give --set attention_length=N"):
        import_model(name, tmp_path, ImportRequest(name="third", config="attention_rnn"))


@pytest.mark.parametrize("config", ["drum_kit", "attention_rnn"])
def test_the_composer_that_runs_magenta_itself_plays_it_too(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bundle_of(tmp_path / "stack.mag", config, lambda: stack_cell(OLD, [24, 20], 8))
    model = read_model_file(import_model(tmp_path / "stack.mag", tmp_path).path)
    engines = [make_engine(name) for name in ("numpy", "magenta")]
    monkeypatch.setattr(np.random, "default_rng", np.random.RandomState)  # which Magenta draws from
    for engine in engines:
        engine.load(model)
    for seed in range(4):
        asked = recipe(kind=model.kinds[0], model=model.name, model_hash=model.sha256, seed=seed)
        ours, theirs = (engine.generate(asked)[0].notes for engine in engines)
        assert ours == theirs


def test_a_checkpoint_in_training_has_its_window_and_its_gates_in_the_graph_beside_it(tmp_path: Path) -> None:
    """With slots of an optimizer, gradients and dropout, none of which is played."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf
    from magenta.models.shared import events_rnn_graph

    with tf.Graph().as_default(), tf.Session() as session:
        cell = events_rnn_graph.make_rnn_cell([16, 16], dropout_keep_prob=0.5, attn_length=11)
        inputs = tf.placeholder(tf.float32, [2, None, 38])
        outputs, _ = tf.nn.dynamic_rnn(cell, inputs, initial_state=cell.zero_state(2, tf.float32), swap_memory=True)
        logits = tf_slim_linear(outputs)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=inputs, logits=logits))
        step = tf.train.get_or_create_global_step()
        train = tf.train.AdamOptimizer(1e-3).minimize(loss, global_step=step)
        session.run(tf.global_variables_initializer())
        session.run(train, {inputs: np.eye(38, dtype=np.float32)[None, :6].repeat(2, 0)})
        trained = {variable.op.name: session.run(variable) for variable in tf.trainable_variables()}
        tf.train.Saver().save(session, str(tmp_path / "run" / "model.ckpt"), global_step=step)
    imported = import_model(tmp_path / "run", tmp_path, ImportRequest(config="basic_rnn"))
    assert imported.card.settings == {"attention_length": 11}
    kept = read_bundle(imported.path).weights
    assert sum(map(np.size, kept.values())) == sum(map(np.size, trained.values()))


def tf_slim_linear(outputs: Any) -> Any:
    """The classes of each step, as Magenta's graphs make them."""
    import tensorflow.compat.v1 as tf
    import tf_slim

    return tf.reshape(tf_slim.layers.linear(tf.reshape(outputs, [-1, 16]), 38), [2, -1, 38])
