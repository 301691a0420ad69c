"""The time of day of a course: it knows the time of its first bar, and is replaced where the clock goes otherwise.

So it stays a pure function of the bar, whatever becomes of clocks, tempi and pauses.
"""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.course import Course, ReplacedCourse
from reverie.compose.ending_course import EndingCourse
from reverie.compose.fullness_course import FullnessCourse
from reverie.compose.mix_course import MixCourse
from reverie.compose.mood_course import MoodCourse
from reverie.compose.scene_form import DAY_SECONDS, SceneForm


def form_of(course: Course | None) -> SceneForm | None:
    """The form that a course goes by last of all; None if it goes by none."""
    match course:
        case SceneForm():
            return course
        case MixCourse() | MoodCourse() | EndingCourse() | FullnessCourse():
            return form_of(course.inner)
        case ReplacedCourse():
            return form_of(course.after)
        case _:
            return None


def at_time(course: Course, begins_at: float) -> Course:
    """The same course, of which bar 0 is at another time of day, in seconds.

    Of one that replaces another, only what holds last: whoever changes the course of a scene keeps what came before.
    """
    match course:
        case SceneForm():
            return replace(course, begins_at=begins_at % DAY_SECONDS)
        case MixCourse() | MoodCourse():
            return course if course.inner is None else replace(course, inner=at_time(course.inner, begins_at))
        case EndingCourse() | FullnessCourse():
            return replace(course, inner=at_time(course.inner, begins_at))
        case ReplacedCourse():
            return at_time(course.after, begins_at)
        case _:
            return course


def first_bars_time(seconds: float, bar: int, bar_seconds: float) -> float:
    """The time of day of bar 0, in seconds, where that of bar ``bar`` is known."""
    return (seconds - bar * bar_seconds) % DAY_SECONDS
