"""Exactly when it is open, through all that a calendar and its clocks can do."""

from __future__ import annotations

import time as tz
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from reverie.conductor.hours.holiday_names import holiday_names
from reverie.conductor.hours.machine_zone import MachineZone
from reverie.conductor.hours.opening_hours import HoursException, OpeningHours, no_holidays
from reverie.site.days_written import DAY, DayMark, DaySpan

BERLIN = ZoneInfo("Europe/Berlin")


def span(written: str) -> DaySpan:
    begin, end = (int(one[:2]) * 60 + int(one[3:]) for one in written.split("-"))
    return DaySpan(begin, end if end > begin else end + DAY)


def week(**days: str) -> list[tuple[DaySpan, ...]]:
    """By the first letters of a day its spans; `every` has those of all others."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return [tuple(map(span, days.get(name, days.get("every", "")).split())) for name in names]


def listed(hours: OpeningHours, begin: str, end: str, zone: tzinfo = BERLIN) -> list[str]:
    """The spans between two local times, each in local time with its offset."""
    moments = (datetime.fromisoformat(one).replace(tzinfo=zone) for one in (begin, end))
    return [
        f"{hours.local(one.begin):%m-%d %H:%M%z} {hours.local(one.end):%m-%d %H:%M%z}" for one in hours.spans(*moments)
    ]


MUSEUM = OpeningHours(week(every="10:00-18:00", mon="", thu="10:00-13:00 14:00-21:00", fri="18:00-02:00"), BERLIN)


def test_a_week_with_a_closed_day_a_break_and_a_night() -> None:
    assert listed(MUSEUM, "2026-11-30", "2026-12-07") == [
        "12-01 10:00+0100 12-01 18:00+0100",
        "12-02 10:00+0100 12-02 18:00+0100",
        "12-03 10:00+0100 12-03 13:00+0100",
        "12-03 14:00+0100 12-03 21:00+0100",
        "12-04 18:00+0100 12-05 02:00+0100",
        "12-05 10:00+0100 12-05 18:00+0100",
        "12-06 10:00+0100 12-06 18:00+0100",
    ]


def test_what_reaches_into_a_stretch_of_time_is_cut_to_it() -> None:
    assert listed(MUSEUM, "2026-12-05T01:00", "2026-12-05T10:30") == [
        "12-05 01:00+0100 12-05 02:00+0100",
        "12-05 10:00+0100 12-05 10:30+0100",
    ]
    assert listed(MUSEUM, "2026-12-05T02:00", "2026-12-05T10:00") == []


@pytest.mark.parametrize(
    ("hours", "begin", "end", "spans"),
    [
        pytest.param(
            week(every="10:00-18:00"),
            "2026-03-28",
            "2026-03-31",
            [
                "03-28 10:00+0100 03-28 18:00+0100",
                "03-29 10:00+0200 03-29 18:00+0200",
                "03-30 10:00+0200 03-30 18:00+0200",
            ],
            id="the days around spring forward",
        ),
        pytest.param(
            week(every="22:00-04:00"),
            "2026-03-28T12:00",
            "2026-03-30T12:00",
            ["03-28 22:00+0100 03-29 04:00+0200", "03-29 22:00+0200 03-30 04:00+0200"],
            id="a night of one hour less",
        ),
        pytest.param(
            week(sun="02:30-05:00"),
            "2026-03-29",
            "2026-03-30",
            ["03-29 03:00+0200 03-29 05:00+0200"],
            id="it opens at a time that is left out",
        ),
        pytest.param(
            week(sat="22:00-02:30"),
            "2026-03-28",
            "2026-03-30",
            ["03-28 22:00+0100 03-29 03:00+0200"],
            id="it closes at a time that is left out",
        ),
        pytest.param(week(sun="02:15-02:45"), "2026-03-29", "2026-03-30", [], id="all of it is left out"),
        pytest.param(
            week(every="10:00-18:00"),
            "2026-10-24",
            "2026-10-27",
            [
                "10-24 10:00+0200 10-24 18:00+0200",
                "10-25 10:00+0100 10-25 18:00+0100",
                "10-26 10:00+0100 10-26 18:00+0100",
            ],
            id="the days around fall back",
        ),
        pytest.param(
            week(every="22:00-04:00"),
            "2026-10-24T12:00",
            "2026-10-25T12:00",
            ["10-24 22:00+0200 10-25 04:00+0100"],
            id="a night of one hour more",
        ),
        pytest.param(
            week(sun="02:30-03:30"),
            "2026-10-25",
            "2026-10-26",
            ["10-25 02:30+0200 10-25 03:30+0100"],
            id="it opens at a time that comes twice: at the first",
        ),
        pytest.param(
            week(sun="01:00-02:30"),
            "2026-10-25",
            "2026-10-26",
            ["10-25 01:00+0200 10-25 02:30+0200"],
            id="it closes at a time that comes twice: at the first",
        ),
        pytest.param(
            week(every="20:00-24:00"),
            "2028-02-28",
            "2028-03-02",
            [
                "02-28 20:00+0100 02-29 00:00+0100",
                "02-29 20:00+0100 03-01 00:00+0100",
                "03-01 20:00+0100 03-02 00:00+0100",
            ],
            id="a leap day, up to midnight",
        ),
        pytest.param(
            week(every="00:00-24:00", wed="00:00-12:00"),
            "2026-12-01",
            "2026-12-04",
            ["12-01 00:00+0100 12-02 12:00+0100", "12-03 00:00+0100 12-04 00:00+0100"],
            id="spans that meet at midnight are one",
        ),
        pytest.param(
            week(thu="20:00-03:00", fri="02:00-05:00"),
            "2026-12-03",
            "2026-12-05",
            ["12-03 20:00+0100 12-04 05:00+0100"],
            id="the night of one day overlaps the morning of the next",
        ),
        pytest.param(
            week(thu="22:00-02:00"),
            "2026-12-31",
            "2027-01-02",
            ["12-31 22:00+0100 01-01 02:00+0100"],
            id="over the end of a year",
        ),
    ],
)
def test_spans_in_berlin(hours: list[tuple[DaySpan, ...]], begin: str, end: str, spans: list[str]) -> None:
    assert listed(OpeningHours(hours, BERLIN), begin, end) == spans


def test_a_leap_by_half_an_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    hours = OpeningHours(week(sun="02:15-06:00"), zone)
    assert listed(hours, "2026-10-04", "2026-10-05", zone) == ["10-04 02:30+1100 10-04 06:00+1100"]


def test_a_day_that_a_country_left_out_was_never_open() -> None:
    zone = ZoneInfo("Pacific/Apia")
    hours = OpeningHours(week(every="10:00-18:00"), zone)
    assert listed(hours, "2011-12-29", "2012-01-01", zone) == [
        "12-29 10:00-1000 12-29 18:00-1000",
        "12-31 10:00+1400 12-31 18:00+1400",
    ]


def test_midnight_itself_may_be_left_out() -> None:
    zone = ZoneInfo("America/Santiago")
    hours = OpeningHours(week(sat="20:00-24:00", sun="00:00-04:00"), zone)
    assert listed(hours, "2026-09-05", "2026-09-07", zone) == ["09-05 20:00-0400 09-06 04:00-0300"]


EXCEPTIONS = (
    HoursException(DayMark(12, 24), DayMark(1, 1), (), "Winter"),
    HoursException(DayMark(12, 27), DayMark(12, 27), (span("12:00-16:00"), span("20:00-01:00")), "Concert"),
    HoursException(DayMark(12, 1, 2026), DayMark(12, 2, 2026), (), "Works"),
)


def test_exceptions_of_a_year_and_of_every_year_the_last_that_names_a_day_counts() -> None:
    hours = OpeningHours(week(every="10:00-18:00"), BERLIN, EXCEPTIONS)
    assert listed(hours, "2026-11-30", "2026-12-04") == [
        "11-30 10:00+0100 11-30 18:00+0100",
        "12-03 10:00+0100 12-03 18:00+0100",
    ]
    over_new_year = [
        "12-23 10:00+0100 12-23 18:00+0100",
        "12-27 12:00+0100 12-27 16:00+0100",
        "12-27 20:00+0100 12-28 01:00+0100",
        "01-02 10:00+0100 01-02 18:00+0100",
    ]
    for year in (2026, 2031):
        assert listed(hours, f"{year}-12-23", f"{year + 1}-01-03") == over_new_year
    assert hours.day(date(2026, 12, 27)).reason == "Concert"
    assert hours.day(date(2027, 12, 1)).reason == ""


def test_29_february_of_every_year_is_a_day_of_leap_years() -> None:
    leap = HoursException(DayMark(2, 29), DayMark(2, 29), (), "Leap day")
    hours = OpeningHours(week(every="10:00-11:00"), BERLIN, (leap,))
    assert len(hours.spans(datetime(2027, 2, 27, tzinfo=BERLIN), datetime(2027, 3, 2, tzinfo=BERLIN))) == 3
    assert len(hours.spans(datetime(2028, 2, 27, tzinfo=BERLIN), datetime(2028, 3, 2, tzinfo=BERLIN))) == 3


def test_public_holidays_are_closed_or_as_a_day_of_the_week_and_give_way_to_exceptions() -> None:
    names = holiday_names("DE", "BE")
    days = week(every="10:00-18:00", sun="11:00-17:00")
    new_year = HoursException(DayMark(1, 1), DayMark(1, 1), (span("14:00-16:00"),), "Neujahrskonzert")
    closed = OpeningHours(days, BERLIN, (new_year,), names)
    assert listed(closed, "2026-12-24", "2026-12-28") == [
        "12-24 10:00+0100 12-24 18:00+0100",
        "12-27 11:00+0100 12-27 17:00+0100",
    ]
    assert listed(closed, "2027-01-01", "2027-01-02") == ["01-01 14:00+0100 01-01 16:00+0100"]
    assert closed.day(date(2026, 12, 25)).reason
    as_sunday = OpeningHours(days, BERLIN, (), names, 6)
    assert listed(as_sunday, "2026-12-25", "2026-12-26") == ["12-25 11:00+0100 12-25 17:00+0100"]
    womens_day = [holiday_names("DE", part)(date(2027, 3, 8)) for part in ("BE", "BY")]
    assert [bool(name) for name in womens_day] == [True, False]


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ("2026-12-01T09:59:59", "2026-12-01T10:00"),
        ("2026-12-01T10:00:00", "2026-12-01T18:00"),
        ("2026-12-01T18:00:00", "2026-12-02T10:00"),
        ("2026-12-04T23:30:00", "2026-12-05T02:00"),
        ("2026-12-06T18:00:00", "2026-12-08T10:00"),
        ("2026-12-23T18:00:00", "2026-12-27T12:00"),
        ("2026-12-28T01:00:00", "2027-01-02T10:00"),
    ],
)
def test_the_next_change(now: str, change: str) -> None:
    hours = OpeningHours(MUSEUM.week, BERLIN, EXCEPTIONS[:2])
    moment = hours.next_change(datetime.fromisoformat(now).replace(tzinfo=BERLIN))
    assert moment == datetime.fromisoformat(change).replace(tzinfo=BERLIN).astimezone(UTC)


def test_what_never_changes_has_no_next_change() -> None:
    always = OpeningHours(week(every="00:00-24:00"), BERLIN)
    assert always.is_open(datetime(2026, 6, 1, tzinfo=UTC))
    assert always.next_change(datetime(2026, 6, 1, tzinfo=UTC)) is None
    shut = OpeningHours(week(every="10:00-18:00"), BERLIN, (HoursException(DayMark(1, 1), DayMark(12, 31)),))
    assert not shut.is_open(datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert shut.next_change(datetime(2026, 6, 1, tzinfo=UTC)) is None


@pytest.fixture
def machine_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    tz.tzset()


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Santiago", "UTC"]
)
def test_the_zone_of_the_machine_reckons_as_the_zone_of_that_name(name: str, machine_zone: pytest.MonkeyPatch) -> None:
    machine_zone.setenv("TZ", name)
    tz.tzset()
    days = week(every="00:20-02:25 02:35-05:00 23:10-24:00")
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    end = begin + timedelta(days=365)
    assert OpeningHours(days, MachineZone()).spans(begin, end) == OpeningHours(days, ZoneInfo(name)).spans(begin, end)


def test_a_zone_that_is_set_while_it_runs_counts_at_once(machine_zone: pytest.MonkeyPatch) -> None:
    hours = OpeningHours(week(every="10:00-18:00"), MachineZone())
    now = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    seen = {}
    for name in ("Europe/Berlin", "America/New_York", "Asia/Tokyo"):
        machine_zone.setenv("TZ", name)
        tz.tzset()
        seen[name] = hours.is_open(now), hours.next_change(now)
    assert seen == {
        "Europe/Berlin": (True, datetime(2026, 12, 1, 17, tzinfo=UTC)),
        "America/New_York": (False, datetime(2026, 12, 1, 15, tzinfo=UTC)),
        "Asia/Tokyo": (False, datetime(2026, 12, 2, 1, tzinfo=UTC)),
    }


def test_no_day_is_a_holiday_unless_somebody_says_so() -> None:
    assert no_holidays(date(2026, 12, 25)) == ""
