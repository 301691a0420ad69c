"""Foreign formats: what they hold is read, and nothing damaged is."""

from __future__ import annotations

import contextlib
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.checkpoints import deeplearn, magenta_js, recurrent_tensors
from fakes.data import data_folder
from reverie.models.errors import ModelError
from reverie.models.library.formats.browser import shards_in
from reverie.models.library.formats.crc32c import crc32c, masked_crc32c
from reverie.models.library.formats.mag import read_mag
from reverie.models.library.formats.protobuf import Message, read_varint
from reverie.models.library.formats.reading import fingerprint, read_source
from reverie.models.library.formats.tensors import is_weight

TENSORS = recurrent_tensors(5, 3)
ON_DAMAGED_BYTES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def same(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(found[name], tensor)
        assert found[name].dtype == np.float32


def _bit_by_bit(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def test_checksums_are_those_of_the_standard() -> None:
    # RFC 3720, appendix B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert masked_crc32c(b"") == 0xA282EAD8


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 4096, 5000])
def test_checksums_of_any_length(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == _bit_by_bit(data)


def test_numbers_of_variable_length() -> None:
    assert read_varint(memoryview(b"\x96\x01"), 0) == (150, 2)
    assert read_varint(memoryview(b"\xff" * 9 + b"\x01"), 0) == (2**64 - 1, 10)
    for cut in (b"", b"\x80", b"\x80" * 11):
        with pytest.raises(ModelError, match="is damaged"):
            read_varint(memoryview(cut), 0)


def test_messages_have_defaults_and_types() -> None:
    message = Message(b"\x08\x96\x01\x12\x02hi\x12\x02ho\x1d\x01\x00\x00\x00")
    assert message.number(1) == 150
    assert [bytes(data) for data in message.all_data(2)] == [b"hi", b"ho"]
    assert message.text(2) == "ho"
    assert message.number(3) == 1
    assert (message.number(9), message.text(9), message.messages(9)) == (0, "", [])
    for wrong in (lambda: message.number(2), lambda: message.data(1)):
        with pytest.raises(ModelError, match="is damaged"):
            wrong()


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading_of_messages(noise: bytes) -> None:
    try:
        message = Message(noise)
        for field in range(1, 8):
            message.number(field)
    except ModelError:
        pass


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("fully_connected/weights", True),
        ("encoder/mu/kernel", True),
        ("fully_connected/weights/Adam", False),
        ("fully_connected/weights/Adam_1", False),
        ("beta1_power", False),
        ("global_step", False),
        ("learning_rate", False),
    ],
)
def test_an_optimizer_s_memory_is_no_weight(variable: str, expected: bool) -> None:
    assert is_weight(variable) is expected


def test_a_magenta_js_checkpoint(tmp_path: Path) -> None:
    folder = magenta_js(tmp_path / "js", {**TENSORS, "fully_connected/biases/Adam": np.ones(3, np.float32)}, shards=3)
    source = read_source(folder)
    same(source.tensors, TENSORS)
    assert source.config is None
    same(read_source(folder / "weights_manifest.json").tensors, TENSORS)


@pytest.mark.parametrize(("stored", "steps"), [("uint8", 255), ("uint16", 65535)])
def test_a_quantised_magenta_js_checkpoint(tmp_path: Path, stored: str, steps: int) -> None:
    found = read_source(magenta_js(tmp_path / "js", TENSORS, stored)).tensors
    for name, tensor in TENSORS.items():
        span = tensor.max() - tensor.min()
        assert np.abs(found[name] - tensor).max() <= span / steps / 2 * 1.001
        assert found[name].dtype == np.float32


def test_quantised_weights_are_scaled_as_the_browser_does(tmp_path: Path) -> None:
    folder = tmp_path / "js"
    folder.mkdir()
    row = {"name": "w", "shape": [3], "dtype": "float32"}
    row |= {"quantization": {"dtype": "uint8", "scale": 0.5, "min": -2.0}}
    (folder / "weights_manifest.json").write_text(json.dumps([{"paths": ["one"], "weights": [row]}]))
    (folder / "one").write_bytes(bytes([0, 4, 255]))
    np.testing.assert_array_equal(read_source(folder).tensors["w"], np.array([-2, 0, 125.5], np.float32))


def test_a_magenta_js_checkpoint_says_how_long_its_window_is(tmp_path: Path) -> None:
    folder = magenta_js(tmp_path / "js", TENSORS, type="MusicRNN", attentionLength=32)
    assert read_source(folder).settings == {"attention_length": 32}


def _change(folder: Path, **entries: Any) -> None:
    path = folder / "weights_manifest.json"
    manifest = json.loads(path.read_text())
    manifest[0]["weights"][0] |= entries
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"dtype": "complex64"}, "is kept as complex64; only float32, quantised or not, can be read"),
        ({"quantization": {"dtype": "float16"}}, "is kept as float16; only float32"),
        ({"shape": [9999]}, "is cut off"),
        ({"shape": [1]}, "and its manifest names"),
        ({"shape": [-1]}, "is none of magenta.js's"),
        ({"shape": "wide"}, "is none of magenta.js's"),
        ({"quantization": {"dtype": "uint8"}}, "is none of magenta.js's"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, entries: dict[str, Any], message: str) -> None:
    folder = magenta_js(tmp_path / "js", TENSORS)
    _change(folder, **entries)
    with pytest.raises(ModelError, match=message):
        read_source(folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = magenta_js(tmp_path / "js", TENSORS, shards=2)
    (folder / "group1-shard2of2").unlink()
    with pytest.raises(ModelError, match="its part group1-shard2of2 cannot be read"):
        read_source(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", ".."])
def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="which is no file beside it"):
        shards_in(json.dumps([{"paths": [name]}]).encode())
    folder = magenta_js(tmp_path / "js", TENSORS)
    path = folder / "weights_manifest.json"
    path.write_text(path.read_text().replace("group1-shard1of1", name))
    with pytest.raises(ModelError, match="which is no file beside it"):
        read_source(folder)


@ON_DAMAGED_BYTES
@given(data=st.data())
def test_a_damaged_manifest_breaks_nothing(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "js"
    if not folder.exists():
        magenta_js(folder, TENSORS)
        (tmp_path / "whole").write_bytes((folder / "weights_manifest.json").read_bytes())
    damaged = bytearray((tmp_path / "whole").read_bytes())
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    (folder / "weights_manifest.json").write_bytes(damaged)
    with contextlib.suppress(ModelError):
        read_source(folder)


def test_a_dump_for_deeplearn_js(tmp_path: Path) -> None:
    folder = deeplearn(tmp_path / "dump", {**TENSORS, "beta1_power": np.ones((), np.float32)})
    same(read_source(folder).tensors, TENSORS)
    (folder / "fully_connected_biases").unlink()
    source = read_source(folder)
    assert source.absent == ("fully_connected/biases",)
    assert set(source.tensors) == set(TENSORS) - {"fully_connected/biases"}
    (folder / "fully_connected_weights").write_bytes(b"short")
    with pytest.raises(ModelError, match="fully_connected_weights has 5 bytes, and fully_connected/weights needs 48"):
        read_source(folder)


@pytest.mark.parametrize("text", ["[]", "{", '{"a": {"filename": "../a", "shape": [1]}}', '{"a": 1}', '{"a": {}}'])
def test_a_broken_dump_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelError):
        read_source(tmp_path)


@pytest.mark.parametrize(
    ("name", "count", "absent"), [("mel_2bar_small", 14, 2), ("performance_chords", 4, 0), ("piano_genie", 8, 0)]
)
def test_the_weights_that_google_published(name: str, count: int, absent: int) -> None:
    source = read_source(data_folder("magenta-weights") / name)
    assert len(source.tensors) == count
    assert len(source.absent) == absent
    assert all(np.isfinite(tensor).all() and tensor.std() > 0 for tensor in source.tensors.values())


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing.mag", "No such file"), ("nothing", "is not there"), ("text.txt", "is none of what can be imported")],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "text.txt").write_text("a text")
    with pytest.raises(ModelError, match=message) as caught:
        read_source(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_an_empty_folder_has_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no model"):
        read_source(tmp_path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tar"
    path.write_bytes(b"<html>" * 200)
    with pytest.raises(ModelError, match="is no archive, or cut off"):
        read_source(path)


def test_an_archive_cannot_write_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "model.tar"
    (tmp_path / "evil").write_text("evil")
    with tarfile.open(path, "w") as archive:
        archive.add(tmp_path / "evil", "../../evil-twin")
    with pytest.raises(ModelError, match="is no archive"):
        read_source(path)


def test_fingerprints_tell_files_and_folders_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "a").write_bytes(b"a")
    assert fingerprint(one) == fingerprint(other)
    (other / "b").write_bytes(b"")
    assert fingerprint(one) != fingerprint(other)
    with pytest.raises(ModelError, match="cannot be read"):
        fingerprint(tmp_path / "none" / "none")


@pytest.fixture(scope="module")
def tiny_mag() -> bytes:
    """A Magenta bundle made by hand, of one tensor, as small as can be."""
    return _field(1, _field(1, b"basic_rnn")) + _field(2, _table({"w": np.arange(3, dtype=np.float32)}))


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _table(tensors: dict[str, NDArray[Any]]) -> bytes:
    """A checkpoint of version 1."""
    meta, slices = b"", {}
    for name, tensor in tensors.items():
        shape = b"".join(_field(2, b"\x08" + _varint(size)) for size in tensor.shape)
        meta += _field(1, _field(1, name.encode()) + _field(2, shape) + b"\x18\x01" + _field(4, b""))
        content = _field(1, name.encode()) + _field(3, b"\x08\x01" + _field(5, tensor.tobytes()))
        slices[b"\x00" + name.encode()] = _field(2, content)
    blocks, handles = b"", {}
    for number, rows in enumerate([{b"": _field(1, meta)}, slices]):
        block = _block(rows)
        handles[bytes([number])] = _varint(len(blocks)) + _varint(len(block) - 5)
        blocks += block
    index = _block(handles)
    footer = (_varint(0) + _varint(0) + _varint(len(blocks)) + _varint(len(index) - 5)).ljust(40, b"\0")
    return blocks + index + footer + bytes.fromhex("57fb808b247547db")


def _block(rows: dict[bytes, bytes]) -> bytes:
    entries = b"".join(
        b"\0" + _varint(len(key)) + _varint(len(value)) + key + value for key, value in sorted(rows.items())
    )
    block = entries + (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\0"
    return block + masked_crc32c(block).to_bytes(4, "little")


def test_a_bundle_made_by_the_rules(tiny_mag: bytes) -> None:
    source = read_mag(tiny_mag)
    assert source.config == "basic_rnn"
    same(source.tensors, {"w": np.arange(3, dtype=np.float32)})


@ON_DAMAGED_BYTES
@given(data=st.data())
def test_a_bundle_with_any_byte_changed_is_refused_or_the_same(tiny_mag: bytes, data: st.DataObject) -> None:
    damaged = bytearray(tiny_mag)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        source = read_mag(bytes(damaged))
    except ModelError:
        return
    same(source.tensors, {"w": np.arange(3, dtype=np.float32)})


def test_a_compressed_block_is_refused() -> None:
    block = _block({b"": b""})[:-5] + b"\1"
    block += masked_crc32c(block).to_bytes(4, "little")
    footer = (_varint(0) + _varint(0) + _varint(0) + _varint(len(block) - 5)).ljust(40, b"\0")
    table = block + footer + bytes.fromhex("57fb808b247547db")
    with pytest.raises(ModelError, match="is compressed, which cannot be read here"):
        read_mag(_field(1, _field(1, b"basic_rnn")) + _field(2, table))


@ON_DAMAGED_BYTES
@given(data=st.data())
def test_a_bundle_that_is_cut_off_is_refused(tiny_mag: bytes, data: st.DataObject) -> None:
    with pytest.raises(ModelError):
        read_mag(tiny_mag[: data.draw(st.integers(0, len(tiny_mag) - 1))])
