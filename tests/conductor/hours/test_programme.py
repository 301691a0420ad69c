from __future__ import annotations

import time as tz
from collections.abc import Iterator
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.conductor.hours.hours_rules import PlaceClock
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.conductor.hours.programme_course import ProgrammeCourse

DAY = Programme([ProgrammeEntry(time(20), "night"), ProgrammeEntry(time(8, 30), "day")])


@pytest.mark.parametrize(
    ("clock", "scene"),
    [
        ("00:00", "night"),
        ("08:29", "night"),
        ("08:30", "day"),
        ("19:59", "day"),
        ("20:00", "night"),
        ("23:59", "night"),
    ],
)
def test_the_latest_that_has_begun_is_due(clock: str, scene: str) -> None:
    due = DAY.due(datetime.fromisoformat(f"2026-03-29T{clock}"))
    assert due is not None
    assert due.scene == scene


def test_without_entries_nothing_is_due() -> None:
    assert Programme([]).due(datetime.fromisoformat("2026-01-01T00:00")) is None


CHANGES = {
    "Europe/Berlin": ["2026-03-29 01:59:00", "2026-10-25 01:59:00"],
    "America/New_York": ["2026-03-08 01:59:00", "2026-11-01 00:59:00"],
    "Australia/Lord_Howe": ["2026-10-04 01:59:00", "2026-04-05 01:29:00"],
    "Pacific/Apia": ["2011-12-29 23:59:00"],
    "America/Santiago": ["2026-09-05 23:59:00", "2026-04-04 22:59:00"],
}
"""A minute before the clock is set, or before the hour that it will repeat."""


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    tz.tzset()
    yield request.param
    monkeypatch.undo()
    tz.tzset()


@pytest.mark.parametrize("zone", CHANGES, indirect=True)
def test_where_clocks_are_set_each_entry_begins_once_and_in_its_order(zone: str) -> None:
    times = [time(*divmod(minutes, 60)) for minutes in range(5, 24 * 60, 10)]
    programme = Programme(ProgrammeEntry(at, f"{at:%H:%M}") for at in times)
    for change in CHANGES[zone]:
        begin = datetime.fromisoformat(change).timestamp() - 3600
        begun = list[str]()
        for seconds in range(0, 6 * 3600, 60):
            due = programme.due(datetime.fromtimestamp(begin + seconds))  # noqa: DTZ006 - the room's clock
            assert due is not None
            if not begun or begun[-1] != due.scene:
                begun.append(str(due.scene))
        assert len(set(begun)) == len(begun), begun
        turned = [*begun[begun.index(min(begun)) :], *begun[: begun.index(min(begun))]]
        assert turned == sorted(turned)


@pytest.mark.parametrize("zone", ["Europe/Berlin"], indirect=True)
@pytest.mark.parametrize(
    ("moment", "scene"),
    [
        ("2026-03-29T01:59:59", "first"),
        ("2026-03-29T03:00:00", "second"),  # 02:30 was left out: it is due at once
        ("2026-10-25T02:29:59", "first"),
        ("2026-10-25T02:30:00", "second"),
        ("2026-10-25T02:00:00+1", "second"),
        ("2026-10-25T02:30:00+1", "second"),
        ("2026-10-25T03:00:00", "second"),
        ("2026-10-25T01:59:59", "first"),
    ],
)
def test_a_scene_in_the_hour_that_is_left_out_or_comes_twice(zone: str, moment: str, scene: str) -> None:
    programme = Programme([ProgrammeEntry(time(1), "first"), ProgrammeEntry(time(2, 30), "second")])
    now = datetime.fromisoformat(moment.removesuffix("+1")).replace(fold=int(moment.endswith("+1")))
    due = programme.due(now)
    assert due is not None
    assert due.scene == scene


@pytest.mark.parametrize("zone", ["UTC"], indirect=True)
def test_an_hour_that_comes_twice_was_known_by_the_zone_of_the_machine_and_not_by_that_of_the_place(zone: str) -> None:
    machine = HandClock("2026-10-25 00:00")
    clock = PlaceClock(machine, UTC)
    clock.zone = ZoneInfo("Europe/Berlin")
    entries = [ProgrammeEntry(time(1), "first"), ProgrammeEntry(time(2, 30), "second")]
    course = ProgrammeCourse(Programme(entries), clock, lambda _: 2.0, Bus(), lambda _: True, lambda: None, "other")
    due = list[tuple[str, str | None]]()
    for _ in range(5):
        due.append((f"{clock.local():%H:%M}", course.scene))
        machine.go(1200)
    assert due == [
        ("02:00", "first"),
        ("02:20", "first"),
        ("02:40", "second"),
        ("02:00", "second"),
        ("02:20", "second"),
    ]


def test_a_rest_lasts_until_music_is_due_again_also_over_midnight() -> None:
    night = Programme([ProgrammeEntry(time(10), "a"), ProgrammeEntry(time(22), None), ProgrammeEntry(time(23), None)])
    assert night.resumes(at("22:30")) == time(10)
    assert night.resumes(at("03:00")) == time(10)
    noon = Programme([ProgrammeEntry(time(12), None), ProgrammeEntry(time(13), "a"), ProgrammeEntry(time(18), "b")])
    assert noon.resumes(at("12:00")) == time(13)
    assert Programme([ProgrammeEntry(time(12), None)]).resumes(at("12:00")) is None


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-28 {clock}")
