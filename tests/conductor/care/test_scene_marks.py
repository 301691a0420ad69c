"""A scene with which Reverie crashes again and again is left for a safe one, until somebody mends it or asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.recipes import recipe
from fakes.scenes import TEXT
from reverie.compose.arrangement import Arrangement
from reverie.compose.composer import Composed
from reverie.conductor.arranging import repertoire
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.care.lives import Lives
from reverie.conductor.care.scene_marks import FILE, SceneMarks
from reverie.processes.worker_life import Death
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.site.actions import Action, ControlError
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopAnswered, Moment

ANSWERED = LoopAnswered(Moment(0.0, 0.0), Composed(recipe(), None, {}, {}), 1.0)
SCENES = {name: TEXT.replace("name: study", f"name: {name}") for name in ("study", "other")}


def theatre_in(folder: Path) -> Theatre:
    theatre = Theatre(folder, SCENES)
    theatre.begin()
    theatre.play(2)
    return theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return theatre_in(tmp_path)


def crash(
    theatre: Theatre, role: str = "composer", times: int = 1, *, crash: bool = True, answers: bool = True
) -> None:
    for _ in range(times):
        worker = theatre.workers[role]
        if answers:
            theatre.conductor.bus.publish(ANSWERED)
        worker.listener.died(role, Death("signal", f"The {role} was ended by signal 11.", crash=crash), 0.0)
        worker.starts()
        theatre.clock.go(60)
    theatre.hear()


def test_three_crashes_within_an_hour_mark_the_scene_and_a_safe_one_plays(theatre: Theatre) -> None:
    crash(theatre, times=2)
    assert theatre.conductor.playing == "study"
    crash(theatre, "player")
    assert theatre.conductor.playing == "other"
    assert theatre.faults["scene-marked study"].startswith("The scene study is not played any more")
    [fault] = [one for one in theatre.status["faults"] if one["id"] == "scene-marked"]
    assert "`reverie do scene NAME`" in fault["advice"]
    theatre.conductor.look()
    assert theatre.conductor.playing == "other"


def test_crashes_of_other_hours_and_ends_by_somebodys_hand_mark_nothing(theatre: Theatre) -> None:
    crash(theatre, times=9, crash=False)
    for _ in range(9):
        crash(theatre)
        theatre.clock.go(3600)
    assert theatre.conductor.playing == "study"


def test_crashes_with_one_scene_are_not_anothers(theatre: Theatre) -> None:
    crash(theatre, times=2)
    theatre.conductor.play_scene("other")
    crash(theatre, times=2)
    assert not [name for name in theatre.faults if name.startswith("scene-marked")]


def test_who_asks_for_it_by_name_clears_the_mark_and_next_passes_it_over(theatre: Theatre) -> None:
    crash(theatre, times=3)
    assert not theatre.conductor.play_scene("study"), "so does the programme ask"
    with pytest.raises(ControlError):
        theatre.conductor._console._acts.do(Action("next"))
    assert theatre.conductor.playing == "other"
    theatre.conductor._console._acts.do(Action("scene", "study"))
    assert theatre.conductor.playing == "study"
    assert "scene-marked study" not in theatre.faults


def test_an_edit_clears_the_mark(theatre: Theatre) -> None:
    crash(theatre, times=3)
    path = theatre.write("study", SCENES["study"].replace("tempo: 120", "tempo: 121"))
    assert path in theatre.conductor.watched_files()
    theatre.conductor.files_changed({path})
    assert "scene-marked study" not in theatre.faults
    assert theatre.conductor.play_scene("study")


def test_a_mark_lasts_over_a_restart_and_so_do_crashes_of_the_whole_daemon(tmp_path: Path) -> None:
    clock, faults = HandClock(), Faults()
    (tmp_path / "state").mkdir()
    for life in range(3):
        lives = Lives(tmp_path / "state", faults, clock)
        lives.begin()
        assert lives.died == (life > 0)
    theatre = theatre_in(tmp_path)
    assert theatre.conductor.playing == "study"
    for folder in (tmp_path / "scenes").iterdir():
        folder.unlink()
    (tmp_path / "scenes").rmdir()
    kept = json.loads((tmp_path / "state" / FILE).read_text())
    kept["crashes"] = {"study": [theatre.clock.wall()] * 2}
    (tmp_path / "state" / FILE).write_text(json.dumps(kept))
    assert theatre_in(tmp_path).conductor.playing == "other"
    assert SceneMarks(tmp_path / "state", Faults(), clock, 3)._marked


def test_a_power_cut_is_no_crash(tmp_path: Path) -> None:
    lives = Lives(tmp_path, Faults(), HandClock())
    lives.begin()
    kept = json.loads((tmp_path / "lives.json").read_text())
    (tmp_path / "lives.json").write_text(json.dumps(kept | {"boot": "another"}))
    after = Lives(tmp_path, Faults(), HandClock())
    assert (after.last_end, after.died) == ("cut off", False)


@pytest.mark.parametrize("kept", ["", "[]", '{"marked": 3, "crashes": {"study": ["x", null, {}]}, "plays": [1]}', "\0"])
def test_whatever_lies_in_its_place_costs_no_music(tmp_path: Path, kept: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text(kept)
    theatre = theatre_in(tmp_path)
    crash(theatre, times=3)
    assert theatre.conductor.playing == "other"


def test_all_scenes_could_be_marked_and_then_nothing_played(tmp_path: Path) -> None:
    theatre = theatre_in(tmp_path)
    kept = {name: SceneFolder([theatre.folder]).load(name).scene.hash for name in SCENES}
    again = tmp_path / "again"
    (again / "state").mkdir(parents=True)
    (again / "state" / FILE).write_text(json.dumps({"marked": kept}))
    after = theatre_in(again)
    assert after.conductor.playing == "study", "the site's own scene before any other"
    assert sorted(name for name in after.faults if name.startswith("scene-marked")) == [
        "scene-marked other",
        "scene-marked study",
    ]


def test_whatever_played_was_marked_though_the_cause_was_another(theatre: Theatre) -> None:
    crash(theatre, "player", times=3)
    assert theatre.conductor.playing == "other"
    crash(theatre, "player")
    assert not [name for name in theatre.faults if name.startswith("scene-marked")]
    crash(theatre, "player", times=9)
    assert not [name for name in theatre.faults if name.startswith("scene-marked")]
    theatre.clock.go(3600)
    crash(theatre, "player", times=3)
    assert "scene-marked other" in theatre.faults


def test_a_composer_that_could_not_start_marked_one_scene_after_the_other(theatre: Theatre) -> None:
    crash(theatre, times=1)
    crash(theatre, times=9, answers=False)
    assert theatre.conductor.playing == "study"
    assert not [name for name in theatre.faults if name.startswith("scene-marked")]


def test_one_scene_whose_arranging_raises_ended_every_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def failing(scene: Scene, *arguments: Any, **options: Any) -> Arrangement:
        tried.append(scene.name)
        if scene.name == "study":
            raise ZeroDivisionError("a mistake in arranging")
        return arrange(scene, *arguments, **options)

    monkeypatch.setattr(repertoire, "arrange", failing)
    theatre = theatre_in(tmp_path)
    assert theatre.conductor.playing == "other"
    assert "cannot be made ready (a mistake in arranging)" in theatre.faults["scene-broken study"]
    for _ in range(5):
        assert not theatre.conductor.play_scene("study")
    assert tried.count("study") == 1, "it is left alone for a while"
    theatre.clock.go(repertoire.AGAIN)
    assert not theatre.conductor.play_scene("study")
    assert tried.count("study") == 2
    monkeypatch.undo()
    theatre.write("study", SCENES["study"].replace("tempo: 120", "tempo: 121"))
    assert theatre.conductor.play_scene("study")
    assert "scene-broken study" not in theatre.faults
