# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""What TensorFlow and Magenta write is read as they read it themselves."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.checkpoints import recurrent_tensors
from fakes.magenta_rnn import MagentaRnn
from fakes.model_server import ModelServer, serving
from fakes.vae_magenta import Reference
from reverie.models.errors import ModelError
from reverie.models.golden import check
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.models.library.catalogue import Format, PublishedModel
from reverie.models.library.formats.metagraph import MetaGraph
from reverie.models.library.formats.reading import fingerprint, read_source
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.pull import pull

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]

VARIABLES: dict[str, NDArray[Any]] = {
    **recurrent_tensors(70, 30, units=32),
    "scalar": np.array(0.25, np.float32),
    "empty": np.zeros((0, 3), np.float32),
    "deep/kernel": np.ones((2, 1, 3), np.float32),
}
ON_DAMAGED_BYTES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)


def saved(folder: Path, variables: dict[str, Any], version: int, **options: Any) -> str:
    """Let TensorFlow save variables; the name of the checkpoint."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default():
        made = [tf.get_variable(name, initializer=tf.constant(variable)) for name, variable in variables.items()]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver = tf.train.Saver(made, write_version=version, **options)
            return saver.save(session, str(folder / "model.ckpt"), global_step=7)


def as_tensorflow_reads(name: str) -> dict[str, NDArray[Any]]:
    import tensorflow.compat.v1 as tf

    reader = tf.train.NewCheckpointReader(name)
    return {variable: reader.get_tensor(variable) for variable in reader.get_variable_to_shape_map()}


def compare(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        assert found[name].shape == tensor.shape
        np.testing.assert_array_equal(found[name], tensor)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("sharded", [False, True])
def test_checkpoints_of_both_versions(tmp_path: Path, version: int, sharded: bool) -> None:
    name = saved(tmp_path, VARIABLES, version, sharded=sharded)
    expected = as_tensorflow_reads(name)
    assert len(expected) == len(VARIABLES)
    ways = [tmp_path / "model.ckpt-7", tmp_path / "model.ckpt-7.meta"]
    ways += [path for path in tmp_path.iterdir() if path.name != "checkpoint"]
    ways += [tmp_path]
    for way in ways:
        compare(read_source(way).tensors, expected)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("sharded", [False, True])
def test_a_checkpoint_is_imported_by_its_name(tmp_path: Path, version: int, sharded: bool) -> None:
    """And known by the same fingerprint, however it was named."""
    saved(tmp_path, recurrent_tensors(38, 38), version, sharded=sharded)
    name = tmp_path / "model.ckpt-7"
    imported = import_model(name, tmp_path / "models", ImportRequest(config="basic_rnn"))
    assert imported.path.name == "model.ckpt-7.safetensors"
    if version == 2:
        assert imported.card.source["sha256"] == fingerprint(tmp_path / "model.ckpt-7.index")
        assert imported.card.source["sha256"] == fingerprint(tmp_path / "model.ckpt-7.data-00000-of-00001")


def test_an_archive_as_it_was_packed_elsewhere(tmp_path: Path) -> None:
    """In a folder of its own, with what macOS leaves beside files, and a record that names another checkpoint."""
    inner = tmp_path / "archive" / "model"
    inner.mkdir(parents=True)
    saved(inner, {"w": np.ones(2, np.float32)}, 2)
    (tmp_path / "archive" / "checkpoint").write_text('model_checkpoint_path: "/home/someone/model.ckpt-900"\n')
    (inner / "._model.ckpt-7.index").write_bytes(b"\0\5\26\7")
    with tarfile.open(tmp_path / "model.tar", "w") as archive:
        archive.add(tmp_path / "archive", ".")
    assert set(read_source(tmp_path / "model.tar").tensors) == {"w"}


def test_several_data_files(tmp_path: Path) -> None:
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        made = []
        for number in range(3):
            prefix = str(tmp_path / f"part-{number}")
            tensor = tf.constant(np.full((3, 2), number, np.float32))
            made.append(
                tf.raw_ops.SaveV2(
                    prefix=prefix, tensor_names=[f"variable_{number}"], shape_and_slices=[""], tensors=[tensor]
                )
            )
        session.run(made)
        session.run(
            tf.raw_ops.MergeV2Checkpoints(
                checkpoint_prefixes=[str(tmp_path / f"part-{number}") for number in range(3)],
                destination_prefix=str(tmp_path / "whole"),
            )
        )
    assert len(list(tmp_path.glob("whole.data-*-of-00003"))) == 3
    compare(read_source(tmp_path / "whole").tensors, as_tensorflow_reads(str(tmp_path / "whole")))
    (tmp_path / "whole.data-00001-of-00003").unlink()
    with pytest.raises(ModelError, match=r"whole\.data-00001-of-00003, a part of it, is not there"):
        read_source(tmp_path / "whole")


@pytest.mark.parametrize("version", [1, 2])
def test_what_training_counts_with_is_left_out(tmp_path: Path, version: int) -> None:
    counting = {"global_step": np.int64(3), "names": np.array([b"a"]), "on": np.array([True])}
    optimizer = {"w/Adam": np.ones(2, np.float32), "beta1_power": np.float32(0.9)}
    saved(tmp_path, {"w": np.ones(2, np.float32), **counting, **optimizer}, version)
    assert set(read_source(tmp_path).tensors) == {"w"}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["float64", "float16", "complex64"])
def test_weights_of_other_types_are_refused(tmp_path: Path, version: int, kind: str) -> None:
    saved(tmp_path, {"w": np.ones(2, kind)}, version)
    with pytest.raises(ModelError, match=f"w is of type {kind}; only models of float32 can be read"):
        read_source(tmp_path)


@pytest.mark.parametrize("version", [1, 2])
def test_variables_in_parts_are_refused(tmp_path: Path, version: int) -> None:
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("w", (4, 2), partitioner=tf.fixed_size_partitioner(2))
        session.run(tf.global_variables_initializer())
        tf.train.Saver(write_version=version).save(session, str(tmp_path / "model.ckpt"))
    with pytest.raises(ModelError, match="w was saved in several parts"):
        read_source(tmp_path)


@pytest.mark.parametrize("version", [1, 2])
def test_a_folder_of_several_checkpoints_has_the_one_it_names(tmp_path: Path, version: int) -> None:
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    import tensorflow.compat.v1 as tf

    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable("w", initializer=tf.constant(1.0))
        saver = tf.train.Saver(write_version=version)
        session.run(variable.initializer)
        saver.save(session, str(tmp_path / "model.ckpt"), global_step=1)
        session.run(variable.assign(2.0))
        saver.save(session, str(tmp_path / "model.ckpt"), global_step=2)
    assert read_source(tmp_path).tensors["w"] == 2
    assert read_source(tmp_path / "model.ckpt-1").tensors["w"] == 1
    (tmp_path / "checkpoint").unlink()
    if version == 2:
        with pytest.raises(ModelError, match=r"2 checkpoints are in it; name the \.index file of one"):
            read_source(tmp_path)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Path]]:
    small = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "v": np.ones(2, np.float32)}
    found = {}
    for version in (1, 2):
        folder = tmp_path_factory.mktemp(f"version{version}")
        saved(folder, small, version)
        found[version] = [path for path in folder.iterdir() if path.suffix != ".meta" and path.name != "checkpoint"]
    return found


@pytest.mark.parametrize("version", [1, 2])
@ON_DAMAGED_BYTES
@given(data=st.data())
def test_damaged_bytes_are_refused_or_do_not_matter(
    checkpoints: dict[int, list[Path]], tmp_path: Path, version: int, data: st.DataObject
) -> None:
    files = checkpoints[version]
    damaged = data.draw(st.sampled_from(files))
    cut = data.draw(st.booleans())
    for path in files:
        content = bytearray(path.read_bytes())
        if path == damaged and cut:
            content = content[: data.draw(st.integers(0, len(content) - 1))]
        elif path == damaged:
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        (tmp_path / path.name).write_bytes(content)
    try:
        found = read_source(tmp_path / files[0].name).tensors
    except ModelError:
        return
    assert not cut
    np.testing.assert_array_equal(found["w"], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(found["v"], [1, 1])


@pytest.mark.parametrize(
    ("config", "window"),
    [("basic_rnn", {}), ("attention_rnn", {"attention_length": 12}), ("drum_kit", {"attention_length": 12})],
)
def test_bundles_of_magenta(tmp_path: Path, config: str, window: dict[str, int]) -> None:
    model = MagentaRnn(config, rnn_layer_sizes=[16, 24], attn_length=window.get("attention_length", 0))
    model.write_bundle(tmp_path / "model.mag")
    source = read_source(tmp_path / "model.mag")
    assert source.config == config
    assert MetaGraph(source.graph).settings == {**window, "forget_bias": 1.0}
    compare(source.tensors, model.weights)


def test_a_checkpoint_of_musicvae_as_magenta_publishes_them_is_pulled(tmp_path: Path) -> None:
    theirs = Reference("cat-mel_2bar_small", batch_size=1, enc_rnn_size=[16], dec_rnn_size=[8, 8], z_size=4)
    variables = {name.removesuffix(":0"): value for name, value in theirs.variables.items()}
    training = {f"{name}/Adam_1": value for name, value in variables.items()} | {"global_step": np.int64(5)}
    folder = tmp_path / "cat-mel"
    folder.mkdir()
    saved(folder, {**variables, **training}, 2)
    with tarfile.open(tmp_path / "cat-mel.tar", "w") as archive:
        for path in folder.iterdir():
            archive.add(path, path.name)
    found = _pulled(tmp_path / "cat-mel.tar", "tar", "cat-mel_2bar_small")
    assert check(found) == 0
    assert sum(map(np.size, found.weights.values())) == sum(map(np.size, variables.values()))


def test_a_bundle_as_magenta_publishes_them_is_pulled(tmp_path: Path) -> None:
    MagentaRnn("attention_rnn", rnn_layer_sizes=[16, 16]).write_bundle(tmp_path / "attention.mag")
    found = _pulled(tmp_path / "attention.mag", "mag", "attention_rnn")
    assert check(found) == 0
    assert found.card.settings == {"attention_length": 40}
    assert found.card.source["sha256"] == hashlib.sha256((tmp_path / "attention.mag").read_bytes()).hexdigest()


def test_a_bundle_of_compact_performances_is_one_of_performances(tmp_path: Path) -> None:
    """Magenta gives both the same name; they differ only in how training examples are kept."""
    MagentaRnn("performance_with_dynamics_compact", rnn_layer_sizes=[8]).write_bundle(tmp_path / "compact.mag")
    assert import_model(tmp_path / "compact.mag", tmp_path).card.config == "performance_with_dynamics"


def _pulled(file: Path, kind: Format, config: str) -> Bundle:
    """Pull a file as if it were published."""
    with serving(ModelServer({f"/{file.name}": file.read_bytes()})) as server:
        entry = PublishedModel("published", config, kind, f"{server.url}/{file.name}", "Published.", "Apache-2.0")
        return read_bundle(pull(entry, file.parent / "models", lambda *_: None).path)
