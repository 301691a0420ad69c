"""When an installation is open: by the day of the week, with exceptions and public holidays."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section, did_you_mean
from reverie.site.days_written import DAY, WEEKDAYS, DayOfYear, DaySpan, SpanOfDay, Weekday
from reverie.site.fields import one_line

Spans = Annotated[tuple[SpanOfDay, ...], Field(strict=False)]
Reason = Annotated[str, AfterValidator(one_line), Field(min_length=1, max_length=80)]


def known_zone(written: str) -> str:
    """The name of a time zone that this machine knows.

    Raises:
        ValueError: if it knows none of that name.
    """
    try:
        zoneinfo.ZoneInfo(one_line(written))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = did_you_mean(written, zoneinfo.available_timezones())
        raise ValueError(f"this machine knows no time zone {written!r}, such as Europe/Berlin{known}") from None
    return written


def overlapping(spans: Sequence[DaySpan], way: Keys) -> Iterator[tuple[Keys, str]]:
    """Spans of one day that meet."""
    for number, span in enumerate(spans):
        for other in spans[:number]:
            if span.begin < other.end and other.begin < span.end:
                yield (*way, number), f"{span} and {other} are of one day, and overlap"


class WeekSection(Section):
    """Opening hours by the day of the week; a day that is not named is closed."""

    monday: Spans = Field(default=(), description="Spans of Monday; one over midnight ends on Tuesday.")
    tuesday: Spans = Field(default=(), description="Spans of Tuesday.", examples=[["10:00-18:00"]])
    wednesday: Spans = Field(default=(), description="Spans of Wednesday.")
    thursday: Spans = Field(default=(), description="Spans of Thursday.", examples=[["10:00-13:00", "14:00-21:00"]])
    friday: Spans = Field(default=(), description="Spans of Friday.", examples=[["18:00-02:00"]])
    saturday: Spans = Field(default=(), description="Spans of Saturday.")
    sunday: Spans = Field(default=(), description="Spans of Sunday.")

    @property
    def days(self) -> tuple[tuple[DaySpan, ...], ...]:
        """The spans of each day, from Monday on."""
        return tuple(getattr(self, day) for day in WEEKDAYS)

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Spans of a day do not overlap, and somewhere it is open."""
        for day, spans in zip(WEEKDAYS, self.days, strict=True):
            yield from overlapping(spans, (day,))
        if not any(self.days):
            yield (), "no day is ever open; leave `hours` out where the music is to play at any time"


class ExceptionSection(Section):
    """A day, or a stretch of days, with other hours than its days of the week have."""

    on: DayOfYear | None = Field(
        default=None, description="The day; without a year, that of every year.", examples=["2026-12-24"]
    )
    first: DayOfYear | None = Field(
        default=None, alias="from", description="The first of several days.", examples=["12-24"]
    )
    last: DayOfYear | None = Field(default=None, alias="to", description="The last of them.", examples=["01-01"])
    spans: Spans = Field(default=(), description="The hours; none: closed.", examples=[["10:00-14:00"]])
    reason: Reason | None = Field(default=None, description="Why, for people.", examples=["Christmas Eve"])

    @property
    def days(self) -> tuple[DayOfYear, DayOfYear]:
        """The first and the last day."""
        first = self.on or self.first
        last = self.on or self.last
        if first is None or last is None:
            raise ValueError("an exception without days")
        return first, last

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Either one day, or a first and a last."""
        yield from overlapping(self.spans, ("spans",))
        if (self.on is None) == (self.first is None and self.last is None):
            yield (), "an exception has either the day, `on`, or the first and the last of several, `from` and `to`"
        elif self.on is None and (self.first is None or self.last is None):
            missing = "from" if self.first is None else "to"
            yield (), f"several days have a first and a last, and here is no `{missing}`"
        elif self.first is not None and self.last is not None:
            if (self.first.year is None) != (self.last.year is None):
                yield ("to",), "the first and the last day both have a year, or neither has"
            elif self.first.year is not None and _of_year(self.last) < _of_year(self.first):
                yield ("to",), f"the last day, {self.last}, is before the first, {self.first}"


def _of_year(mark: DayOfYear) -> tuple[int, int, int]:
    return mark.year or 0, mark.month, mark.day


class HolidaysSection(Section):
    """The public holidays of a country, or of a part of it."""

    country: str = Field(description="The country's code of two letters (ISO 3166).", examples=["DE"])
    subdivision: str | None = Field(
        default=None,
        description="The code of its state or province; null: what the whole country has.",
        examples=["BE"],
    )
    treated: Literal["closed", Weekday] = Field(
        default="closed",
        alias="as",
        description="'closed', or the day of the week whose hours hold on a public holiday.",
        examples=["sunday"],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The package of holidays knows them."""
        import holidays

        known = holidays.list_supported_countries(include_aliases=True)
        country, part = self.country, self.subdivision
        if country not in known:
            yield ("country",), f"no holidays of a country {country!r} are known{did_you_mean(country, known)}"
        elif part is not None and part not in known[country]:
            yield ("subdivision",), f"{country} has no part {part!r}{did_you_mean(part, known[country])}"


class HoursSection(Section):
    """When the installation is open; outside of it all is silent, whatever the programme says."""

    week: WeekSection = Field(
        description="The hours of each day of the week; a day that is left out is closed.",
        examples=[{"tuesday": ["10:00-18:00"], "friday": ["10:00-13:00", "18:00-02:00"]}],
    )
    zone: Annotated[str, AfterValidator(known_zone)] | None = Field(
        default=None,
        description="The time zone by which these hours and the programme go; null: the machine's.",
        examples=["Europe/Berlin"],
    )
    exceptions: Annotated[tuple[ExceptionSection, ...], Field(strict=False)] = Field(
        default=(),
        description="Days with other hours, before all else; of several for one day the last counts.",
        examples=[[{"on": "12-24", "spans": ["10:00-14:00"], "reason": "Christmas Eve"}]],
    )
    holidays: HolidaysSection | None = Field(
        default=None,
        description="Public holidays, closed or as a day of the week; null: they are days as others.",
        examples=[{"country": "DE", "subdivision": "BE", "as": "sunday"}],
    )
    opening: float = Field(
        default=2.0, ge=0, le=30, description="Minutes within which voices come in after opening; 0: all at once."
    )
    closing: float = Field(
        default=3.0, ge=0.5, le=30, description="Minutes before closing within which the music thins out and ends."
    )
    warm_up: float = Field(
        default=10.0, ge=1, le=120, description="Minutes before opening in which all is made ready and tested."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """No span is longer than its neighbours leave room; a week that never closes needs no hours."""
        if all(span == (DaySpan(0, DAY),) for span in self.week.days) and not (self.exceptions or self.holidays):
            yield ("week",), "this is always open; leave `hours` out"
