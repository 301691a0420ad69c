"""The time of day of a course."""

from __future__ import annotations

from reverie.compose.course import Course, NoCourse, ReplacedCourse
from reverie.compose.day_time import at_time, first_bars_time, form_of
from reverie.compose.ending_course import EndingCourse
from reverie.compose.form_curves import Curve
from reverie.compose.mix_course import MixCourse, VoiceMix
from reverie.compose.mood_course import Guards, MoodCourse
from reverie.compose.scene_form import FormVoice, SceneForm
from reverie.music.time import Tempo

HOUR = 3600.0
FORM = SceneForm(
    (FormVoice("pad"),), bar_seconds=60.0, day={"dynamics": Curve(((0.25, 0.5), (0.75, 1.0)), closed=True)}
)


def _loud(course: Course, bar: int) -> float:
    return course.at(bar).voice("pad").dynamics


def test_the_form_is_found_below_mix_moods_ending_and_what_was_replaced() -> None:
    mixed = MixCourse({"pad": VoiceMix(level=-3.0)}, FORM)
    moody = MoodCourse(mixed, {}, Guards(), {}, Tempo(60))
    ending = EndingCourse(moody, 2000, 8, ("pad",))
    course = ReplacedCourse(NoCourse(), ending, 100)
    assert form_of(course) is FORM
    assert form_of(MixCourse({})) is None
    assert form_of(None) is None
    moved = at_time(course, 18 * HOUR)
    assert form_of(moved) == SceneForm(FORM.voices, bar_seconds=60.0, begins_at=18 * HOUR, day=FORM.day)
    assert (_loud(course, 720), _loud(moved, 720)) == (0.75, 0.5)
    assert moved == at_time(ending, 18 * HOUR), "what held before is kept by whoever changes it"
    assert moved.at(200).voice("pad").controls == course.at(200).voice("pad").controls != ()
    assert at_time(NoCourse(), 0.0) == NoCourse()


def test_the_time_of_the_first_bar_follows_from_that_of_any_other() -> None:
    assert first_bars_time(7 * HOUR, 60, 60.0) == 6 * HOUR
    assert first_bars_time(1 * HOUR, 120, 60.0) == 23 * HOUR
