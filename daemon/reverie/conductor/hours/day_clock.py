"""Keeps what changes over the day by the clock of the place, while a scene plays for days.

Bars drift from the clock: by tempi that people or the form set, by pauses, and where the clock itself is set.
"""

from __future__ import annotations

import logging
from datetime import datetime

from reverie.clock import seconds_of_day
from reverie.compose.course import ReplacedCourse
from reverie.compose.day_time import at_time, first_bars_time, form_of
from reverie.compose.ensemble import Ensemble
from reverie.compose.scene_form import DAY_SECONDS

log = logging.getLogger(__name__)

MOST_DRIFT = 600.0
"""Seconds by which the course may be off the clock."""
AHEAD = 32
"""Bars after which a correction holds, so that little of what was composed is composed anew."""


def keep_to_clock(ensemble: Ensemble, local: datetime) -> None:
    """Correct the course of a scene by the local time of the bar that sounds, if something of it changes over the day.

    Args:
        ensemble: what plays.
        local: the time of day where the installation stands.
    """
    course = ensemble.course
    form = form_of(course)
    if course is None or form is None or not form.day:
        return
    begins_at = first_bars_time(seconds_of_day(local), max(ensemble.bar + 1, 0), form.bar_seconds)
    off = (begins_at - form.begins_at + DAY_SECONDS / 2) % DAY_SECONDS - DAY_SECONDS / 2
    if abs(off) > MOST_DRIFT:
        log.info("The bars of %s are %+.0f min off the clock; its day is moved.", ensemble.arrangement.name, -off / 60)
        soonest = course.bar if isinstance(course, ReplacedCourse) else 0
        ensemble.change_course(at_time(course, begins_at), max(ensemble.bar + AHEAD, soonest))
