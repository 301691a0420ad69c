"""Files that were made to break their reader: each is refused at once, in a sentence."""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.checkpoints import deeplearn, magenta_js, recurrent_tensors
from fakes.tensorflow_files import (
    bundle_of,
    entries_of_version_2,
    field,
    graph_of,
    rows_of_version_1,
    shape_of,
    varint,
    write_version_2,
)
from reverie.models.errors import ModelError
from reverie.models.library.card import read_card
from reverie.models.library.formats.crc32c import masked_crc32c
from reverie.models.library.formats.metagraph import MetaGraph
from reverie.models.library.formats.reading import read_source
from reverie.models.library.formats.table import rows
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import find_models

pytestmark = pytest.mark.timeout(60)
TENSORS = recurrent_tensors(38, 38)


def refused(source: Path, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        import_model(source, source.parent / "models", ImportRequest(config="basic_rnn"))
    assert not (source.parent / "models").exists()


@pytest.mark.parametrize("name", ["a.mag", "a.tar", "a.zip", "a.safetensors"])
def test_a_pipe_in_a_models_place_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    if name.endswith(".safetensors"):
        found, faults = find_models([tmp_path])
        assert not found
        assert "it is no file" in next(iter(faults.values()))
        with pytest.raises(ModelError, match="it is no file"):
            read_card(tmp_path / name)
    else:
        refused(tmp_path / name, "it is no file")


def test_a_device_in_a_models_place_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.mag").symlink_to("/dev/zero")
    refused(tmp_path / "a.mag", "it is no file")
    folder = magenta_js(tmp_path / "js", TENSORS)
    (folder / "group1-shard1of1").unlink()
    (folder / "group1-shard1of1").symlink_to("/dev/zero")
    refused(folder, "it is no file")


def test_a_checkpoint_of_more_parts_than_there_are_is_refused(tmp_path: Path) -> None:
    entries, data = entries_of_version_2(TENSORS)
    name, entry = entries[0]
    write_version_2(tmp_path / "a.ckpt", [(name, entry + field(3, 2**62)), *entries[1:]], data)
    refused(tmp_path / "a.ckpt", "a part of it, is not there")


def test_variables_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    part = np.ones(1000, "<f4").tobytes()
    crc = varint(6 << 3 | 5) + struct.pack("<I", masked_crc32c(part))
    entry = field(1, 1) + field(2, shape_of([1000])) + field(4, 0) + field(5, len(part)) + crc
    write_version_2(tmp_path / "a.ckpt", [(f"w{number:05}", entry) for number in range(3000)], part)
    refused(tmp_path / "a.ckpt", "is damaged")


@pytest.mark.parametrize("sizes", [[1] * 70, [2**30] * 400, [2**60]])
def test_shapes_that_no_array_has_are_refused(tmp_path: Path, sizes: list[int]) -> None:
    entries, data = entries_of_version_2({"w": np.ones(1, np.float32)})
    write_version_2(tmp_path / "a.ckpt", [("w", entries[0][1] + field(2, shape_of(sizes)))], data)
    refused(tmp_path / "a.ckpt", "is damaged")
    bundle = rows_of_version_1({"w": np.ones(1, np.float32)})
    meta = field(1, field(1, field(1, "w") + field(2, shape_of(sizes)) + field(3, 1)))
    (tmp_path / "a.mag").write_bytes(bundle_of("basic_rnn", [(b"", meta), *bundle[1:]], b""))
    refused(tmp_path / "a.mag", "is damaged")


def test_a_number_as_long_as_2_to_the_60_is_not_allocated(tmp_path: Path) -> None:
    (tmp_path / "a.mag").write_bytes(varint(2 << 3 | 2) + varint(2**60) + b"short")
    refused(tmp_path / "a.mag", "is damaged, or cut off")


def _framed(block: bytes) -> bytes:
    return block + b"\0" + struct.pack("<I", masked_crc32c(block + b"\0"))


def _table(data: bytes, handles: list[bytes]) -> bytes:
    body = b"".join(varint(0) + varint(1) + varint(len(handle)) + b"k" + handle for handle in handles)
    index = body + struct.pack("<II", 0, 1)
    footer = varint(0) + varint(0) + varint(len(data) + 5) + varint(len(index))
    return _framed(data) + _framed(index) + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def test_a_block_that_comes_again_and_again_is_refused() -> None:
    block = varint(0) + varint(1) + varint(1) + b"kv" + struct.pack("<II", 0, 1)
    handle = varint(0) + varint(len(block))
    with pytest.raises(ModelError, match="is damaged"):
        list(rows(memoryview(_table(block, [handle] * 100_000))))


def test_keys_that_grow_without_end_are_refused() -> None:
    first = varint(0) + varint(500_000) + varint(0) + b"k" * 500_000
    block = first + (varint(500_000) + varint(0) + varint(0)) * 200_000 + struct.pack("<II", 0, 1)
    with pytest.raises(ModelError, match="is damaged"):
        list(rows(memoryview(_table(block, [varint(0) + varint(len(block))]))))


def test_a_graph_that_goes_round_in_circles_is_read_to_its_end() -> None:
    nodes = [
        field(1, "cell/split") + field(2, "Split"),
        field(1, "cell/add") + field(2, "Add") + field(3, "cell/split:2") + field(3, "cell/a"),
        field(1, "cell/f") + field(2, "Sigmoid") + field(3, "cell/add"),
        field(1, "cell/i") + field(2, "Sigmoid") + field(3, "cell/split"),
        field(1, "cell/a") + field(2, "Identity") + field(3, "cell/b"),
        field(1, "cell/b") + field(2, "Identity") + field(3, "cell/a"),
    ]
    graph = MetaGraph(field(2, b"".join(field(1, node) for node in nodes)))
    with pytest.raises(ModelError, match="is no constant"):
        _ = graph.settings


@pytest.mark.parametrize("window", [0, 2**40, 2**63])
def test_a_window_without_end_is_not_allocated(tmp_path: Path, window: int) -> None:
    scope = "rnn/multi_rnn_cell/cell_0/attention_cell_wrapper"
    shapes: dict[str, tuple[int, ...]] = {
        f"{scope}/basic_lstm_cell/kernel": (42, 16),
        f"{scope}/basic_lstm_cell/bias": (16,),
        f"{scope}/kernel": (42, 38),
        f"{scope}/bias": (38,),
        f"{scope}/attention/attn_w": (1, 1, 4, 4),
        f"{scope}/attention/attn_v": (4,),
        f"{scope}/attention/kernel": (8, 4),
        f"{scope}/attention/bias": (4,),
        f"{scope}/attn_output_projection/kernel": (8, 4),
        f"{scope}/attn_output_projection/bias": (4,),
        "fully_connected/weights": (4, 38),
        "fully_connected/biases": (38,),
    }
    tensors: dict[str, NDArray[Any]] = {name: np.ones(shape, np.float32) / 4 for name, shape in shapes.items()}
    (tmp_path / "a.mag").write_bytes(bundle_of("basic_rnn", rows_of_version_1(tensors), graph_of(window)))
    refused(tmp_path / "a.mag", "how many steps its window is long|must be a whole number")


def test_one_variable_twice_is_not_the_later_one(tmp_path: Path) -> None:
    twice = rows_of_version_1(TENSORS)
    (tmp_path / "a.mag").write_bytes(bundle_of("basic_rnn", [*twice, twice[-1]], b""))
    refused(tmp_path / "a.mag", "is in it twice")
    folder = magenta_js(tmp_path / "js", TENSORS)
    manifest = json.loads((folder / "weights_manifest.json").read_text())
    (folder / "weights_manifest.json").write_text(json.dumps([*manifest, *manifest]))
    refused(folder, "names a part twice")
    dump = deeplearn(tmp_path / "dump", TENSORS)
    rows_ = json.loads((dump / "manifest.json").read_text())
    (dump / "manifest.json").write_text(json.dumps({**rows_, "other": next(iter(rows_.values()))}))
    refused(dump, "twice")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"num_resolutions": "7"}', '{"data_normalizer": []}', '{"pitches": {}}']
)
def test_an_experiment_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "gan"
    (folder / "stage_00012").mkdir(parents=True)
    write_version_2(folder / "stage_00012" / "model.ckpt", *entries_of_version_2(TENSORS))
    (folder / "experiment.json").write_text(text)
    with pytest.raises(ModelError, match="its "):
        read_source(folder)


def test_archives_that_would_fill_the_disk_are_not_unpacked(tmp_path: Path) -> None:
    header = tarfile.TarInfo("model.ckpt.index")
    header.size = 10**13
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    refused(tmp_path / "a.tar", "unpacks to more than 4 GB")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model", b"x")
    data = bytearray(file.getvalue())
    central = data.index(b"PK\1\2")
    data[central + 24 : central + 28] = struct.pack("<I", 2**32 - 2)
    (tmp_path / "a.zip").write_bytes(data)
    refused(tmp_path / "a.zip", "unpacks to more than 4 GB")


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    dump = deeplearn(tmp_path / "dump", TENSORS)
    rows_ = json.loads((dump / "manifest.json").read_text())
    (dump / "manifest.json").write_text(json.dumps({**rows_, "\ud800": {"filename": "gone", "shape": [1]}}))
    refused(dump, "which is no text")
