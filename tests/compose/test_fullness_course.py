"""Scenes that are thinned out, and that fill up."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from reverie.compose.course import BarState, Course, NoCourse, ReplacedCourse, VoiceState
from reverie.compose.dream_course import dreaming
from reverie.compose.ending_course import EndingCourse, without_ending
from reverie.compose.fullness_course import Fullness, FullnessCourse, ending_of, fullness_of, without_fullness
from reverie.compose.mood_stack import MoodStack
from reverie.music.time import Schedule

VOICES = ("pad", "lead", "bass", "beat")


def sounding(course: Course, bar: int) -> list[str]:
    state = course.at(bar)
    return [name for name in VOICES if state.voice(name).sounds]


def thinning(**options: object) -> FullnessCourse:
    return FullnessCourse(NoCourse(), replace(Fullness(8, 11, 1.0, 0.0), **options), VOICES)


def test_voices_leave_one_by_one_and_the_first_stays() -> None:
    course = thinning()
    assert [len(sounding(course, bar)) for bar in (0, 7, 8, 11, 15, 18, 19, 100)] == [4, 4, 3, 3, 2, 1, 1, 1]
    assert sounding(course, 100) == ["pad"]
    assert sounding(course, 11) == ["pad", "lead", "bass"]


def test_density_and_dynamics_go_to_their_factors_of_what_they_are() -> None:
    @dataclass(frozen=True)
    class Half(NoCourse):
        def at(self, bar: int) -> BarState:
            del bar
            return BarState(voices={"pad": VoiceState(density=0.5, dynamics=0.8)})

    course = FullnessCourse(Half(), Fullness(8, 11, 1.0, 0.0, density=0.5, dynamics=0.5), VOICES)
    states = [course.at(bar).voice("pad") for bar in (7, 8, 13, 19, 100)]
    assert [one.density for one in states] == sorted((one.density for one in states), reverse=True)
    assert (states[0].density, states[-1].density) == (0.5, 0.25)
    assert (states[0].dynamics, states[-1].dynamics) == (0.8, 0.4)


def test_it_fills_up_and_says_where_each_voice_begins() -> None:
    course = FullnessCourse(NoCourse(), Fullness(0, 11, 0.0, 1.0), VOICES)
    assert [len(sounding(course, bar)) for bar in (0, 3, 7, 11, 12)] == [1, 2, 3, 4, 4]
    entries = {name: course.begins(name, 0) for name in VOICES}
    assert entries == {"pad": None, "lead": 3, "bass": 7, "beat": 11}
    assert course.begins("lead", 3) is None
    assert course.at(50) == BarState()


def test_whoever_rests_by_its_schedule_leaves_nobody_alone_in_silence() -> None:
    schedules = {"pad": Schedule(2, ((1, 1),))}
    course = FullnessCourse(NoCourse(), Fullness(0, 0, 0.0, 0.0), VOICES, schedules)
    assert "pad" in sounding(course, 0)
    assert sounding(course, 1) == ["lead"]


def test_not_more_leave_than_may() -> None:
    assert len(sounding(thinning(fewest=3), 100)) == 3
    assert len(sounding(thinning(fewest=9), 100)) == 4


@pytest.mark.parametrize("wrapped", ["plain", "replaced", "ended"])
def test_it_is_found_and_taken_off_wherever_it_lies(wrapped: str) -> None:
    course: Course = thinning()
    if wrapped == "replaced":
        course = ReplacedCourse(NoCourse(), course, 4)
    if wrapped == "ended":
        course = EndingCourse(course, 30, 4, VOICES)
    assert fullness_of(course) == thinning().fullness
    bare = without_fullness(course)
    assert fullness_of(bare) is None
    assert bare is not None
    assert len(sounding(bare, 25)) == 4
    assert (ending_of(course) is not None) is (wrapped == "ended")


def test_it_stays_where_an_end_is_taken_off_and_has_no_dreams_of_its_own() -> None:
    assert without_ending(EndingCourse(thinning(), 30, 4, VOICES)) == thinning()
    assert dreaming(thinning(), MoodStack()) is None
