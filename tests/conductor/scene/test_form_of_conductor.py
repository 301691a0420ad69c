"""The form of a scene that plays: status, metrics, markers, and the time of day."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from fakes.conductors import Theatre
from fakes.engine import DiceEngine
from fakes.hand_clock import HandClock
from fakes.playing import Studio, place, steps
from fakes.playing import scene as playing_scene
from fakes.scenes import TEXT
from fakes.scenes import scene as read_scene
from reverie.compose.bar_plans import bar_plans
from reverie.compose.course import ReplacedCourse
from reverie.compose.day_time import form_of
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.performing import perform
from reverie.play.messages import BarPlan, TellBars
from reverie.play.outputs.output import SectionLine
from reverie.play.recording.tape_export import seal_all

mido: Any = importlib.import_module("mido")
FORM = "form: {opening: 0, sections: [{name: day, bars: 4, voices: [beat]}, {name: night, bars: 6}]}"
WITH_FORM = TEXT.replace("seed: 3", f"seed: 3\n{FORM}")
WITH_DAY = TEXT.replace("seed: 3", 'seed: 3\nform: {day: {dynamics: {"06:00": 0.5, "18:00": 1}}}')


def _markers(path: Path) -> list[tuple[int, str]]:
    now, found = 0, list[tuple[int, str]]()
    for message in mido.MidiFile(path, charset="utf-8").tracks[0]:
        now += message.time
        if message.type == "marker":
            found.append((now, message.text))
    return found


def test_the_status_says_where_in_its_form_a_scene_is(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_FORM})
    theatre.begin()
    theatre.answer()
    said: list[Any] = []
    for _ in range(12):
        theatre.play()
        theatre.answer()
        said.append(theatre.status["form"])
    assert said[0] == {
        "chapter": None,
        "section": "day",
        "number": 1,
        "times": 1,
        "bar": 2,
        "bars": 4,
        "next": "night",
        "bars_until_next": 3,
        "voices": ["beat"],
    }
    assert [one["section"] for one in said] == [*["day"] * 3, *["night"] * 6, *["day"] * 3]
    assert (said[3]["voices"], said[3]["next"], said[3]["bar"]) == (["beat", "lead"], "day", 1)
    assert (said[9]["number"], said[9]["times"]) == (3, 2)
    assert b'reverie_section_info{section="day"} 1.0' in theatre.conductor.metrics()[0]


def test_the_first_sentence_was_a_bar_behind_the_line_of_the_section(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_FORM})
    theatre.begin()
    theatre.answer()
    for bar in (2, 3, 4):
        theatre.play()
        theatre.answer()
        status = theatre.status
        assert (status["form"]["bar"], status["bar"]) == (bar, bar)
        assert status["alive"]["sentence"] == f"Playing study, bar {bar}."
        assert f"study, bar {bar}" in status["summary"]["sentence"]


def test_a_scene_without_sections_says_so(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.answer()
    theatre.play(3)
    assert theatre.status["form"] is None
    assert b"reverie_section_info{" not in theatre.conductor.metrics()[0]


def test_a_plan_names_the_section_that_begins_with_its_bar_alone() -> None:
    arrangement = arrange(read_scene(WITH_FORM), {})
    plans = bar_plans(arrangement.course, arrangement.parts, 1, 21)
    assert {plan.bar: plan.section for plan in plans if plan.section} == {4: "night", 10: "day", 14: "night", 20: "day"}


def test_sections_stand_on_the_tape_and_are_told_with_their_bars(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    plans = (BarPlan(0, section="day"), BarPlan(1), BarPlan(2, section="night"))
    studio.tell(playing_scene(), TellBars(1, 0, plans), place(steps(60, 62, 64, 65)))
    studio.play(4)
    lines = [one for one in studio.output.told if isinstance(one, SectionLine)]
    assert lines == [SectionLine("day"), SectionLine("night")]
    studio.player.close()
    (file,) = seal_all(tmp_path / "tape", None)
    marks = [one for one in _markers(file) if not one[1].startswith("life")]
    assert marks == [(0, "one"), (0, "day"), (2 * 1920, "night")]


def test_a_performance_has_a_marker_for_each_section(tmp_path: Path) -> None:
    scene = read_scene(WITH_FORM)
    perform(scene, {}, DiceEngine(), bars=15, seed=1, path=tmp_path / "a.mid", progress=lambda _bar: None)
    bar = 1920
    marks = [(0, "A study"), (0, "day"), (4 * bar, "night"), (10 * bar, "day"), (14 * bar, "night")]
    assert _markers(tmp_path / "a.mid") == marks


def test_a_day_begins_with_the_clock_of_the_place_and_is_kept_by_it(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_DAY}, clock=HandClock("2026-11-28 06:00"))
    theatre.begin()
    theatre.answer()
    music = theatre.conductor.music
    assert music
    form = form_of(music.course)
    assert form
    assert (form.begins_at, form.bar_seconds) == (6 * 3600.0, 2.0)
    theatre.play(2)
    theatre.clock.go(300)
    theatre.conductor.look()
    assert form_of(music.course) is form, "five minutes off are no matter"
    theatre.clock.set_wall(6 * 3600)
    theatre.conductor.look()
    moved = form_of(music.course)
    assert moved
    assert moved.begins_at == 12 * 3600 + 300 - 4
    assert music.course
    assert music.course.at(10).voice("beat").dynamics == form.at(10).voice("beat").dynamics, "what is composed stays"
    assert abs(music.course.at(100).voice("beat").dynamics - 0.75) < 0.01
    theatre.conductor.look()
    assert form_of(music.course) is moved


def test_a_clock_that_runs_away_makes_no_course_ever_longer(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_DAY}, clock=HandClock("2026-11-28 06:00"))
    theatre.begin()
    theatre.answer()
    music = theatre.conductor.music
    assert music
    for _ in range(60):
        theatre.clock.set_wall(3600)
        theatre.conductor.look()
        theatre.play(2)
        theatre.answer()
    course, depth = music.course, 0
    while isinstance(course, ReplacedCourse):
        assert not isinstance(course.after, ReplacedCourse)
        course, depth = course.before, depth + 1
    assert 0 < depth < 45


def test_a_scene_that_is_changed_keeps_its_time_of_day(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_DAY}, clock=HandClock("2026-11-28 06:00"))
    theatre.begin()
    theatre.answer()
    theatre.play(5)
    theatre.clock.go(10)
    theatre.write("study", WITH_DAY.replace("A study", "Another"))
    theatre.conductor.play_scene("study")
    assert theatre.conductor.music
    form = form_of(theatre.conductor.music.course)
    assert form
    assert form.begins_at == 6 * 3600.0
