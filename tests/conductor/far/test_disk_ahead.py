"""A disk that will be full is told of ahead, by the days that were lived."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.far.far_side import FarSide
from reverie.history.day_book import DayBook, DayRecord
from reverie.watch.fault_kinds import DISK_FILLING
from reverie.watch.machine_facts import MachineFacts


def test_one_day_that_a_clock_dated_ahead_hid_for_years_that_a_disk_fills(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    side = FarSide(theatre.conductor)
    today = theatre.clock.local().date()
    days = [DayRecord(today - dt.timedelta(days=ago), free={"tape": ago * 1_000_000}) for ago in range(1, 5)]
    days.append(DayRecord(today.replace(year=2031), free={"tape": 9_000_000_000}))
    side._book = book = DayBook(tmp_path / "days.json", theatre.clock)
    book._days |= {one.day: one for one in days}
    side._found(MachineFacts())
    assert f"{DISK_FILLING.id} tape" in theatre.faults
