"""When an installation is open: spans of time that follow from a week, exceptions and holidays. Pure.

All that is asked and answered are moments, aware datetimes. A time of day that the zone leaves out in spring counts as
the moment at which the clock leaps over it; one that comes twice in autumn is meant as it comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from reverie.site.days_written import DayMark, DaySpan, within

FAR = timedelta(days=400)
"""How far it is looked for the next change: a year with all its exceptions lies within."""
_LONGEST = 2
"""Days that a span may reach into: its own and the next one."""
_WINDOWS = (timedelta(days=2), timedelta(days=15), FAR)

HoursSource = Literal["week", "exception", "holiday"]
"""What says the hours of a day: its day of the week, an exception, or that it is a public holiday."""


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Open from ``begin`` up to ``end``, both in UTC."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class HoursException:
    """From its first to its last day these spans hold; none: closed."""

    first: DayMark
    last: DayMark
    spans: tuple[DaySpan, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoursOfDay:
    """The spans of a day, what says them, and why they are not those of its day of the week."""

    spans: tuple[DaySpan, ...]
    reason: str = ""
    source: HoursSource = "week"


def no_holidays(_: date) -> str:
    """No day has a name."""
    return ""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The rules.

    ``week`` has the spans of each day from Monday on. Of several ``exceptions`` for a day the last counts, and each
    goes before ``holiday``: the name of the public holiday that a day is, empty for others; on them the hours of day
    of the week ``holiday_as`` hold (0 is Monday), or (None) it is closed.
    """

    week: Sequence[tuple[DaySpan, ...]]
    zone: tzinfo
    exceptions: tuple[HoursException, ...] = ()
    holiday: Callable[[date], str] = no_holidays
    holiday_as: int | None = None

    def day(self, day: date) -> HoursOfDay:
        """What holds on a day, by the clock on the wall."""
        for exception in reversed(self.exceptions):
            if within(day, exception.first, exception.last):
                return HoursOfDay(exception.spans, exception.reason, "exception")
        if name := self.holiday(day):
            return HoursOfDay(() if self.holiday_as is None else self.week[self.holiday_as], name, "holiday")
        return HoursOfDay(self.week[day.weekday()])

    def spans(self, begin: datetime, end: datetime) -> list[OpenSpan]:
        """When it is open from one moment up to another, in order; spans that meet are one."""
        found: list[OpenSpan] = []
        for span in self._spans(begin, end):
            cut = OpenSpan(max(span.begin, begin.astimezone(UTC)), min(span.end, end.astimezone(UTC)))
            if cut.begin >= cut.end:
                continue
            if found and cut.begin <= found[-1].end:
                found[-1] = OpenSpan(found[-1].begin, max(found[-1].end, cut.end))
            else:
                found.append(cut)
        return found

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a moment."""
        return bool(self.spans(now, now + timedelta(seconds=1)))

    def next_change(self, now: datetime) -> datetime | None:
        """The first moment after ``now`` at which it closes or opens; None if there is none within :data:`FAR`."""
        is_open = self.is_open(now)
        for window in _WINDOWS:
            spans = self.spans(now, now + window)
            change = (spans[0].end if is_open else spans[0].begin) if spans else None
            if change is not None and change < (now + window).astimezone(UTC):
                return change
        return None

    def local(self, moment: datetime) -> datetime:
        """The moment by the clock on the wall."""
        return moment.astimezone(self.zone)

    def _spans(self, begin: datetime, end: datetime) -> Iterator[OpenSpan]:
        """The spans of all days that may reach into a stretch of time, in the order of their beginnings."""
        day, last = self.local(begin).date() - timedelta(days=_LONGEST), self.local(end).date() + timedelta(days=1)
        while day <= last:
            for span in sorted(self.day(day).spans):
                yield OpenSpan(moment_of(day, span.begin, self.zone), moment_of(day, span.end, self.zone))
            day += timedelta(days=1)


def moment_of(day: date, minute: int, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which clocks of a zone show so many minutes after the midnight that begins a day.

    Where they never show that, it is the moment at which they leap over it; where they show it twice, the first.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return moment
    # PEP 495: in a gap, fold 0 reckons by the offset before it and comes after the leap, fold 1 the other way round.
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    offset = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
