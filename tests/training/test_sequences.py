"""Training from scores to a bundle that plays, on as little as will do."""

from __future__ import annotations

import csv
import importlib
import json
import os
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from fakes.recipes import recipe
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.models.library.card import read_card
from reverie.models.library.index import read_model_file

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("REVERIE_DATA", REPOSITORY.parent / "shared" / "data"))

pytestmark = pytest.mark.magenta

SCORE = """<?xml version="1.0" encoding="UTF-8"?>
<score-partwise version="3.0">
  <part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
  <part id="P1"><measure number="1">
    <attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>
    <note><pitch><step>E</step><octave>4</octave></pitch><duration>4</duration><voice>1</voice><type>whole</type></note>
  </measure></part>
</score-partwise>
"""


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(REPOSITORY / "tools")
    return importlib.import_module("train_default_models")


@pytest.fixture
def few_drums(tmp_path: Path) -> Path:
    """A data folder with the first few beats of each split of the Groove MIDI Dataset."""
    source = DATA / "groove-midi"
    if not (source / "info.csv").exists():
        pytest.skip(f"the Groove MIDI Dataset is not at {source} (set REVERIE_DATA)")
    folder = tmp_path / "data" / "groove-midi"
    folder.mkdir(parents=True)
    wanted = {"train": 3, "validation": 1, "test": 1}
    with (source / "info.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with (folder / "info.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        for row in rows:
            usable = row["beat_type"] == "beat" and row["time_signature"] == "4-4" and 20 < float(row["duration"]) < 60
            if usable and wanted[row["split"]]:
                wanted[row["split"]] -= 1
                writer.writerow(row)
                target = folder / row["midi_filename"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(source / row["midi_filename"])
    return folder.parent


def test_from_scores_to_a_bundle_that_plays_and_on_after_an_interruption(
    tool: ModuleType, few_drums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    common = ["--model", "drum_kit", "--data", str(few_drums), "--work", str(work), "--out", str(out)]
    assert tool.main(["convert", "train", "--steps", "1", *common]) == 0
    assert tool.main(["--steps", "2", *common]) == 0
    assert "step 2 of 2" in capsys.readouterr().out

    progress = json.loads((work / "drum_kit" / "progress.json").read_text(encoding="utf-8"))
    assert [step for step, _ in progress["history"]] == [1, 2]

    path = out / "drum_kit.safetensors"
    training = read_card(path).training
    assert training["data"]["files"] == {"train": 3, "validation": 1, "test": 1}
    assert training["steps"] == progress["best_step"]
    assert str(tmp_path).encode() not in path.read_bytes()

    model, engine = read_model_file(path), RecurrentEngine()
    engine.load(model)
    assert engine.generate(recipe(kind="drums", model=model.name, model_hash=model.sha256))


def test_a_step_taken_too_early_says_so(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ["--data", str(tmp_path), "--work", str(tmp_path), "--out", str(tmp_path)]
    assert tool.main(["bundle", "--model", "drum_kit", *folders]) == 1
    assert "has the step before been done?" in capsys.readouterr().err


def test_every_song_is_in_one_split_only(tool: ModuleType, tmp_path: Path) -> None:
    for number in range(200):
        song = tmp_path / "dataset" / "someone" / f"song {number}" / f"song {number}.mxl"
        song.parent.mkdir(parents=True)
        song.touch()
    splits = [set(tool.openewld_files(tmp_path, split)) for split in tool.SPLITS]
    assert sum(map(len, splits)) == len(set.union(*splits)) == 200
    assert 160 < len(splits[0]) < 195
    assert all(splits)


def test_a_score_whose_title_has_an_apostrophe_is_read(tool: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "'S_Wonderful.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container><rootfile full-path=''S Wonderful.xml'/></container>")
        archive.writestr("'S Wonderful.xml", SCORE)
    folder = tmp_path / "openewld" / "dataset" / "someone" / "song"
    folder.mkdir(parents=True)
    path.rename(folder / path.name)
    corpus = tool.PLANS["attention_rnn"].corpus
    read = [song for split in tool.SPLITS for song in corpus.sequences(tmp_path, split)]
    assert [[note.pitch for note in song.notes] for song in read] == [[64]]
