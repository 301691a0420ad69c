"""Run-time bundles on disk: what is written is read again, and nothing damaged is."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from reverie.generations import STEPS
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle, make_bundle, read_bundle, write_bundle
from reverie.models.library.card import Golden, ModelCard, header_bytes, read_card, read_header

WEIGHTS = {
    "output.kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "layers.0.bias": np.array([0.5, -1e-30, 3e38], np.float32),
}
CARD = ModelCard(
    name="small",
    config="basic_rnn",
    settings={"attention_length": 40},
    source={"licence": "Apache-2.0", "url": "http://example.org/é.mag"},
    training={"steps": 100, "loss": 1.25},
    golden=Golden(7, (-0.1, -2.5)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_bundle(path, make_bundle(CARD, WEIGHTS))
    return path


def test_a_bundle_is_read_as_it_was_written(path: Path) -> None:
    bundle = read_bundle(path)
    assert bundle.card.golden == Golden(7, (-0.1, -2.5))
    assert bundle.card.source == CARD.source
    assert len(bundle.card.weights) == 64
    assert set(bundle.weights) == set(WEIGHTS)
    for name, tensor in WEIGHTS.items():
        np.testing.assert_array_equal(bundle.weights[name], tensor)


def test_a_card_and_shapes_are_read_without_the_weights(path: Path) -> None:
    assert read_card(path) == read_bundle(path).card
    assert read_header(path).shapes == {"layers.0.bias": (3,), "output.kernel": (2, 3)}


def test_any_program_that_knows_safetensors_can_read_it(path: Path) -> None:
    found = load_file(path)
    for name, tensor in WEIGHTS.items():
        np.testing.assert_array_equal(found[name], tensor)


def test_the_same_model_makes_the_same_file(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.safetensors"
    write_bundle(again, make_bundle(CARD, dict(reversed(WEIGHTS.items()))))
    assert again.read_bytes() == path.read_bytes()


def test_the_hash_of_the_weights_is_that_of_the_weights_alone() -> None:
    one = make_bundle(CARD, WEIGHTS)
    other = make_bundle(ModelCard("other", "mono_rnn"), WEIGHTS)
    assert one.card.weights == other.card.weights
    changed = {**WEIGHTS, "output.kernel": WEIGHTS["output.kernel"] + 1}
    assert make_bundle(CARD, changed).card.weights != one.card.weights


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_not_sealed(wrong: float) -> None:
    with pytest.raises(ModelError, match=r"1 of 3 numbers in layers\.0\.bias are infinite or none at all"):
        make_bundle(CARD, {"layers.0.bias": np.array([0, wrong, 1], np.float32)})


def test_weights_that_are_no_numbers_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "nan.safetensors"
    sealed = make_bundle(CARD, {"output.bias": np.zeros(2, np.float32)})
    data = np.array([0, np.nan], np.float32)
    import dataclasses
    import hashlib

    card = dataclasses.replace(sealed.card, weights=hashlib.sha256(data.tobytes()).hexdigest())
    path.write_bytes(header_bytes(card, {"output.bias": (2,)}) + data.tobytes())
    with pytest.raises(ModelError, match=r"output\.bias has numbers that are infinite or none at all"):
        read_bundle(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_refused(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= data.draw(st.integers(1, 255))
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(flipped)
    with pytest.raises(ModelError, match="damaged"):
        read_bundle(damaged)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_cut_is_refused(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    damaged = path.with_name("damaged.safetensors")
    damaged.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    for read in (read_bundle, read_card):
        with pytest.raises(ModelError, match=r"is damaged|is cut off"):
            read(damaged)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(noise=st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: struct.pack("<Q", len(b)) + b))
def test_whatever_else_is_refused(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "noise.safetensors"
    path.write_bytes(noise)
    with pytest.raises(ModelError):
        read_bundle(path)


def test_deeply_nested_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.safetensors"
    path.write_bytes(struct.pack("<Q", 200_000) + b"[" * 200_000)
    with pytest.raises(ModelError, match="is damaged"):
        read_header(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.safetensors: cannot be read \(No such file or directory\)"):
        read_bundle(tmp_path / "gone.safetensors")


def test_weights_without_a_card_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.safetensors"
    save_file(WEIGHTS, path)
    with pytest.raises(ModelError, match="has no model card"):
        read_bundle(path)


def test_another_version_is_refused(tmp_path: Path, path: Path) -> None:
    later = tmp_path / "later.safetensors"
    text: dict[str, Any] = {"format": STEPS, "name": "later"}
    save_file(WEIGHTS, later, {"reverie": json.dumps(text)})
    with pytest.raises(ModelError, match=f"is of format {STEPS}, and this Reverie reads format 1; import it anew"):
        read_card(later)


def test_a_card_with_unknown_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    save_file(WEIGHTS, path, {"reverie": json.dumps({"format": 1, "golden": None, "colour": "blue"})})
    with pytest.raises(ModelError, match="its model card cannot be read"):
        read_card(path)


@pytest.mark.parametrize("golden", [0, False, "", [], {}])
def test_a_golden_answer_that_is_empty_is_refused_and_not_taken_over(tmp_path: Path, golden: object) -> None:
    path = tmp_path / "odd.safetensors"
    told = {"format": 1, "name": "odd", "config": "basic_rnn", "weights": "", "golden": golden}
    save_file(WEIGHTS, path, {"reverie": json.dumps(told)})
    with pytest.raises(ModelError, match="its model card cannot be read"):
        read_card(path)


def test_a_file_of_the_right_content_in_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "form.safetensors"
    bundle: Bundle = make_bundle(CARD, WEIGHTS)
    header = header_bytes(bundle.card, {name: tensor.shape for name, tensor in bundle.weights.items()})
    text = json.dumps(json.loads(header[8:]), indent=1).encode()
    tensors = b"".join(tensor.tobytes() for tensor in bundle.weights.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + tensors)
    assert set(load_file(path)) == set(bundle.weights)
    with pytest.raises(ModelError, match="is damaged"):
        read_bundle(path)


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(OSError, match=r"exists|directory"):
        write_bundle(folder / "small.safetensors", make_bundle(CARD, WEIGHTS))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
