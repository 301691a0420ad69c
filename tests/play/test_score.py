"""The score: which loop sounds in which bar."""

from __future__ import annotations

from dataclasses import replace

from fakes.playing import LEAD, loop, place, scene
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Schedule
from reverie.play.score import SceneScore


def two_bars(pitch: int) -> Loop:
    """A loop of which each bar has its own pitch: `pitch` and the one above."""
    return loop(Note(0, 10, pitch), Note(1920, 10, pitch + 1), bars=2)


def pitches(score: SceneScore, bar: int) -> list[int]:
    return [note.pitch for _, note in score.notes(bar)]


def test_loops_follow_one_another_and_the_last_is_repeated() -> None:
    score = SceneScore(scene())
    score.place(place(two_bars(60), 0, times=2))
    score.place(place(two_bars(70), 4))

    assert [pitches(score, bar) for bar in range(8)] == [[60], [61], [60], [61], [70], [71], [70], [71]]
    assert score.repeated(5) == ()
    assert score.repeated(6) == ("lead",)


def test_a_late_loop_is_entered_in_its_midst() -> None:
    score = SceneScore(scene())
    score.place(place(two_bars(60), 0))
    assert pitches(score, 2) == [60]
    score.place(place(two_bars(70), 2, times=4))

    assert pitches(score, 3) == [71]
    assert score.repeated(3) == ()


def test_a_gap_is_filled_with_the_loop_before_it() -> None:
    score = SceneScore(scene())
    score.place(place(two_bars(60), 0))
    score.place(place(two_bars(70), 4))

    assert pitches(score, 3) == [61]
    assert score.repeated(3) == ("lead",)
    assert pitches(score, 4) == [70]


def test_nothing_sounds_before_the_first_loop() -> None:
    score = SceneScore(scene())
    assert not score.ready
    score.place(place(two_bars(60), 2))

    assert score.ready
    assert pitches(score, 1) == []
    assert score.repeated(1) == ()
    assert pitches(score, 2) == [60]


def test_a_part_that_rests_by_schedule_needs_nothing_new() -> None:
    score = SceneScore(scene(replace(LEAD, schedule=Schedule(4, ((1, 2),)))))
    score.place(place(two_bars(60), 0))

    assert [pitches(score, bar) for bar in range(6)] == [[60], [61], [], [], [60], [61]]
    assert [score.repeated(bar) for bar in (2, 3, 4)] == [(), (), ("lead",)]


def test_depth_counts_what_waits_and_ends_say_until_when() -> None:
    score = SceneScore(scene())
    for start in (0, 2, 4):
        score.place(place(two_bars(60), start))

    assert [score.depths(bar)["lead"] for bar in range(6)] == [2, 2, 1, 1, 0, 0]


def test_what_is_not_meant_for_the_scene_is_dropped() -> None:
    score = SceneScore(scene(epoch=5))
    score.place(place(two_bars(60), epoch=4))
    score.place(place(two_bars(60), epoch=5, part="nobody"))
    score.place(place(Loop(1, Metre(3, 4), (Note(0, 1, 60),)), epoch=5))
    assert not score.ready


def test_the_past_is_forgotten() -> None:
    score = SceneScore(scene())
    for start in range(1000):
        score.place(place(two_bars(60), start))
        pitches(score, start)
    assert len(score._parts["lead"]._passages) == 1


def test_a_part_that_rests_forgets_the_past_too() -> None:
    score = SceneScore(scene())
    for start in range(1000):
        score.place(place(two_bars(60), start))
        assert score.depths(start) == {"lead": 0}  # all that the player asks while it rests
    assert len(score._parts["lead"]._passages) == 1
