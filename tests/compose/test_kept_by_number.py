"""What is kept at hand of bars: a limited number of values, and nothing else than what would be computed anew."""

from __future__ import annotations

from reverie.compose.course import BarState
from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.mix_course import MixCourse, VoiceMix


def test_the_value_that_came_first_gives_way() -> None:
    kept = KeptByNumber[str](2)
    assert [kept.keep(number, str(number)) for number in (7, 3, 5)] == ["7", "3", "5"]
    assert dict(kept) == {3: "3", 5: "5"}


def test_a_bar_that_was_let_go_is_as_it_was_before() -> None:
    course = MixCourse({"a": VoiceMix(level=-3.0)}, balance=0.5)
    first = course.at(0)
    for bar in range(1000):
        course.at(bar)
    again = course.at(0)
    assert again is not first, "the bar was still kept: the test shows nothing"
    assert (again, type(again)) == (first, BarState)
