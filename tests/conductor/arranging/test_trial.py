"""What a scene's file says can be right and leave a model nothing to play: `reverie check --play` finds it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.engine import BrokenEngine, DiceEngine
from fakes.scenes import TEXT, scene
from reverie.cli.main import main
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.conductor.arranging.check import scene_path
from reverie.conductor.arranging.trial import LOOPS, try_voice
from reverie.music.notes import Note

DENSE = """
name: dense
title: Twelve notes a bar at least, of a model that likes four
tempo: 132
key: D
scale: dorian
voices:
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - - - F4 - - - A4 - - -"
    register: [C4, C6]
    density: [12, 16]
    temperature: 0.1
    output: {channel: 1, program: 11}
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


def complaints(engine: DiceEngine, text: str = TEXT, voice: str = "lead", loops: int = LOOPS) -> list[tuple[str, str]]:
    return list(try_voice(scene(text), voice, {}, engine, loops))


class OnePitch(DiceEngine):
    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        return [Candidate(tuple(Note(240 * place, 120, 62) for place in range(12)))] * recipe.candidates


class Same(DiceEngine):
    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        return [Candidate(tuple(Note(480 * place, 480, 62 + place) for place in range(4)))] * recipe.candidates


class ColdIsSparse(DiceEngine):
    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        return super().generate(recipe, memory) if recipe.temperature > 0.3 else [Candidate(())] * recipe.candidates


class Collapses(DiceEngine):
    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        raise ZeroDivisionError("in the middle of a recipe")


def test_a_voice_that_gets_what_it_asks_for_is_right() -> None:
    assert complaints(DiceEngine()) == []
    assert complaints(DiceEngine(), voice="beat") == []


@pytest.mark.parametrize(
    ("engine", "text", "key", "says"),
    [
        pytest.param(
            DiceEngine(),
            TEXT.replace("    bars: 2", "    density: [15, 16]\n    bars: 2"),
            "density",
            "few",
            id="sparse",
        ),
        pytest.param(OnePitch(), TEXT, "primer", "one pitch", id="one pitch"),
        pytest.param(Same(), TEXT, "temperature", "the loop before once more", id="same"),
        pytest.param(BrokenEngine(), TEXT, "model", "broken", id="broken model"),
        pytest.param(Collapses(), TEXT, "model", "ZeroDivisionError", id="recipe that crashes"),
        pytest.param(
            ColdIsSparse(),
            TEXT.replace("    bars: 2", "    temperature: {from: 1.0, to: 0.2, over: 10000}\n    bars: 2"),
            "density",
            "were empty",
            id="nothing at the other end of its temperature",
        ),
        pytest.param(
            DiceEngine(),
            TEXT.replace('schedule: {every: 4, bars: ["1-3"]}', "schedule: {every: 10000, bars: [9999]}"),
            "schedule",
            "not heard before bar 9999, after 5.6 hours",
            id="schedule that never comes",
        ),
    ],
)
def test_a_voice_that_can_never_play_is_found_and_its_key_is_named(
    engine: DiceEngine, text: str, key: str, says: str
) -> None:
    [(where, sentence)] = complaints(engine, text)
    assert where == key
    assert says in sentence


def test_a_schedule_that_leaves_out_the_bars_with_notes_is_found() -> None:
    class SecondBar(DiceEngine):
        def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
            self.asked.append(recipe)
            pitch = 62 + len(self.asked) % 7
            return [Candidate((Note(1920, 480, pitch), Note(2400, 480, pitch + 3)))] * recipe.candidates

    text = TEXT.replace('schedule: {every: 4, bars: ["1-3"]}', "schedule: {every: 2, bars: [1]}")
    [(where, sentence)] = complaints(SecondBar(), text)
    assert where == "schedule"
    assert "never heard" in sentence


def test_so_many_loops_are_composed_and_no_more() -> None:
    engine = DiceEngine()
    complaints(engine, TEXT.replace("then: [continue, loop, reset]", "then: [continue]"), loops=5)
    assert len(engine.asked) == 5


def write(folder: Path, text: str = DENSE) -> Path:
    path = folder / "dense.yaml"
    path.write_text(text)
    return path


def test_check_finds_by_playing_what_perform_would_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path)
    assert main(["check", str(path)]) == 0
    capsys.readouterr()
    assert main(["check", "--play", "--loops", "4", str(path)]) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"{path}:13:14: Voice lead of dense has had no new loop yet: ")
    assert "Lower the least of its density (it is 12" in said.out
    assert "dense: composing for lead, voice 1 of 1" in said.err
    assert main(["check", "--json", "--play", "--loops", "4", str(path)]) == 1
    [row] = json.loads(capsys.readouterr().out)
    assert (row["line"], row["path"]) == (13, str(path))


def test_check_composes_no_scene_whose_file_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, DENSE.replace("tempo", "tmepo"))
    assert main(["check", "--play", str(path)]) == 1
    said = capsys.readouterr()
    assert "did you mean 'tempo'" in said.out
    assert "composing" not in said.err


def test_check_that_is_interrupted_leaves_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reverie.conductor.arranging.trial.compose", interrupted)
    assert main(["check", "--play", str(write(tmp_path))]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_scene_can_be_named_without_its_folder(tmp_path: Path) -> None:
    assert scene_path(Path("first-light"), None).name == "first-light.yaml"
    assert scene_path(Path("first-light"), None).is_file()
    assert scene_path(Path("nowhere"), None) == Path("nowhere")
    assert scene_path(tmp_path / "first-light", None) == tmp_path / "first-light"


def test_a_performance_in_which_a_voice_gets_nothing_new_says_so_and_has_an_exit_status_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reverie.conductor.offline.on_paper.make_engine", lambda _name: Same())
    path = write(tmp_path, DENSE.replace("density: [12, 16]", "density: [0.5, 16]"))
    target = tmp_path / "dense.mid"
    assert main(["perform", str(path), "--bars", "80", "--midi", str(target)]) == 3
    assert target.stat().st_size > 100
    said = capsys.readouterr()
    assert "Voice lead of dense has had no new loop since bar 1: " in said.err
    assert "dense.mid: " in said.out
