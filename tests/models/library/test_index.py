from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle, make_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.index import find_models, identity, read_model_file

WEIGHTS = {"output.bias": np.arange(4, dtype=np.float32)}


def bundle(name: str, config: str = "drum_kit") -> Bundle:
    return make_bundle(ModelCard(name, config), WEIGHTS)


def put(folder: Path, name: str, config: str = "drum_kit") -> Path:
    path = folder / f"{name}.safetensors"
    write_bundle(path, bundle(name, config))
    return path


def test_models_are_found_by_their_file_s_name_with_the_kinds_of_their_config(tmp_path: Path) -> None:
    put(tmp_path, "beat")
    put(tmp_path, "tune", "lookback_rnn")
    found, faults = find_models([tmp_path, tmp_path / "absent"])
    assert {name: model.kinds for name, model in found.items()} == {"beat": ("drums",), "tune": ("melody", "bass")}
    assert not faults


def test_a_later_folder_hides_an_earlier_one(tmp_path: Path) -> None:
    put(tmp_path / "shipped", "beat")
    mine = put(tmp_path / "mine", "beat")
    assert find_models([tmp_path / "shipped", tmp_path / "mine"])[0]["beat"].path == mine


def test_what_is_damaged_hides_nothing_and_is_told(tmp_path: Path) -> None:
    whole = put(tmp_path / "shipped", "beat")
    damaged = put(tmp_path / "mine", "beat")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    found, faults = find_models([tmp_path / "shipped", tmp_path / "mine"])
    assert found["beat"].path == whole
    assert [*faults] == [damaged]
    assert f"{damaged}: is cut off" in faults[damaged]


def test_models_that_no_voice_can_be_are_left_on_the_shelf(tmp_path: Path) -> None:
    put(tmp_path, "density", "rnn-nade")
    assert find_models([tmp_path]) == ({}, {})


def test_who_puts_magenta_s_own_bundle_there_is_told_what_to_do_with_it(tmp_path: Path) -> None:
    (tmp_path / "drum_kit_rnn.mag").write_bytes(b"")
    [fault] = find_models([tmp_path])[1].values()
    assert f"reverie models import {tmp_path / 'drum_kit_rnn.mag'}" in fault
    card = replace(bundle("mine").card, source={"file": "drum_kit_rnn.mag"})
    write_bundle(tmp_path / "mine.safetensors", make_bundle(card, WEIGHTS))
    assert not find_models([tmp_path])[1]


def test_a_config_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no configuration 'drum_kit_9000'"):
        read_model_file(put(tmp_path, "beat", "drum_kit_9000"))


def test_what_decides_a_model_s_answers_identifies_it() -> None:
    one = bundle("beat").card
    assert identity(replace(one, name="other", source={"url": "there"}, training={"steps": 1})) == identity(one)
    for other in (
        replace(one, config="one_drum"),
        replace(one, settings={"attention_length": 3}),
        replace(one, weights=""),
    ):
        assert identity(other) != identity(one)
