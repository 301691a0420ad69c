"""Days and spans of a day as a site writes them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, cast, get_args

from pydantic import PlainSerializer

from reverie.documents import Written

DAY = 24 * 60
"""Minutes of a day by the clock on the wall."""
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS = cast("tuple[Weekday, ...]", get_args(Weekday))
"""The days of a week, in the order of :meth:`datetime.date.weekday`."""

_SPAN = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-4]):([0-5][0-9])")
_MARK = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_LEAP = 2000


@dataclass(frozen=True, slots=True, order=True)
class DaySpan:
    """Minutes of a day from its midnight: from ``begin`` up to ``end``, which may lie in the day that follows."""

    begin: int
    end: int

    def __str__(self) -> str:
        begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (self.begin, self._written_end))
        return f"{begin}-{end}"

    @property
    def _written_end(self) -> int:
        return self.end if self.end <= DAY else self.end - DAY


@dataclass(frozen=True, slots=True, order=True)
class DayMark:
    """A day of one year, or (``year`` is None) of every year."""

    month: int
    day: int
    year: int | None = None

    def __str__(self) -> str:
        return f"{'' if self.year is None else f'{self.year:04}-'}{self.month:02}-{self.day:02}"


def _day_span(written: str) -> DaySpan:
    match = _SPAN.fullmatch(written)
    if not match:
        raise ValueError(f"a span of a day is written like 10:00-18:00, from 00:00 to 24:00, not {written!r}")
    hours = [int(match[number]) for number in range(1, 5)]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if end > DAY:
        raise ValueError(f"a day ends at 24:00, before the end of {written!r}; over midnight is written 22:00-02:00")
    if begin == end:
        raise ValueError(f"{written!r} ends when it begins; the whole day is 00:00-24:00")
    return DaySpan(begin, end if end > begin else end + DAY)


def _day_mark(written: str) -> DayMark:
    match = _MARK.fullmatch(written)
    if not match:
        raise ValueError(f"a day is written like 2026-12-24, or 12-24 for that of every year, not {written!r}")
    year = int(match[1]) if match[1] else None
    try:
        dt.date(year or _LEAP, int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError(f"there is no day {written}") from None
    return DayMark(int(match[2]), int(match[3]), year)


def within(day: dt.date, first: DayMark, last: DayMark) -> bool:
    """Whether a day lies from one to another, both included: of every year, also over its end, or of the years named.

    29 February is a day of leap years only.
    """
    if first.year is None or last.year is None:
        begin, end, this = (first.month, first.day), (last.month, last.day), (day.month, day.day)
        return begin <= this <= end if begin <= end else this >= begin or this <= end
    return dt.date(first.year, first.month, first.day) <= day <= dt.date(last.year, last.month, last.day)


SpanOfDay: TypeAlias = Annotated[
    DaySpan, Written(str, _day_span), PlainSerializer(str, return_type=str, when_used="json")
]
"""A span of a day such as 10:00-18:00, or 22:00-02:00 over midnight."""
DayOfYear: TypeAlias = Annotated[
    DayMark, Written(str, _day_mark), PlainSerializer(str, return_type=str, when_used="json")
]
"""A day such as 2026-12-24, or 12-24 of every year."""
