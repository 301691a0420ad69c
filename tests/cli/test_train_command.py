"""What ``reverie train`` says before anything heavy is imported."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.cli.training_job import work_folder
from reverie.errors import ReverieError
from reverie.places import models_folder
from reverie.training.recipes import recipe_of
from reverie.training.workspace import Workspace

DRUMS = models_folder() / "drum_kit.safetensors"


def test_what_can_be_trained_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert {"drums", "melody"} <= {recipe["model"] for recipe in listed}


def test_nothing_heavy_is_imported_for_help() -> None:
    program = "import sys; from reverie.cli.main import command_line; command_line(); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["drums", "--data", "nowhere"], "nowhere: there is no such folder"),
        (["fit", "drums"], "it is not said which training is meant"),
        (["convert", "drums", "--work", "w"], "there is nothing to read"),
        (["fit", "drums", "--work", "w", "--set", "batch_size"], "--set takes NAME=VALUE"),
        (["fit", "drums", "--work", "w", "--config", "nothing"], "there is no recipe for 'nothing' of drums"),
        (
            ["fit", "drums", "--work", "w", "--set", "batch_size=0"],
            "batch_size=0: it must be a whole number from 1",
        ),
        (
            ["fit", "drums", "--work", "w", "--set", "batch_size=true"],
            "batch_size=true: it must be a whole number",
        ),
        (["fit", "drums", "--work", "w", "--set", "rnn_layer_sizes=[]"], "it must be the sizes of one layer or more"),
        (["fit", "drums", "--work", "w", "--set", "rnn_layer_sizes=[64,0]"], "it must be the sizes of one layer"),
        (
            ["fit", "drums", "--work", "w", "--set", "learning_rate=0"],
            "learning_rate=0: it must be a number above 0",
        ),
        (
            ["fit", "drums", "--work", "w", "--set", "dropout_keep_prob=1.5"],
            "a number above 0, and 1 at most",
        ),
        (["fit", "drums", "--work", "w", "--set", "attn_length=-1"], "it must be a whole number from 0"),
        (["fit", "music-vae", "--work", "w", "--set", "free_bits=-1"], "it must be a number from 0 on"),
        (["fit", "drums", "--work", "w"], "has no examples yet"),
        (["bundle", "drums", "--work", "w"], "nothing is trained yet"),
        (["fit", "music-vae", "--work", "w", "--metre", "3/4"], "--metre: a music-vae knows only bars like"),
        (["fit", "music-vae", "--work", "w", "--steady", "3"], "--steady: of the examples of a music-vae"),
        (["fit", "performance", "--work", "w", "--steady", "3"], "--steady: of the examples of a performance"),
        (["fit", "piano-genie", "--work", "w", "--steady", "3"], "--steady: of the examples of a piano-genie"),
        (["fit", "piano-genie", "--work", "w", "--set", "rnn_nunits=0"], "rnn_nunits=0: it must be a whole number"),
        (["fit", "drums", "--work", "w", "--weight", "Rock=2", "--weight", "rock=3"], "--weight: rock is given twice"),
        (
            ["fit", "drums", "--work", "w", "--from", str(DRUMS), "--set", "attn_length=16"],
            "--set attn_length=16: drum_kit cannot be begun with, since it has attn_length=0",
        ),
        (
            ["fit", "drums", "--work", "w", "--from", str(DRUMS), "--set", "rnn_layer_sizes=[8]"],
            "--set rnn_layer_sizes=[8]: drum_kit cannot be begun with, since it has rnn_layer_sizes=[128, 128]",
        ),
        (["judge", str(DRUMS), "--data", "d", "--metre", "3/32"], "--metre: the lower number of a metre is 1, 2, 4, 8"),
        (["watch", "--work", "w"], "nothing has been trained there yet"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    words: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 1
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--metre", "waltz"], "a metre is written 3/4 or 7/8"),
        (["--minutes", "0"], "a number of minutes is needed"),
        (["--steps", "-1"], "a whole number from 1 is needed"),
        (["--threads", "5000"], "threads are a whole number from 1 to 256, not '5000'"),
        (["--threads", "0"], "threads are a whole number from 1 to 256, not '0'"),
        (["--every", "soon"], "a number of seconds is needed"),
        (["--weight", "rock"], "a name and a number to 100 are needed"),
        (["--weight", "rock=often"], "a name and a number to 100 are needed"),
        (["--weight", "rock=-1"], "a name and a number to 100 are needed"),
        (["--steady", "0"], "a number of 0.01 to 100 is needed"),
    ],
)
def test_what_is_mistyped_is_told(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["train", "fit", "drums", *words])
    assert left.value.code == 2
    assert why in capsys.readouterr().err


def test_without_magenta_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "magenta" else found(name))
    assert main(["train", "drums", "--data", str(tmp_path), "--work", str(tmp_path / "work")]) == 1
    assert "`make magenta`" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_two_trainings_never_share_a_folder(tmp_path: Path) -> None:
    with (
        Workspace(tmp_path).claimed(),
        pytest.raises(ReverieError, match="at work in this folder"),
        Workspace(tmp_path).claimed(),
    ):
        pass
    with Workspace(tmp_path).claimed():
        pass


def test_the_folder_of_a_training_follows_recipe_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    folders = {
        work_folder(recipe_of(model), data)
        for model in ("drums", "melody")
        for data in (tmp_path / "one", tmp_path / "two")
    }
    assert len(folders) == 4
    assert all(folder.parent == tmp_path / "reverie" / "training" for folder in folders)


def test_more_bars_than_can_be_judged_are_a_mistyped_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["train", "judge", "drum_kit", "--data", ".", "--bars", "17"])
    assert left.value.code == 2
    assert "bars are a whole number from 1 to 16, not '17'" in capsys.readouterr().err
