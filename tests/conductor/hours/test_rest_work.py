"""What waits for a rest, and the new start of a machine."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.care.reboots import Reboots
from reverie.conductor.hours.doors import Doors, believed
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.conductor.hours.rest_work import SETTLED, RestWork, in_thread
from reverie.site.days_written import DaySpan
from reverie.watch.faults import Faults


class House:
    def __init__(self) -> None:
        self.clock = HandClock()
        self.resting = False
        self.work = RestWork(lambda: self.resting, self.clock)
        self.done: list[str] = []

    def did(self, what: str) -> bool:
        self.done.append(what)
        return True

    async def recycle(self) -> bool:
        return self.did("recycle")

    def go(self, seconds: float) -> list[str]:
        """Look at once and after so many seconds, and do what is due then; what was done."""
        self.done.clear()
        self.work.due()
        self.clock.go(seconds)
        while (job := self.work.due()) is not None:
            asyncio.run(self.work._do(job))
        return list(self.done)


@pytest.fixture
def house() -> House:
    house = House()
    house.work.in_rests("vacuum", in_thread(lambda: house.did("vacuum")), 3600.0)
    house.work.in_rests("recycle", house.recycle, 7200.0, at_latest=86_400.0)
    return house


def test_work_waits_for_a_rest_that_lasts_and_is_done_one_after_the_other(house: House) -> None:
    assert house.go(10_000) == []
    house.resting = True
    assert house.go(SETTLED - 1) == []
    assert house.go(1) == ["vacuum", "recycle"]
    assert house.go(3599) == []
    assert house.go(1) == ["vacuum"]
    assert house.go(3600) == ["vacuum", "recycle"] or house.go(0) == []


def test_what_must_be_done_at_last_is_done_without_a_rest(house: House) -> None:
    assert house.go(86_399) == []
    assert house.go(1) == ["recycle"]


def test_what_fails_is_tried_again_in_its_time_and_keeps_nothing_else(house: House) -> None:
    def fails() -> bool:
        house.did("failed")
        raise OSError("no room")

    house.work.in_rests("export", in_thread(fails), 3600.0)
    house.resting = True
    assert house.go(SETTLED) == ["vacuum", "recycle", "failed"]
    assert house.go(10) == []
    assert [one["outcome"] for one in house.work.status()] == ["done", "done", "failed, see the log"]
    assert "failed" in house.go(3600)


def test_a_look_that_finds_nothing_to_do_counted_as_done_and_filled_the_log_all_night(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    there = list[str]()

    def do() -> bool:
        house.did("look")
        return bool(there)

    house.work._jobs.clear()
    house.work.in_rests("a job", in_thread(do), 600.0)
    house.resting = True
    with caplog.at_level("INFO"):
        assert house.go(SETTLED) == ["look"]
        assert house.go(599) == []
        assert house.go(1) == ["look"]
        assert caplog.messages == []
        [told] = house.work.status()
        assert (told["seconds_ago"], told["outcome"]) == (None, "")
        there.append("something")
        house.go(600)
    assert caplog.messages == ["Done while it rests: a job."]
    [told] = house.work.status()
    assert (told["seconds_ago"], told["outcome"]) == (0, "done")


def test_every_job_waited_for_a_rest_though_there_was_nothing_to_do(house: House) -> None:
    there = list[str]()
    house.work._jobs.clear()
    house.work.in_rests("a job", in_thread(lambda: house.did("it")), 600.0, waits=lambda: bool(there), at_latest=7200.0)
    assert [one["waits"] for one in house.work.status()] == [False]
    assert house.go(7200) == []
    house.resting = True
    assert house.go(SETTLED) == []
    there.append("something")
    assert [one["waits"] for one in house.work.status()] == [True]
    assert house.go(0) == ["it"]


@pytest.mark.parametrize(
    ("clock", "days_up", "every", "asked"),
    [
        ("2026-11-28 23:00", 7, "weekly", True),
        ("2026-11-28 23:00", 6.9, "weekly", False),
        ("2026-11-28 23:00", 8, None, False),
        ("2026-11-28 15:00", 8, "weekly", False),
        ("2026-11-29 09:45", 8, "weekly", False),
        ("2026-11-29 09:30", 1, "daily", True),
        ("2026-11-28 23:00", 8, "monthly", False),
    ],
)
def test_a_machine_is_started_anew_only_while_it_is_closed_and_has_time_for_it(
    clock: str, days_up: float, every: str | None, *, asked: bool
) -> None:
    done = list[str]()
    hours = OpeningHours([(DaySpan(600, 1080),)] * 7, UTC)
    doors = Doors(hours, HandClock(clock), believed)
    reboots = Reboots(doors, Faults(), lambda: days_up * 86_400, lambda: done.append("asked") or "")
    reboots.take(every)
    assert reboots.look() is asked
    assert bool(done) is asked


def test_a_machine_that_is_never_to_be_started_anew_had_its_new_start_done_ten_minutes_ago(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=HandClock("2026-11-28 23:00"))
    [told] = [one for one in theatre.conductor.day.work.status() if "machine" in one["name"]]
    assert (told["waits"], told["seconds_ago"]) == (False, None)
    theatre.conductor.day._reboots.take("daily")
    theatre.conductor.day._reboots._up = lambda: 86_400.0
    [told] = [one for one in theatre.conductor.day.work.status() if "machine" in one["name"]]
    assert told["waits"] is True


def test_a_new_start_that_is_refused_is_told_until_nobody_wants_it() -> None:
    faults = Faults()
    doors = Doors(OpeningHours([(DaySpan(600, 1080),)] * 7, UTC), HandClock("2026-11-28 23:00"), believed)
    reboots = Reboots(doors, faults, lambda: 1e7, lambda: "Access denied")
    reboots.take("weekly")
    assert not reboots.look()
    assert ["Access denied" in fault.sentence for fault in faults.active] == [True]
    reboots.take(None)
    assert faults.active == ()
