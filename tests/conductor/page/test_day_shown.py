"""What pages are told of the day: visitors when it opens and closes, technicians why, and what waits for a rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.opening_hours import HoursException, OpeningHours
from reverie.conductor.hours.presence_sense import PresenceRules
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.conductor.hours.quiet_hours import QuietSpan, Restraint, quiet_until
from reverie.conductor.hours.rest_work import in_thread
from reverie.conductor.hours.warm_up import SlotsThere
from reverie.site.actions import Action
from reverie.site.days_written import DayMark, DaySpan

WORKS = HoursException(DayMark(12, 3), DayMark(12, 4), (), "Works")
TOMORROW = {"date": "2026-11-29", "time": "10:00", "days": 1}


def saint(day: date) -> str:
    return "Saint Nicholas" if (day.month, day.day) == (12, 6) else ""


DAILY = HoursRules(OpeningHours([(DaySpan(600, 1080),)] * 7, UTC, (WORKS,), saint))


def theatre_at(folder: Path, clock: str, hours: HoursRules | None = DAILY, **options: Any) -> Theatre:
    theatre = Theatre(folder, {"study": TEXT}, clock=HandClock(clock), hours=hours, **options)
    theatre.begin(options.get("scene"))
    theatre.answer()
    theatre.conductor.look()
    return theatre


def public(theatre: Theatre) -> dict[str, Any]:
    return dict(theatre.conductor.page.live.now())


def desk(theatre: Theatre) -> dict[str, Any]:
    return dict(theatre.conductor.page.desk.state()["day"])


def to(theatre: Theatre, clock: str) -> None:
    theatre.clock.go((datetime.fromisoformat(clock).replace(tzinfo=UTC)).timestamp() - theatre.clock.wall())
    theatre.conductor.look()


def test_closed_looked_like_waking_up_and_then_like_trouble(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 22:30")
    assert public(theatre)["says"]["key"] == "closed", "before any bar is over"
    assert public(theatre)["hours"] == {"open": False, "next": TOMORROW, "minutes": None}


def test_visitors_hear_that_it_warms_up_and_that_it_closes_soon(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 09:00")
    theatre.conductor._course.warm_up.test = SlotsThere(theatre.conductor.ready)
    assert public(theatre)["hours"]["minutes"] is None
    to(theatre, "2026-11-28 09:52:30")
    ahead = {"date": "2026-11-28", "time": "10:00", "days": 0}
    assert public(theatre)["hours"] == {"open": False, "next": ahead, "minutes": 8}
    to(theatre, "2026-11-28 10:00")
    closes = {"date": "2026-11-28", "time": "18:00", "days": 0}
    assert public(theatre)["hours"] == {"open": True, "next": closes, "minutes": None}
    to(theatre, "2026-11-28 17:44:59")
    assert public(theatre)["hours"]["minutes"] is None
    told: list[int] = []
    for clock in ("17:45:00", "17:50:00", "17:50:01", "17:59:59"):
        to(theatre, f"2026-11-28 {clock}")
        told.append(public(theatre)["hours"]["minutes"])
    assert told == [15, 10, 10, 1]


def test_where_no_hours_are_written_nothing_is_told_of_them(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 22:30", None)
    assert public(theatre)["hours"] is None
    day = desk(theatre)
    assert [day[key] for key in ("hours", "programme", "quiet", "presence", "rests")] == [None] * 5
    assert day["clock"] == {"time": "22:30", "zone": "", "doubt": "", "kept": None}


@pytest.mark.parametrize(
    ("clock", "why", "reason", "opens"),
    [
        ("2026-11-28 09:00", "week", "", {"date": "2026-11-28", "time": "10:00", "days": 0}),
        ("2026-12-03 12:00", "exception", "Works", {"date": "2026-12-05", "time": "10:00", "days": 2}),
        ("2026-12-06 12:00", "holiday", "Saint Nicholas", {"date": "2026-12-07", "time": "10:00", "days": 1}),
    ],
)
def test_technicians_hear_why_it_is_closed(tmp_path: Path, clock: str, why: str, reason: str, opens: object) -> None:
    theatre = theatre_at(tmp_path, clock)
    assert desk(theatre)["hours"] == {
        "open": False,
        "silent": True,
        "why": why,
        "reason": reason,
        "next": opens,
        "warm_up": None,
    }
    assert desk(theatre)["rests"] == "closed"


def test_a_persons_word_goes_before_the_hours_and_is_named(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=HandClock("2026-11-28 09:00"), hours=DAILY)
    theatre.begin("study")
    theatre.conductor.look()
    hours = desk(theatre)["hours"]
    assert (hours["open"], hours["silent"], hours["why"]) == (False, False, "hand")
    to(theatre, "2026-11-28 10:00")
    assert (desk(theatre)["hours"]["why"], desk(theatre)["rests"]) == ("week", None)
    theatre.conductor._console._acts.do(Action("pause", value=True))
    assert desk(theatre)["rests"] == "paused"


def test_a_clock_that_is_not_believed_opens_and_says_so(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2001-01-01 09:00")
    theatre.conductor.day.doors._doubt = lambda _, kept: "the clock shows 2001-01-01, which is past"
    theatre.conductor.day.doors.clock_kept = False
    theatre.clock.go(60)
    theatre.conductor.look()
    day = desk(theatre)
    assert (day["hours"]["open"], day["hours"]["why"], day["hours"]["next"]) == (True, "clock", None)
    assert day["clock"] == {
        "time": "09:01",
        "zone": "",
        "doubt": "the clock shows 2001-01-01, which is past",
        "kept": False,
    }
    assert public(theatre)["hours"] == {"open": True, "next": None, "minutes": None}


def test_the_programme_says_what_plays_and_what_comes_next_over_midnight(tmp_path: Path) -> None:
    entries = (ProgrammeEntry(time(8), "study", "joy"), ProgrammeEntry(time(22), None))
    theatre = theatre_at(tmp_path, "2026-11-28 22:30", None, programme=Programme(entries))
    assert desk(theatre)["programme"] == {
        "now": {"at": "22:00", "scene": None, "mood": None},
        "next": {"at": "08:00", "scene": "study", "mood": "joy"},
    }
    assert desk(theatre)["rests"] == "programme"
    assert Programme((ProgrammeEntry(time(8), "study"),)).after(datetime(2026, 11, 28, 9)) is None  # noqa: DTZ001
    assert Programme(()).after(datetime(2026, 11, 28, 9)) is None  # noqa: DTZ001


def test_quiet_hours_are_told_with_their_end(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 22:30", None)
    theatre.conductor.day.restraints.be_quiet([QuietSpan(time(22), time(7), Restraint(0.4, 0.5, why="neighbours"))])
    end = {"date": "2026-11-29", "time": "07:00", "days": 1}
    assert desk(theatre)["quiet"] == {"why": "neighbours", "volume": 0.4, "density": 0.5, "until": end}
    to(theatre, "2026-11-29 07:00")
    assert desk(theatre)["quiet"] is None


@pytest.mark.parametrize(
    ("spans", "until"),
    [
        ([(22, 7)], "2026-11-29 07:00"),
        ([(22, 7), (7, 9)], "2026-11-29 09:00"),
        ([(20, 23), (21, 5)], "2026-11-29 05:00"),
        ([(7, 9)], None),
        ([(0, 12), (12, 0)], None),
    ],
    ids=["one", "two that meet", "two that overlap", "none holds", "always"],
)
def test_spans_of_quiet_that_meet_end_together(spans: list[tuple[int, int]], until: str | None) -> None:
    quiet = [QuietSpan(time(begin), time(end), Restraint(0.5)) for begin, end in spans]
    end = quiet_until(quiet, datetime(2026, 11, 28, 22, 30))  # noqa: DTZ001 - by the clock of the place
    assert end == (until and datetime.fromisoformat(until))


def test_a_sensor_is_told_by_what_it_said_last(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 12:00")
    theatre.conductor.day.restraints.watch(PresenceRules(away=600, lost=3600, rests=True))
    seen = dict.fromkeys(("12:05", "12:10", "13:00"), "")
    for clock in seen:
        to(theatre, f"2026-11-28 {clock}")
        presence = desk(theatre)["presence"]
        seen[clock] = f"{presence['sensed']} {presence['alone_minutes']} {presence['silent_minutes']}"
        assert (presence["away_minutes"], presence["rests"]) == (10, True)
    assert list(seen.values()) == ["here 5 5", "away 10 10", "lost 60 60"]
    theatre.conductor.presence(there=True)
    assert desk(theatre)["presence"]["sensed"] == "here"


async def test_maintenance_says_what_waits_and_what_came_of_it(tmp_path: Path) -> None:
    theatre = theatre_at(tmp_path, "2026-11-28 12:00")
    work = theatre.conductor.day.work
    work._jobs.clear()
    work.in_rests("the history gives room back to the disk", in_thread(lambda: True), 3600.0)
    assert desk(theatre)["maintenance"] == {
        "reboot": None,
        "in_rests": [
            {
                "name": "the history gives room back to the disk",
                "waits": True,
                "seconds_ago": None,
                "outcome": "",
            }
        ],
    }
    to(theatre, "2026-11-28 22:00")
    to(theatre, "2026-11-28 22:05")
    assert desk(theatre)["rests"] == "closed"
    assert work.due() is None
    theatre.clock.go(60)
    job = work.due()
    assert job is not None
    await work._do(job)
    theatre.clock.go(90)
    [done] = desk(theatre)["maintenance"]["in_rests"]
    assert (done["waits"], done["seconds_ago"], done["outcome"]) == (False, 90, "done")
