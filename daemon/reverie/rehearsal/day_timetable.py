"""What a day has to be like by hours, programme and playlists, and which parts of it a rehearsal lives through. Pure.

Nothing is decided here: the conductor's own :class:`~reverie.conductor.hours.opening_hours.OpeningHours` and
:class:`~reverie.conductor.hours.programme_course.ProgrammeCourse` are asked of each minute of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from itertools import pairwise

from reverie.bus import Bus
from reverie.conductor.hours.hours_rules import HoursRules, PlaceClock
from reverie.conductor.hours.programme import Programme
from reverie.conductor.hours.programme_course import ProgrammeCourse

MINUTE = 60
BEFORE = 15
"""Seconds before a change for which nothing has to be made ready."""
DAY_BEGINS = time(4)
"""Local time at which a day of a rehearsal begins, and ends: when nights that are long are over."""


@dataclass(frozen=True, slots=True)
class DayStretch:
    """From ``begin`` up to ``end`` (Unix time) it is open or not, and this scene is due; None: silence is."""

    begin: float
    end: float
    is_open: bool
    scene: str | None

    @property
    def has_music(self) -> bool:
        """Whether music is due."""
        return self.is_open and self.scene is not None


@dataclass(frozen=True, slots=True)
class LivedWindow:
    """A part of the day that is lived through, in Unix time."""

    begin: float
    end: float


class _Probe:
    """A clock that shows whatever it is set to."""

    def __init__(self, zone: tzinfo) -> None:
        self.at = 0.0
        self._zone = zone

    def now(self) -> float:
        return self.at

    def wall(self) -> float:
        return self.at

    def local(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC).astimezone(self._zone).replace(tzinfo=None)


class Timetable:
    """Knows what is due at any moment.

    Args:
        rules: The opening hours; None: always open.
        programme: What plays when.
        otherwise: The scene that plays where the programme says nothing.
        machine: The machine's zone.
        bar_seconds: How long a bar of a scene lasts.
    """

    def __init__(
        self,
        rules: HoursRules | None,
        programme: Programme,
        otherwise: str,
        machine: tzinfo,
        bar_seconds: Callable[[str], float],
    ) -> None:
        self._rules, self._programme, self._otherwise = rules, programme, otherwise
        self._probe = _Probe(machine)
        self._clock = PlaceClock(self._probe, machine)
        self._clock.zone = rules and rules.zone
        self._course = ProgrammeCourse(
            programme, self._clock, bar_seconds, Bus(), lambda _: False, lambda: None, otherwise
        )

    @property
    def zone(self) -> tzinfo:
        """By which the place goes."""
        return self._clock.tz

    def bounds(self, day: date) -> tuple[float, float]:
        """When a day of a rehearsal begins and ends, in Unix time: 23 or 25 hours where the clock is set."""
        begin, end = (
            datetime.combine(date.fromordinal(day.toordinal() + more), DAY_BEGINS, self.zone).timestamp()
            for more in (0, 1)
        )
        return begin, end

    def day(self, day: date) -> list[DayStretch]:
        """What is due over a day, to the minute."""
        begin, end = self.bounds(day)
        spans = self._spans(begin, end)
        found: list[DayStretch] = []
        for moment in range(int(begin), int(end), MINUTE):
            is_open = any(first <= moment < last for first, last in spans)
            scene = self._scene(moment) if is_open else None
            if found and (found[-1].is_open, found[-1].scene) == (is_open, scene):
                found[-1] = DayStretch(found[-1].begin, moment + MINUTE, is_open, scene)
            else:
                found.append(DayStretch(moment, moment + MINUTE, is_open, scene))
        return found

    def _spans(self, begin: float, end: float) -> list[tuple[float, float]]:
        """When it is open, in Unix time; by the hours themselves, whose next change at each minute is dear to find."""
        if self._rules is None:
            return [(begin, end)]
        moments = (datetime.fromtimestamp(at, UTC) for at in (begin, end))
        return [(one.begin.timestamp(), one.end.timestamp()) for one in self._rules.hours.spans(*moments)]

    def _scene(self, wall: float) -> str | None:
        """The scene that is due at a moment; None for a rest."""
        self._probe.at = wall
        due = self._programme.due(self._clock.here())
        return None if due is not None and due.rests else self._course.scene or self._otherwise

    def windows(self, stretches: Sequence[DayStretch], lived: float, first: float = 0.0) -> list[LivedWindow]:
        """Which parts of a day are lived through: each change, what makes ready for it, and ``lived`` seconds after it.

        Of a silence only its first two minutes are, of the first music ``first`` seconds at least.
        """
        music = next((one.begin for one in stretches if one.has_music), None)

        def after_change(one: DayStretch) -> float:
            if not one.has_music:
                return 2 * MINUTE
            return max(lived, first) if one.begin == music else lived

        after = [LivedWindow(one.begin, min(one.begin + after_change(one), one.end)) for one in stretches]
        before = [
            LivedWindow(other.begin - self._before(one, other), other.begin) for one, other in pairwise(stretches)
        ]
        begin, end = stretches[0].begin, stretches[-1].end
        cut = (LivedWindow(max(one.begin, begin), min(one.end, end)) for one in (*after, *before))
        return [*_merged(sorted(cut, key=lambda one: (one.begin, one.end)))]

    def _before(self, one: DayStretch, other: DayStretch) -> float:
        """Seconds before a change in which it is made ready."""
        if self._rules is None or one.is_open == other.is_open:
            return BEFORE
        return MINUTE + (self._rules.closing if one.is_open else self._rules.warm_up)


def _merged(windows: Iterable[LivedWindow]) -> Iterator[LivedWindow]:
    last: LivedWindow | None = None
    for one in windows:
        if last is not None and one.begin <= last.end:
            last = LivedWindow(last.begin, max(last.end, one.end))
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last
