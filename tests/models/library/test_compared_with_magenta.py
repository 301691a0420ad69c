# pyright: basic, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# TensorFlow and Magenta have no types.
"""A bundle's own graph, run by Magenta's TensorFlow, confirms what was read of it, or the bundle is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.magenta_rnn import MagentaRnn
from fakes.magenta_stack import OLD, layers_of, stack_cell, wrapped_cell, write_bundle_of
from reverie.cli.main import main
from reverie.models.errors import ModelError
from reverie.models.library.importing import Imported, ImportRequest, import_model

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]

SIZES = [24, 16]


def written(config: str, folder: Path, **hparams: Any) -> Path:
    magenta = MagentaRnn(config, **{"rnn_layer_sizes": SIZES, **hparams})
    try:
        magenta.write_bundle(folder / "model.mag")
    finally:
        magenta.close()
    return folder / "model.mag"


def imported(path: Path) -> Imported:
    return import_model(path, path.parent / "models", ImportRequest(compare=True))


@pytest.mark.parametrize(
    "config",
    [
        "drum_kit",
        "lookback_rnn",
        "attention_rnn",
        "chord_pitches_improv",
        "attention_improv",
        "polyphony",
        "performance",
        "performance_with_dynamics_compact",
        "performance_with_dynamics_and_modulo_encoding",
        "multiconditioned_performance_with_dynamics",
        "optional_multiconditioned_performance_with_dynamics",
    ],
)
def test_a_bundle_is_what_magenta_plays(config: str, tmp_path: Path) -> None:
    found = imported(written(config, tmp_path))
    assert not found.notes
    assert found.compared is not None
    assert 0 < found.compared.apart <= 1e-5
    assert found.compared.steps == 200


def test_a_graph_that_plays_several_passages_at_a_time_is_asked_for_one(tmp_path: Path) -> None:
    magenta = MagentaRnn("drum_kit", rnn_layer_sizes=SIZES, residual_connections=True)
    try:
        magenta.write_bundle(tmp_path / "model.mag", batch_size=3, residual_connections=True)
    finally:
        magenta.close()
    found = imported(tmp_path / "model.mag").compared
    assert found is not None
    assert 0 < found.apart <= 1e-5


@pytest.mark.parametrize(
    "make",
    [lambda: stack_cell(OLD, SIZES, 6), lambda: wrapped_cell(SIZES, 9), lambda: layers_of("basic", SIZES)],
    ids=["attention around the stack, of 2016", "attention around the stack", "another forget bias"],
)
def test_so_is_one_of_2016(make: Any, tmp_path: Path) -> None:
    write_bundle_of(tmp_path / "old.mag", "drum_kit", make)
    found = imported(tmp_path / "old.mag").compared
    assert found is not None
    assert 0 < found.apart <= 1e-5


def _of_a_cell(change: Any) -> Any:
    """Two layers, the second of which is wired as ``change`` says."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    class Cell(tf.nn.rnn_cell.BasicLSTMCell):
        def call(self, inputs: Any, state: Any) -> Any:
            return change(tf, inputs, *super().call(inputs, state))

    return tf.nn.rnn_cell.MultiRNNCell([Cell(20, name="basic_lstm_cell") for _ in range(2)])


def _biased_before_the_gates_part() -> Any:
    """A forget bias that is added where no reader looks for it."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import numpy as np
    import tensorflow.compat.v1 as tf

    class Cell(tf.nn.rnn_cell.BasicLSTMCell):
        def build(self, shape: Any) -> None:
            super().build(shape)
            self._bias = self._bias + np.repeat(np.array([0, 0, 0.5, 0], np.float32), 20)

    return tf.nn.rnn_cell.MultiRNNCell([Cell(20, name="basic_lstm_cell") for _ in range(2)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: _of_a_cell(lambda tf, heard, said, state: (0.9 * said, state)),
        lambda: _of_a_cell(lambda tf, heard, said, state: (said + tf.pad(heard, [[0, 0], [0, 20]])[:, :20], state)),
        _biased_before_the_gates_part,
    ],
    ids=["outputs are scaled", "inputs are added", "another forget bias"],
)
def test_one_that_magenta_plays_otherwise_is_refused(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "odd.mag"
    write_bundle_of(path, "basic_rnn", make)
    assert import_model(path, tmp_path / "unasked").path.exists()  # nothing else sees it
    with pytest.raises(
        ModelError, match=r"odd\.mag: the graph in it plays other music .* by 0\.\d+ at step \d+ of 200"
    ):
        imported(path)
    assert not (tmp_path / "models").exists()


def test_the_command_says_how_near_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written("performance_with_dynamics", tmp_path)
    command = ["models", "import", str(path), "--to", str(tmp_path / "models")]
    assert main(command) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("It was compared with Magenta's own graph over 200 steps: chances differ by ")
    assert main([*command, "--replace", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["compared"]["steps"] == 200
    assert 0 < answer["compared"]["apart"] <= 1e-5
    assert answer["notes"] == []


def graph_changed(path: Path, change: Any) -> Path:
    """The bundle with its graph changed."""
    import tensorflow.compat.v1 as tf
    from note_seq.protobuf import generator_pb2

    bundle = generator_pb2.GeneratorBundle.FromString(path.read_bytes())
    meta = tf.MetaGraphDef.FromString(bundle.metagraph_file)
    change(meta)
    bundle.metagraph_file = meta.SerializeToString()
    path.write_bytes(bundle.SerializeToString())
    return path


def _writes_a_file(meta: Any) -> None:
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default() as graph:
        tf.io.write_file("/dev/null", "text", name="evil")
    meta.graph_def.node.extend(graph.as_graph_def().node)


def _saves_while_it_plays(meta: Any) -> None:
    [name] = [name.split(":")[0] for name in meta.collection_def["softmax"].node_list.value]
    saves = next(node.name for node in meta.graph_def.node if node.op in {"SaveV2", "SaveSlices"})
    next(node for node in meta.graph_def.node if node.name == name).input.append(f"^{saves}")


def _has_no_chances(meta: Any) -> None:
    del meta.collection_def["softmax"]


def _is_broken(meta: Any) -> None:
    next(node for node in meta.graph_def.node if node.op == "BiasAdd").input[0] = "nowhere"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_writes_a_file, "its graph runs WriteFile, which no graph of Magenta's does, so it was not run"),
        (_saves_while_it_plays, "its graph runs Save"),
        (_has_no_chances, "its graph does not name its softmax"),
        (_is_broken, "Magenta itself cannot play it ("),
    ],
)
def test_a_graph_that_is_not_run_is_told_of(change: Any, reason: str, tmp_path: Path) -> None:
    found = imported(graph_changed(written("basic_rnn", tmp_path), change))
    assert found.path.exists()
    assert found.compared is None
    [note] = found.notes
    assert note.startswith(f"it was not compared with what Magenta plays, since {reason}")
    assert "\n" not in note
