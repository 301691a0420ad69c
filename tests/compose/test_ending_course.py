"""The end of a scene, bar for bar."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.course import Course, NoCourse
from reverie.compose.ending_course import EndingCourse
from reverie.compose.scene_form import FormSection, FormVoice, SceneForm

NAMES = ("pad", "bass", "drums", "lead")
FORM = SceneForm(
    tuple(map(FormVoice, NAMES)),
    (FormSection("a", (6, 10), NAMES, ((1, 1.0),), enter=2), FormSection("b", (8,), ("bass", "lead"), ((0, 1.0),))),
    seed=2,
)


def _sounding(course: Course, bar: int) -> list[str]:
    return [name for name in NAMES if course.at(bar).voice(name).sounds]


def test_voices_leave_one_after_the_other_and_after_the_last_bar_nothing_sounds() -> None:
    course = EndingCourse(NoCourse(), 100, 8, NAMES)
    assert course.at(99) == NoCourse().at(99)
    assert [len(_sounding(course, bar)) for bar in range(98, 110)] == [4, 4, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0]
    assert _sounding(course, 107) == ["pad"]
    assert [course.at(bar).voice("pad").figure for bar in range(104, 109)] == ["", "", "", "last", ""]


def test_it_becomes_softer_sparser_and_slower_step_by_step() -> None:
    course = EndingCourse(NoCourse(), 4, 8, NAMES, dynamics=0.5, density=0.6, tempo=0.9)
    states = [course.at(bar) for bar in range(3, 12)]
    pads = [one.voice("pad") for one in states]
    for values, end in (
        ([one.dynamics for one in pads], 0.5),
        ([one.density for one in pads], 0.6),
        ([one.tempo for one in states], 0.9),
    ):
        assert values == sorted(values, reverse=True)
        assert (values[0], values[-1]) == (1.0, end)
        assert len({*values}) == 9


def test_as_many_bars_as_voices_or_fewer_are_enough() -> None:
    for bars in range(1, 9):
        course = EndingCourse(NoCourse(), 4, bars, NAMES)
        counts = [len(_sounding(course, bar)) for bar in range(3, 5 + bars)]
        assert counts == sorted(counts, reverse=True)
        assert (counts[0], counts[-2] >= 1, counts[-1]) == (4, True, 0)


@given(st.integers(0, 400), st.integers(1, 32), st.integers(0, 50))
@settings(deadline=None, max_examples=60)
def test_nobody_comes_in_and_no_section_begins_in_an_ending(first: int, bars: int, seed: int) -> None:
    course = EndingCourse(replace(FORM, seed=seed), first, bars, NAMES)
    before = {*_sounding(course.inner, max(first - 1, 0))}
    for bar in range(first, first + bars + 3):
        now = {*_sounding(course, bar)}
        assert now <= before
        before = now
        section = course.at(bar).section
        assert section
        assert section.end_bar == first + bars
        assert section.first_bar <= max(first - 1, 0)
    assert not before
    for name in NAMES:
        found = course.begins(name, first - 2)
        assert found is None or found < max(first, 1)


def test_an_ending_takes_time() -> None:
    with pytest.raises(ValueError, match="1 bar or more"):
        EndingCourse(NoCourse(), 4, 0, NAMES)


def test_an_ending_that_goes_on_does_not_search_the_form_with_each_bar_and_voice() -> None:
    asked: list[int] = []

    class Form(NoCourse):
        def begins(self, voice: str, after: int) -> int | None:
            del voice
            asked.append(after)
            return after + 1

    course = EndingCourse(Form(), 8, 8, NAMES)
    assert [course.begins("pad", after) for after in range(4, 12)] == [5, 6, 7, *[None] * 5]
    assert asked == [4, 5, 6]
