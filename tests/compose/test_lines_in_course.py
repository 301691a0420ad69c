"""What lines make of the course of a scene: loops begin where sections do, and nothing is composed for silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.courses import VOICES, Play, WrittenCourse, always_on
from fakes.scenes import scene
from reverie.compose.course import Course, VoiceState, replaced
from reverie.compose.ensemble import HEARS_AHEAD, Ensemble
from reverie.compose.relations import Relation
from reverie.conductor.arranging.arrange import arrange


def test_no_loop_goes_on_over_a_beginning_and_something_begins_exactly_there() -> None:
    course = WrittenCourse((("a", 7), ("b", 5)))
    play = Play(course, then=("continue",))
    play.go(60)
    for voice in VOICES:
        starts = play.starts(voice)
        for begin in (0, 7, 12, 19, 24, 31, 36, 43, 48, 55):
            assert begin in starts
            [before, after] = [play.heard[begin - 1][voice], play.heard[begin][voice]] if begin else ["", "x"]
            assert before != after


def test_a_loop_that_does_not_divide_its_section_is_cut_by_what_begins() -> None:
    play = Play(WrittenCourse((("a", 7),)), bars=4, hold=8, longest=99)
    play.go(30)
    assert [(place.start_bar, place.times) for place in play.places("beat")][:3] == [(0, 2), (7, 2), (14, 2)]


def test_a_scene_without_a_course_is_placed_as_ever() -> None:
    assert Play(None).performance.fill() == Play(None).performance.fill()
    play = Play(None, hold=3)
    play.go(20)
    assert play.starts("lead")[:3] == [0, 6, 12]


def test_nothing_is_composed_for_silence_and_a_voice_comes_in_with_its_first_bar() -> None:
    course = WrittenCourse((("with", 8), ("without", 120)), {"without": ("lead",)})
    play = Play(course)
    play.go(250)
    starts = play.starts("lead")
    assert all(start % 128 < 8 for start in starts)
    assert {0, 128} <= {*starts}
    first = {place.recipe: place for place in reversed(play.places("lead")) if place.recipe in play.asked_in}
    for place in first.values():
        if place.start_bar >= 128:
            assert place.start_bar - play.asked_in[place.recipe] <= HEARS_AHEAD + 8
    assert len([one for one in play.asked if one.voice == "beat"]) > 50


def test_a_voice_that_is_silent_first_keeps_no_scene_from_beginning() -> None:
    course = WrittenCourse((("without", 100), ("with", 100)), {"without": ("lead",)})
    for reserve in (False, True):
        play = Play(course, reserve=reserve)
        play.fill()
        assert play.score().ready
        play.go(140)
        first = play.places("lead")[0]
        assert (first.start_bar, first.recipe) == (0, "kept" if reserve else "rest")
        assert play.starts("lead")[1] == 100


def test_a_voice_that_never_sounds_is_never_composed() -> None:
    play = Play(WrittenCourse(silent={"all": ("lead",)}))
    play.go(40)
    assert {one.voice for one in play.asked} == {"beat"}
    assert play.starts("lead") == [0]


def test_who_is_silent_by_the_course_is_not_heard() -> None:
    course = WrittenCourse((("with", 8), ("without", 8)), {"without": ("beat",)})
    listening = (Relation("lock", "beat", 36),)
    plain = always_on(arrange(scene(), {}))
    plans = {name: replace(plan, course=course) for name, plan in plain.plans.items()}
    plans["lead"] = replace(plans["lead"], relations=listening)
    play = Play(course)
    play.performance = Ensemble(replace(plain, plans=plans, course=course), 1, {})
    play.go(64)
    line = [one for one in play.asked if one.voice == "lead"]
    assert {one.voice for recipe in line for one in recipe.heard} == {"beat"}
    hears = [bool(one.heard) for one in line]
    assert any(hears)
    assert not all(hears)


def test_density_register_and_temperature_of_a_bar_are_in_the_recipe_of_its_loop() -> None:
    calm = VoiceState(density=0.5, register=-12, temperature=0.8)
    play = Play(WrittenCourse((("a", 8), ("b", 8)), states={"b": calm}))
    play.go(16)
    found = {(one.limits.low, one.limits.most, one.temperature) for one in play.asked if one.voice == "lead"}
    assert found == {(60, 16.0, 1.0), (48, 8.0, 0.8)}
    assert {one.limits.low for one in play.asked if one.voice == "beat"} == {0}


def test_another_course_is_heard_from_its_bar_on_and_not_before() -> None:
    before, after = WrittenCourse((("a", 8),)), WrittenCourse((("a", 8),), states={"a": VoiceState(register=12)})
    changed, same = Play(before, hold=4), Play(before, hold=4)
    for play in (changed, same):
        play.go(9)
    assert changed.performance.change_course(after, 13) == 13
    for play in (changed, same):
        play.go(40)
    for bar in range(13):
        assert changed.heard[bar] == same.heard[bar]
    assert {one.limits.low for one in changed.asked if one.voice == "lead"} == {60, 72}
    assert changed.heard[16]["lead"] != same.heard[16]["lead"]
    assert changed.heard[16]["beat"] == same.heard[16]["beat"]


def test_a_course_that_only_plays_otherwise_composes_nothing_anew() -> None:
    before = WrittenCourse((("a", 8),))
    softer = WrittenCourse((("a", 8),), states={"a": VoiceState(dynamics=0.5, controls=((74, 3),))})
    changed, same = Play(before), Play(before)
    for play in (changed, same):
        play.go(9)
    changed.performance.change_course(softer, 12)
    for play in (changed, same):
        play.go(20)
    assert changed.heard == same.heard
    assert changed.performance.arrangement.course != before


def test_a_voice_that_another_course_lets_in_begins_with_that_bar() -> None:
    silent, sounding = WrittenCourse((("a", 64),), {"a": ("lead",)}), WrittenCourse((("a", 64),))
    play = Play(silent)
    play.go(10)
    play.performance.change_course(sounding, 21)
    play.go(30)
    assert play.starts("lead")[:2] == [0, 21]
    play.performance.change_course(silent, 45)
    end = max(play.starts("lead"))
    play.go(60)
    assert max(start for start in play.starts("lead") if start < 64) <= max(end, 45)


def test_a_course_that_is_replaced_time_and_again_stays_small() -> None:
    course: Course | None = WrittenCourse((("a", 8),))
    for bar in range(0, 400, 10):
        course = replaced(course, WrittenCourse((("a", 8 + bar),)), bar + 2, heard_from=bar - 32)
    assert str(course).count("ReplacedCourse") < 8


def test_a_course_is_asked_on_either_side_of_where_it_is_replaced() -> None:
    before = WrittenCourse((("a", 8), ("b", 8)), {"b": ("lead",)})
    after = WrittenCourse((("a", 5),))
    both = replaced(before, after, 11, heard_from=0)
    assert [both.at(bar).voice("lead").sounds for bar in (0, 8, 10, 11)] == [True, False, False, True]
    found, bar = list[int](), -1
    while len(found) < 5 and (next_bar := both.begins("lead", bar)) is not None:
        found.append(next_bar)
        bar = next_bar
    assert found == [0, 11, 15, 20, 25]


CHANGES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(0, 3)), max_size=6)


@settings(deadline=None, max_examples=30)
@given(CHANGES, st.integers(1, 6), st.booleans())
def test_whatever_replaces_a_course_loops_begin_with_bars_that_begin(
    changes: Sequence[tuple[int, int, int]], hold: int, over_chords: bool
) -> None:
    courses = (
        WrittenCourse((("a", 8), ("b", 6))),
        WrittenCourse((("a", 5), ("b", 7)), {"b": ("lead",)}),
        WrittenCourse((("a", 9),), states={"a": VoiceState(density=0.6)}),
        WrittenCourse((("c", 16),), {"c": ("beat",)}),
    )
    chords = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR)) if over_chords else None
    play = Play(courses[0], hold=hold, harmony=chords, strictness=0.8)
    for bars_on, ahead, which in changes:
        play.go(bars_on)
        play.performance.change_course(courses[which], play.performance.bar + ahead)
    play.go(20)
    course = play.performance.arrangement.course
    assert course is not None
    first = max(play.performance.bar - 20, 0)
    for voice in VOICES:
        starts = {place.start_bar for place in play.performance.queued() if place.part == voice}
        begin = course.begins(voice, play.performance.bar)
        if begin is not None and begin <= play.performance.bar + 1:
            assert begin in starts
        for bar in range(first, play.performance.bar):
            if course.at(bar).voice(voice).sounds:
                assert play.heard[bar][voice] != "rest"
