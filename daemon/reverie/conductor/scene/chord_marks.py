"""The chords of a scene for those who follow along: the player's tape and its listeners, files, and the status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reverie.compose.course import Course
from reverie.compose.ensemble import Ensemble
from reverie.compose.mood_course import MoodHarmony, bar_under, harmony_under
from reverie.compose.scene_harmony import ToldHarmony
from reverie.play.messages import ChordMark, TellChords

AHEAD = 8
"""Bars for which the player knows the chords at least; it is told those of twice as many at a time."""


def chord_marks(
    harmony: ToldHarmony,
    first: int,
    end: int,
    *,
    goes_on: bool = False,
    course: Course | None = None,
    moods: Mapping[str, MoodHarmony[ToldHarmony]] | None = None,
) -> Iterator[ChordMark]:
    """The chords that begin from scene bar ``first`` up to bar ``end``, as the moods of a course have them.

    Unless it only ``goes_on``, the chord that has begun before is among them, as if it began with ``first``.
    """
    for bar in range(first, end):
        for span in bar_under(course, harmony, moods or {}, bar).spans:
            if span.change or (bar == first and not goes_on):
                yield ChordMark(bar, span.start, span.symbol, span.root, span.bass, span.tones)


class ChordsTold:
    """Up to which bar a life of the player knows the chords of an ensemble, and under which course."""

    def __init__(self) -> None:
        self._until: int | None = None
        self._course: Course | None = None

    def due(self, ensemble: Ensemble) -> TellChords | None:
        """What is to be told now; None as long as enough is known, or if there is no harmony.

        Where moods have changed the course, all is told anew from the bar on that follows the one that sounds.
        """
        arrangement, now = ensemble.arrangement, max(ensemble.bar + 1, 0)
        course = ensemble.course if arrangement.moods else None
        changed = self._until is not None and course != self._course
        if arrangement.harmony is None or (not changed and self._until is not None and self._until - now >= AHEAD):
            return None
        goes_on = self._until is not None and self._until > now
        first = self._until if self._until is not None and goes_on else now
        if changed:
            first, goes_on = now + 1, True
        self._course, self._until = course, now + 2 * AHEAD
        harmony, moods = arrangement.harmony, arrangement.moods
        marks = chord_marks(harmony, first, self._until, goes_on=goes_on, course=ensemble.course, moods=moods)
        return TellChords(ensemble.epoch, tuple(marks), first if changed else None)


def describe_harmony(ensemble: Ensemble) -> Mapping[str, Any] | None:
    """The chords of the bar that sounds, the next one and in how many bars it comes, key and section.

    None if the scene has no harmony. A section without a name is told by its number.
    """
    harmony, arrangement = ensemble.arrangement.harmony, ensemble.arrangement
    if harmony is None:
        return None
    now = max(ensemble.bar + 1, 0)
    harmony, now = harmony_under(arrangement.course, harmony, arrangement.moods, now)
    spot, (bar, symbol) = harmony.spot(now), harmony.after(now)
    return {
        "chord": " ".join(span.symbol for span in harmony.at(now).spans),
        "next": symbol,
        "bars_until_next": bar - now,
        "key": str(spot.key),
        "section": spot.part.name or spot.number + 1,
    }
