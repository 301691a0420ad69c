"""Another stack of dreams for a course, wherever in it the moods are."""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.course import Course, ReplacedCourse
from reverie.compose.ending_course import EndingCourse
from reverie.compose.fullness_course import FullnessCourse
from reverie.compose.mix_course import MixCourse
from reverie.compose.mood_course import MoodCourse
from reverie.compose.mood_stack import MoodStack


def dreaming(course: Course | None, stack: MoodStack) -> Course | None:
    """The course as it would be under other dreams; None if it has no moods.

    Of one that replaces another, only what holds last: :meth:`Ensemble.change_course
    <reverie.compose.ensemble.Ensemble.change_course>` keeps what came before.
    """
    match course:
        case MoodCourse():
            return course.dreaming(stack)
        case ReplacedCourse():
            return dreaming(course.after, stack)
        case MixCourse() | EndingCourse() | FullnessCourse():
            inner = dreaming(course.inner, stack)
            return None if inner is None else replace(course, inner=inner)
        case _:
            return None
