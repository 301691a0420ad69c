"""Chorales as pianorolls: what is read, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reverie.training.fit.nade_chorales import ALL_KEYS, read_chorales, to_c, transposed

STEP = [62, 57, 54, 50]


def _written(folder: Path, **parts: Any) -> Path:
    whole = {"train": [[STEP]], "valid": [[STEP]], "test": [[STEP]]}
    path = folder / "chorales.json"
    path.write_text(json.dumps({**whole, **parts}), encoding="utf-8")
    return path


def test_every_fourth_step_is_a_frame_of_ascending_keys_without_rests(tmp_path: Path) -> None:
    piece = [STEP, [0], [0], [0], [62, 62, -1, 50], [99], [99], [99], [-1, -1, -1, -1]]
    path = _written(tmp_path, test=[[[21] if len(step) == 1 else step for step in piece]])
    chorales = read_chorales(path)
    assert chorales["test"] == (((29, 33, 36, 41), (29, 41), ()),)
    assert [len(chorales[split]) for split in ("train", "validation", "test")] == [1, 1, 1]


def test_a_chorale_in_d_is_moved_to_c_and_once_into_each_key() -> None:
    chorale = ((36, 41), (29, 33, 36, 41), ())
    assert to_c(chorale) == ((34, 39), (27, 31, 34, 39), ())
    assert to_c(to_c(chorale)) == to_c(chorale)
    keys = {to_c(transposed(chorale, semitones)) for semitones in ALL_KEYS}
    assert {(frames[0][0] - 34) % 12 for frames in keys} == {0}
    assert len({transposed(chorale, semitones)[1][0] % 12 for semitones in ALL_KEYS}) == 12
    with pytest.raises(ValueError, match="leaves the 88 keys"):
        transposed(chorale, 60)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"test": []}, "'test' must have chorales"),
        ({"valid": [[[62, "57"]]]}, "'valid' must be"),
        ({"train": [[[300]]]}, "'train' must be"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path: Path, parts: dict[str, Any], words: str) -> None:
    path = _written(tmp_path, **parts)
    with pytest.raises(ValueError, match=f"chorales.json: {words}"):
        read_chorales(path)
    path.write_text("[", encoding="utf-8")
    with pytest.raises(ValueError, match="is no JSON"):
        read_chorales(path)
