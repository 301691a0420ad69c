"""How the player is to play the bars to come: silence, loudness, tempo and controllers, as the scene has them."""

from __future__ import annotations

from reverie.compose.bar_plans import bar_plans
from reverie.compose.course import Course
from reverie.compose.ensemble import Ensemble
from reverie.play.messages import TellBars

AHEAD = 8
"""Bars for which the player knows the plans at least; it is told those of twice as many at a time."""


class BarPlansTold:
    """Up to which bar a life of the player knows the plans of an ensemble, and by which course."""

    def __init__(self) -> None:
        self._until: int | None = None
        self._course: Course | None = None

    def due(self, ensemble: Ensemble) -> TellBars | None:
        """What is to be told now; None as long as enough is known, or if there never was a course.

        Where the course has changed all is told anew from the bar on that follows the one that sounds; from the first
        on, if none has sounded.
        """
        course, now = ensemble.course, max(ensemble.bar + 1, 0)
        changed = course is not self._course and course != self._course
        if self._until is None:
            if course is None:
                return None
            first = now
        elif changed:
            first = now + 1 if ensemble.begun else now
        elif self._until - now >= AHEAD:
            return None
        else:
            first = max(self._until, now)
        self._course, self._until = course, now + 2 * AHEAD
        plans = tuple(bar_plans(course, ensemble.arrangement.parts, first, self._until))
        return TellBars(ensemble.epoch, first, plans)
