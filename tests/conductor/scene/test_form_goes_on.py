"""A scene with a form is changed while it plays: it goes on in the section, and in its bar, where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.compose.bar_plans import bar_plan
from reverie.compose.form_goes_on import going_on
from reverie.compose.scene_form import FormSection, FormVoice, SceneForm

FORM = """
form:
  order: drawn
  opening: 0
  sections:
    - {name: day, bars: [8, 12], dynamics: [0.6, 1.2]}
    - {name: night, bars: [6, 10], voices: [lead], harmony: low}
    - {name: dusk, bars: 4, dynamics: 0.5}
harmony:
  sections:
    - {chords: "Dm7 | G7"}
    - {name: low, chords: "Am7 | D7"}
"""
SCENE = FORM[1:] + TEXT
PLAYED = 45
"""Bars that have gone out."""


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": SCENE})
    theatre.begin()
    for _ in range(PLAYED):
        theatre.answer()
        theatre.play()
    return theatre


def change(theatre: Theatre, text: str) -> None:
    theatre.conductor.files_changed({theatre.write("study", text)})
    theatre.hear()


def sections(theatre: Theatre, first: int, end: int) -> list[tuple[str, int, int]]:
    """Name, number and bar of the section in each bar."""
    music = theatre.conductor.music
    assert music
    assert music.course
    spots = [(bar, music.course.at(bar).section) for bar in range(first, end)]
    return [(spot.name, spot.number, bar - spot.first_bar) for bar, spot in spots if spot]


def test_where_the_form_is_as_it_was_every_section_to_come_is_too(theatre: Theatre) -> None:
    before = sections(theatre, PLAYED, PLAYED + 200)
    status = theatre.status["form"]
    change(theatre, SCENE.replace("velocity: [50, 90]", "velocity: [40, 80]"))
    assert theatre.scenes_set[-1].first_bar == PLAYED + 1
    assert sections(theatre, PLAYED, PLAYED + 200) == before
    theatre.answer()
    theatre.play()
    after = theatre.status["form"]
    assert (after["section"], after["bar"]) in {(status["section"], status["bar"] + 1), (status["next"], 1)}
    music = theatre.conductor.music
    assert theatre.score
    assert music
    for bar in range(theatre.bar + 1, theatre.bar + 9):
        planned = bar_plan(music.course, music.arrangement.parts, bar)
        assert theatre.score._plans.at(bar).parts == planned.parts, "the player is told the same"


@pytest.mark.parametrize("text", ["bars: [8, 12]", "bars: [6, 10]", "bars: 4"])
def test_where_lengths_change_it_goes_on_in_the_section_that_sounds_and_in_its_bar(theatre: Theatre, text: str) -> None:
    [(name, _, place)] = sections(theatre, PLAYED, PLAYED + 1)
    longer = text.replace("8, 12", "24, 32").replace("6, 10", "18, 20").replace(": 4", ": 16")
    change(theatre, SCENE.replace(text, longer))
    [(after, _, there)] = sections(theatre, PLAYED, PLAYED + 1)
    assert (after, there) == (name, place)
    music = theatre.conductor.music
    assert music
    assert music.course
    spot = music.course.at(PLAYED).section
    assert spot
    assert sections(theatre, spot.end_bar, spot.end_bar + 1)[0][2] == 0, "what follows begins with its first bar"


def test_a_change_after_a_change_goes_on_too(theatre: Theatre) -> None:
    change(theatre, SCENE.replace("bars: [8, 12]", "bars: [24, 32]"))
    before = sections(theatre, PLAYED + 1, PLAYED + 100)
    theatre.play()
    change(theatre, SCENE.replace("bars: [8, 12]", "bars: [24, 32]").replace("title: A study", "title: Another"))
    assert sections(theatre, PLAYED + 1, PLAYED + 100) == before


def test_the_chords_are_those_of_the_section(theatre: Theatre) -> None:
    change(theatre, SCENE.replace("bars: [8, 12]", "bars: [24, 32]"))
    music = theatre.conductor.music
    assert music
    assert music.arrangement.harmony
    for bar, (name, *_) in enumerate(sections(theatre, PLAYED, PLAYED + 80), start=PLAYED):
        symbol = music.arrangement.harmony.at(bar).spans[0].symbol
        if name == "night":
            assert symbol in {"Am7", "D7"}


NAMES = ("pad", "bass")
OLD = SceneForm(
    tuple(map(FormVoice, NAMES)),
    (FormSection("a", (5, 9), NAMES, ((1, 1.0),)), FormSection("b", (4, 7), NAMES, ((0, 1.0), (1, 1.0)))),
    seed=3,
)


@given(st.integers(0, 3000), st.integers(1, 12), st.integers(1, 12))
@settings(deadline=None, max_examples=60)
def test_whatever_the_lengths_name_and_bar_are_kept_as_far_as_the_section_is_long(bar: int, one: int, two: int) -> None:
    sections = (replace(OLD.sections[0], bars=(one,)), replace(OLD.sections[1], bars=(two,)))
    new = going_on(replace(OLD, sections=sections), OLD, bar)
    before, after = OLD.spot(bar), new.spot(bar)
    assert before
    assert after
    assert after.name == before.name
    assert bar - after.first_bar == min(bar - before.first_bar, after.bars - 1)
    assert new.at(bar).section == after


def test_a_form_without_the_section_or_without_any_begins_where_its_bar_is() -> None:
    other = replace(OLD, sections=(replace(OLD.sections[0], name="c", ways=((0, 1.0),)),))
    assert going_on(other, OLD, 100) == other
    assert going_on(OLD, None, 100) == OLD
    assert going_on(OLD, replace(OLD, sections=()), 100) == OLD
    assert going_on(OLD, OLD, 100) == OLD
