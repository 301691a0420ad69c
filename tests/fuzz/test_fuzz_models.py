"""Whatever is in a model's file, it is read or refused in a sentence: no other error, no hang, no giant allocation."""

from __future__ import annotations

import hashlib
import json
import resource
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.checkpoints import deeplearn, magenta_js
from fakes.mutations import mutated, said_otherwise
from fakes.tensorflow_files import (
    bundle_of,
    entries_of_version_2,
    graph_of,
    rows_of_version_1,
    write_version_2,
)
from reverie.errors import ReverieError
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.formats.reading import read_source
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import find_models
from reverie.models.recurrent.model import RecurrentModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MANY = settings(
    max_examples=300,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MORE_MEMORY = 2 << 30
"""Bytes beyond what is mapped when a test begins; the models here have 10,000."""

UNITS, HEARD, CLASSES, WINDOW = 4, 38, 38, 6
SCOPE = "rnn/attention_cell_wrapper"
SHAPES = {
    f"{SCOPE}/multi_rnn_cell/cell_0/basic_lstm_cell/kernel": (HEARD + UNITS, 4 * UNITS),
    f"{SCOPE}/multi_rnn_cell/cell_0/basic_lstm_cell/bias": (4 * UNITS,),
    f"{SCOPE}/kernel": (HEARD + UNITS, HEARD),
    f"{SCOPE}/bias": (HEARD,),
    f"{SCOPE}/attention/attn_w": (1, 1, UNITS, UNITS),
    f"{SCOPE}/attention/attn_v": (UNITS,),
    f"{SCOPE}/attention/kernel": (2 * UNITS, UNITS),
    f"{SCOPE}/attention/bias": (UNITS,),
    f"{SCOPE}/attention_output_projection/kernel": (2 * UNITS, UNITS),
    f"{SCOPE}/attention_output_projection/bias": (UNITS,),
    "fully_connected/weights": (UNITS, CLASSES),
    "fully_connected/biases": (CLASSES,),
}
TENSORS: dict[str, NDArray[Any]] = {
    name: np.random.default_rng(number).normal(size=shape).astype(np.float32)
    for number, (name, shape) in enumerate(SHAPES.items())
}
WISH = ImportRequest(name="model", config="basic_rnn", replace=True)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """A giant allocation is a MemoryError then, which no test lets pass."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MORE_MEMORY, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def told_or_done(work: Callable[[], object]) -> None:
    """Do it, or be refused with a sentence that can be printed."""
    try:
        work()
    except ReverieError as error:
        text = str(error)
        assert text
        assert len(text) < 20_000
        text.encode("utf-8", "backslashreplace")


def imported(source: Path, folder: Path) -> None:
    """Import a file, and use what comes of it."""

    def work() -> None:
        bundle = read_bundle(import_model(source, folder / "models", WISH).path)
        check(bundle)
        RecurrentModel(bundle)

    told_or_done(work)


def test_the_models_that_are_damaged_here_are_whole(tmp_path: Path) -> None:
    (tmp_path / "a.mag").write_bytes(bundle_of("basic_rnn", rows_of_version_1(TENSORS), graph_of(WINDOW)))
    entries, data = entries_of_version_2(TENSORS)
    write_version_2(tmp_path / "b.ckpt", entries, data)
    (tmp_path / "b.ckpt.meta").write_bytes(graph_of(WINDOW))
    magenta_js(tmp_path / "c", TENSORS, shards=2, type="MusicRNN", attentionLength=WINDOW)
    weights = {
        import_model(tmp_path / name, tmp_path / "models", WISH).card.weights for name in ("a.mag", "b.ckpt", "c")
    }
    assert len(weights) == 1


@MANY
@given(data=st.data())
def test_the_bytes_of_a_bundle(tmp_path: Path, data: st.DataObject) -> None:
    whole = bundle_of("basic_rnn", rows_of_version_1(TENSORS), graph_of(WINDOW))
    (tmp_path / "a.mag").write_bytes(data.draw(mutated(whole)))
    imported(tmp_path / "a.mag", tmp_path)


@MANY
@given(data=st.data())
def test_a_bundle_whose_checksums_are_right(tmp_path: Path, data: st.DataObject) -> None:
    rows, graph = rows_of_version_1(TENSORS), graph_of(WINDOW)
    what = data.draw(st.sampled_from(["key", "value", "first", "graph", "graph", "twice"]))
    number = data.draw(st.integers(1, len(rows) - 1))
    key, value = rows[number]
    if what == "key":
        rows[number] = data.draw(mutated(key)), value
    elif what == "value":
        rows[number] = key, data.draw(mutated(value))
    elif what == "first":
        rows[0] = b"", data.draw(mutated(rows[0][1]))
    elif what == "twice":
        rows.insert(number, rows[number])
    else:
        graph = data.draw(mutated(graph))
    (tmp_path / "a.mag").write_bytes(bundle_of("basic_rnn", rows, graph))
    imported(tmp_path / "a.mag", tmp_path)


@MANY
@given(data=st.data())
def test_a_checkpoint_whose_checksums_are_right(tmp_path: Path, data: st.DataObject) -> None:
    entries, content = entries_of_version_2(TENSORS)
    number = data.draw(st.integers(0, len(entries) - 1))
    variable, entry = entries[number]
    entries[number] = variable, data.draw(mutated(entry))
    shards = data.draw(st.sampled_from([1, 1, 1, 0, 2, 2**31, 2**63]))
    for file in tmp_path.glob("b.ckpt.*"):
        file.unlink()
    (tmp_path / "b.ckpt.meta").write_bytes(graph_of(WINDOW))
    write_version_2(tmp_path / "b.ckpt", entries, content, shards)
    imported(tmp_path / "b.ckpt", tmp_path)


@MANY
@given(data=st.data())
def test_the_files_of_a_checkpoint(tmp_path: Path, data: st.DataObject) -> None:
    entries, content = entries_of_version_2(TENSORS)
    write_version_2(tmp_path / "b.ckpt", entries, content)
    (tmp_path / "b.ckpt.meta").write_bytes(graph_of(WINDOW))
    for file in data.draw(st.lists(st.sampled_from([".index", ".data-00000-of-00001", ".meta"]), min_size=1)):
        path = tmp_path / f"b.ckpt{file}"
        path.write_bytes(data.draw(mutated(path.read_bytes())))
    imported(tmp_path / "b.ckpt", tmp_path)


@MANY
@given(data=st.data())
def test_a_magenta_js_checkpoint(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "js"
    if not folder.exists():
        stored = {
            "type": "MusicRNN",
            "attentionLength": WINDOW,
            "dataConverter": {"type": "M", "args": {"minPitch": 48}},
        }
        magenta_js(folder, TENSORS, "uint8", shards=2, **stored)
        for file in list(folder.iterdir()):
            file.rename(folder / f"whole-{file.name}")
    for file in folder.glob("whole-*"):
        (folder / file.name.removeprefix("whole-")).write_bytes(file.read_bytes())
    which = data.draw(st.sampled_from(["weights_manifest.json", "config.json", "group1-shard1of2"]))
    content = (folder / f"whole-{which}").read_bytes()
    if which.endswith(".json") and data.draw(st.booleans()):
        changed = json.dumps(data.draw(said_otherwise(json.loads(content)))).encode()
    else:
        changed = data.draw(mutated(content))
    (folder / which).write_bytes(changed)
    imported(folder, tmp_path)


@MANY
@given(data=st.data())
def test_a_dump_for_deeplearn_js(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "dump"
    if not folder.exists():
        deeplearn(folder, TENSORS)
        (folder / "manifest.json").rename(folder / "whole")
    content = (folder / "whole").read_bytes()
    said = st.builds(lambda value: json.dumps(value).encode(), said_otherwise(json.loads(content)))
    (folder / "manifest.json").write_bytes(data.draw(st.one_of(said, mutated(content))))
    imported(folder, tmp_path)


@dataclass(frozen=True, slots=True)
class WholeModel:
    """A run-time bundle that nothing is wrong with.

    Hypothesis writes out the arguments of a test that fails, and warns where they are long. As a warning fails here,
    before anything was drawn, it takes a fault for a test that draws otherwise each time; so the bytes are not shown.
    """

    data: bytes = field(repr=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> WholeModel:
    folder = tmp_path_factory.mktemp("whole")
    source = magenta_js(folder / "js", TENSORS, attentionLength=WINDOW)
    return WholeModel(import_model(source, folder, WISH).path.read_bytes())


def used(path: Path) -> None:
    """Use a run-time bundle as the daemon and its commands do."""

    def work() -> None:
        bundle = read_bundle(path)
        check(bundle)
        model = RecurrentModel(bundle)
        stream = model.stream(model.start())
        stream.push([model.encoding.default_event])
        stream.draw(np.random.default_rng(1))

    with np.errstate(all="ignore"):
        told_or_done(work)
        find_models([path.parent])


@MANY
@given(data=st.data())
def test_the_bytes_of_a_run_time_bundle(tmp_path: Path, model: WholeModel, data: st.DataObject) -> None:
    (tmp_path / "model.safetensors").write_bytes(data.draw(mutated(model.data)))
    used(tmp_path / "model.safetensors")


@MANY
@given(data=st.data())
def test_a_run_time_bundle_whose_seal_is_right(tmp_path: Path, model: WholeModel, data: st.DataObject) -> None:
    length = struct.unpack("<Q", model.data[:8])[0]
    header: dict[str, Any] = json.loads(model.data[8 : 8 + length])
    card = json.loads(header["__metadata__"]["reverie"])
    if data.draw(st.booleans()):
        header["__metadata__"]["reverie"] = json.dumps(data.draw(said_otherwise(card)), sort_keys=True)
    else:
        metadata = header.pop("__metadata__")
        rows = data.draw(said_otherwise(header))
        header = {"__metadata__": metadata, **(rows if isinstance(rows, dict) else {})}
    (tmp_path / "model.safetensors").write_bytes(_sealed(header) + model.data[8 + length :])
    used(tmp_path / "model.safetensors")


def _sealed(header: dict[str, Any]) -> bytes:
    header["__metadata__"]["seal"] = "0" * 64
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    whole = struct.pack("<Q", len(text)) + text
    return whole.replace(b"0" * 64, hashlib.sha256(whole).hexdigest().encode(), 1)


@MANY
@given(data=st.data())
def test_the_experiment_of_a_gansynth(tmp_path: Path, data: st.DataObject) -> None:
    stage = tmp_path / "gan" / "stage_00012"
    if not stage.exists():
        stage.mkdir(parents=True)
        inside = "Generator/progressive_gan_generator/progressive_gan_block_1"
        shapes: dict[str, tuple[int, ...]] = {"conv0/conv2d/kernel": (2, 16, 70, 4), "conv0/bias": (4,)}
        shapes |= {"conv1/conv2d/kernel": (3, 3, 4, 4), "conv1/bias": (4,)}
        shapes |= {"to_rgb/conv2d/kernel": (1, 1, 4, 2), "to_rgb/bias": (2,)}
        tensors = {f"{inside}/{name}": np.ones(shape, np.float32) for name, shape in shapes.items()}
        write_version_2(stage / "model.ckpt", *entries_of_version_2(tensors))
    said = {
        "data_type": "mel",
        "audio_length": 64000,
        "sample_rate": 16000,
        "scale_mode": "ALL",
        "scale_base": 2,
        "num_resolutions": 7,
        "to_rgb_activation": "tanh",
        "pitches": [48, 52],
        "data_normalizer": "specgrams_prespecified_normalizer",
        "mag_normalizer_a": 0.06,
    }
    (stage.parent / "experiment.json").write_text(json.dumps(data.draw(said_otherwise(said))))
    told_or_done(lambda: import_model(stage.parent, tmp_path / "models", ImportRequest(name="gan", replace=True)))


@MANY
@given(data=st.data())
def test_archives(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["tar", "tar.gz", "zip"]))
    whole = tmp_path / f"whole.{kind}"
    if not whole.exists():
        entries, content = entries_of_version_2(TENSORS)
        files = tmp_path / f"files-{kind}"
        files.mkdir()
        write_version_2(files / "b.ckpt", entries, content)
        (files / "experiment.json").write_text("{}")
        if kind == "zip":
            with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files.iterdir():
                    archive.write(file, file.name)
        else:
            with tarfile.open(whole, "w:gz" if kind == "tar.gz" else "w") as archive:
                archive.add(files, ".")
    path = tmp_path / f"damaged.{kind}"
    path.write_bytes(data.draw(mutated(whole.read_bytes())))
    told_or_done(lambda: read_source(path))
