"""A moment to come is said by the days of the place, and not by hours that are left."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fakes.hand_clock import HandClock
from reverie.conductor.hours.doors import Doors, believed
from reverie.conductor.hours.moment_ahead import MomentAhead, moment_ahead, next_change
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.site.days_written import DaySpan


@pytest.mark.parametrize(
    ("moment", "days"),
    [("2026-11-28 23:59", 0), ("2026-11-29 00:00", 1), ("2026-11-30 12:00", 2), ("2026-12-05 22:30", 7)],
)
def test_days_are_midnights(moment: str, days: int) -> None:
    said = moment_ahead(datetime.fromisoformat(moment), datetime.fromisoformat("2026-11-28 22:30"))
    assert said == MomentAhead(moment[:10], moment[11:], days)


def test_the_next_change_is_told_by_the_zone_of_the_hours() -> None:
    clock, nights = HandClock("2026-11-28 22:30"), [(DaySpan(600, 1080),)] * 7
    doors = Doors(OpeningHours(nights, ZoneInfo("Asia/Tokyo")), clock, believed)
    assert next_change(doors) == MomentAhead("2026-11-29", "10:00", 0), "in Tokyo it is half past seven already"
    doors.hours = OpeningHours(nights, UTC)
    assert next_change(doors) == MomentAhead("2026-11-29", "10:00", 1)
    doors.hours = OpeningHours([()] * 7, UTC)
    assert next_change(doors) is None
    doors.hours = None
    assert next_change(doors) is None
