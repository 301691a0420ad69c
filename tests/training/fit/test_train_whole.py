"""The command from a folder of MIDI to a model that plays, and what is left when it is ended on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from fakes.midi_folders import beats
from fakes.recipes import recipe
from fakes.training_commands import ended, running
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.models.library.index import read_model_file

SMALL = ("--set", "rnn_layer_sizes=[16]", "--set", "batch_size=4")


class Course:
    """A training in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = beats(folder / "beats")
        self.work = folder / "work"
        self.out = folder / "models" / "my_beats.mag"
        self._log = folder / "log"

    def begun(self, steps: int, *more: str) -> AbstractContextManager[subprocess.Popen[str]]:
        words = ["train", "drums", "--data", str(self.data), "--work", str(self.work), "--out", str(self.out)]
        command = [sys.executable, "-m", "reverie", *words, "--steps", str(steps), *SMALL, *more]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return running(command, environment)

    def do(self, steps: int, *more: str) -> str:
        """Run it to its end, which must be good; what it said."""
        with self.begun(steps, *more) as process:
            return ended(process)[0]

    @property
    def history(self) -> list[list[float]]:
        return json.loads((self.work / "progress.json").read_text(encoding="utf-8"))["history"]


def test_from_a_folder_of_midi_to_a_model_that_plays(tmp_path: Path) -> None:
    course = Course(tmp_path)
    said = course.do(5)
    assert "step 5: " in said
    assert "perplexity" in said

    again = course.do(8)
    assert "step 8: " in again
    assert "step 5: " not in again
    assert [step for step, _ in course.history] == sorted({int(step) for step, _ in course.history})

    path = tmp_path / "models" / "my_beats.safetensors"
    training = read_card(path).training
    assert training["data"]["examples"]["train"] > 0
    assert training["hparams"]["rnn_layer_sizes"] == [16]
    assert training["heldout"]["loss"] > 0
    assert training["command"].startswith("reverie train drums --data beats --config drum_kit --set ")
    assert str(tmp_path).encode() not in path.read_bytes()
    assert check(read_bundle(path)) < 1e-4

    model, engine = read_model_file(path), RecurrentEngine()
    engine.load(model)
    assert engine.generate(recipe(kind="drums", model=model.name, model_hash=model.sha256))


@pytest.mark.slow
def test_stock_magenta_generates_from_the_bundle(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.do(2)
    generate = (
        "import reverie.magenta, sys; from magenta.models.drums_rnn import drums_rnn_generate as program;"
        "import tensorflow.compat.v1 as tf; sys.argv[0] = 'drums_rnn_generate'; tf.app.run(program.main)"
    )
    flags = [f"--bundle_file={course.out}", f"--output_dir={tmp_path / 'made'}", "--num_outputs=2", "--num_steps=32"]
    words = [*flags, "--config=drum_kit", "--primer_drums=[(36,)]"]
    done = subprocess.run([sys.executable, "-c", generate, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "made").glob("*.mid"))) == 2


def test_ctrl_c_keeps_the_best_and_says_how_to_go_on(tmp_path: Path) -> None:
    course = Course(tmp_path)
    with course.begun(100_000, "--every", "1") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("step "))
        os.killpg(process.pid, signal.SIGINT)
        _, complained = ended(process, status=130)
    assert "The same command goes on from here" in complained
    assert "reverie train bundle drums --work" in complained
    assert (course.work / "run" / "train" / "checkpoint").exists()
    words = ["train", "bundle", "drums", "--work", str(course.work), "--out", str(course.out), *SMALL]
    done = subprocess.run([sys.executable, "-m", "reverie", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_card(tmp_path / "models" / "my_beats.safetensors").training["data"]["name"] == "beats"


def test_what_was_trained_is_judged_by_the_music_that_was_held_out(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.do(2)
    words = ["train", "judge", str(course.out), "--data", str(course.data), "--work", str(course.work)]
    command = [sys.executable, "-m", "reverie", *words, "--loops", "4", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    judged = json.loads(done.stdout)
    assert judged["perplexity"]["pieces"] == 1
    assert judged["perplexity"]["markov"] < judged["perplexity"]["model"]
    assert (course.work / "judge" / "my_beats.svg").exists()


def test_of_a_folder_of_odd_files_each_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    course = Course(tmp_path)
    (course.data / "empty.mid").touch()
    (course.data / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\1")
    (course.data / "letter.txt").write_text("no music", encoding="utf-8")
    with course.begun(1) as process:
        said, complained = ended(process)
    assert "Read 12 pieces (12 MIDI), left out 3 files." in said
    for name in ("empty.mid", "broken.mid", "letter.txt"):
        assert f"left out: {name}: it " in complained


def test_with_other_music_training_begins_anew(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.do(3)
    beats(course.data / "more", files=3, bars=12)
    course.do(1)
    assert [step for step, _ in course.history] == [1]


def test_once_it_is_no_better_the_same_command_trains_no_more(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.do(2)
    path = course.work / "progress.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(kept | {"stale": 8}), encoding="utf-8")
    assert "Trained 2 steps" in course.do(100)
    ended = json.loads((course.work / "fit.json").read_text(encoding="utf-8"))["ended"]
    assert ended == "no better any more"


def test_a_training_begins_with_the_weights_of_a_model_and_keeps_its_layers(tmp_path: Path) -> None:
    course = Course(tmp_path)
    course.do(30)
    before = course.history[-1][1]
    known = course.out.with_suffix(".safetensors")
    course.work, course.out = tmp_path / "other", tmp_path / "models" / "fine.mag"
    words = ["train", "drums", "--data", str(course.data), "--work", str(course.work), "--out", str(course.out)]
    command = [sys.executable, "-m", "reverie", *words, "--from", str(known), "--set", "batch_size=4", "--steps", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert course.history[0][1] < before + 0.1  # what is drawn begins with 6.2
    training = read_card(tmp_path / "models" / "fine.safetensors").training
    assert training["hparams"]["rnn_layer_sizes"] == [16]
    assert training["recipe"]["begins"].startswith("my_beats ")
    assert " --from my_beats " in training["command"]

    others = [*command[:-6], "--from", str(known), "--set", "rnn_layer_sizes=[8]", "--steps", "1"]
    done = subprocess.run(others, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "my_beats cannot be begun with" in done.stderr
    assert "Traceback" not in done.stderr
