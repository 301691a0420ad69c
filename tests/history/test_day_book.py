"""Days are counted by what happened, and last over restarts, midnight and clocks that are set."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.history.day_book import (
    FILE,
    MOST_DAYS,
    MOST_FAULTS,
    DayBook,
    DayRecord,
    days_left,
    read_days,
)
from reverie.play.messages import BarPlayed
from reverie.processes.worker_life import RECYCLED
from reverie.watch.fault_kinds import SLOT_MISSING
from reverie.watch.faults import Fault
from reverie.watch.happenings import BarSounded, FaultCleared, FaultRaised, Moment, WorkerDied

TODAY = dt.date(2026, 11, 28)


class Life:
    """A day book that hears of a bar every two seconds."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.path = folder / FILE
        self.clock = clock
        self.bus = Bus()
        self.book = DayBook(self.path, clock)
        self.book.subscribe_to(self.bus)

    def bars(self, count: int, **fields: Any) -> None:
        for _ in range(count):
            self.clock.go(2.0)
            defaults: dict[str, Any] = {
                "epoch": 1,
                "scene": "first-light",
                "bar": 0,
                "scene_bar": 0,
                "resting": False,
                "notes": {},
                "sent": 4,
                "lateness": (),
                "repeated": (),
                "depth": {},
                "seconds": 2.0,
            }
            self.bus.publish(BarSounded(Moment.of(self.clock), BarPlayed(**(defaults | fields))))
            self.book.look()

    def tell(self, fault: Fault) -> None:
        happening = FaultRaised if fault.cleared is None else FaultCleared
        self.bus.publish(happening(Moment.of(self.clock), fault))

    @property
    def today(self) -> DayRecord:
        return self.book.known.days[-1]

    def end(self) -> None:
        self.book.write(self.book.text())


def fault(subject: str = "main", cleared: float | None = None) -> Fault:
    return Fault(SLOT_MISSING.id, subject, "Gone", "Plug it in", SLOT_MISSING.severity, 100.0, cleared)


def test_hours_open_rest_and_silence_are_counted_apart(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    life.bars(100)
    life.bars(50, resting=True, sent=0)
    life.bars(10, sent=0, due=4)
    assert life.today.running == 320.0
    assert life.today.rest == 100.0
    assert life.today.open == 220.0
    assert life.today.sounded == 200.0
    assert life.today.silence == 20.0
    assert life.today.scenes == {"first-light": 320.0}


def test_bars_that_held_a_chord_were_silence_that_nobody_intended(tmp_path: Path) -> None:
    """A healthy night of long chords was reported as a bad one each morning."""
    life = Life(tmp_path, HandClock())
    for _ in range(100):
        life.bars(1, notes={"pad": 4}, due=4)
        life.bars(3, notes={"pad": 0}, sent=0)
    assert life.today.silence == 0.0


def test_a_mute_by_hand_was_silence_that_nobody_intended(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    life.bars(100, notes={"pad": 0}, sent=0, muted=("pad",))
    assert (life.today.open, life.today.silence) == (200.0, 0.0)


def test_a_machine_that_slept_did_not_run(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    life.clock.go(7200)
    life.book.look()
    assert life.today.running <= 120.0


def test_a_day_goes_on_after_a_restart_and_starts_are_counted(tmp_path: Path) -> None:
    clock = HandClock()
    life = Life(tmp_path, clock)
    life.book.life_begun(crashed=False)
    life.bars(10)
    life.bus.publish(WorkerDied(Moment.of(clock), "composer", "hang", "It hung", 0.0))
    life.end()
    life = Life(tmp_path, clock)
    life.book.life_begun(crashed=True)
    life.bars(10)
    assert (life.today.starts, life.today.crashes, life.today.bars) == (2, 1, 20)
    assert [(one.role, one.reason) for one in life.today.restarts] == [("composer", "hang")]


def test_workers_that_were_recycled_made_every_ordinary_day_a_doubtful_one(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    life.bars(10)
    life.bus.publish(WorkerDied(Moment.of(life.clock), "composer", RECYCLED, "It was old", 0.0))
    life.bus.publish(WorkerDied(Moment.of(life.clock), "player", "signal", "It was killed", 0.0))
    assert [(one.role, one.reason) for one in life.today.restarts] == [("player", "signal")]


def test_midnight_begins_another_day_and_what_is_wrong_is_wrong_in_it_too(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock("2026-11-28 23:59"))
    life.tell(fault())
    life.bars(60)
    first, second = life.book.known.days
    assert (first.day, second.day) == (TODAY, TODAY + dt.timedelta(days=1))
    assert first.bars + second.bars == 60
    assert [one.id for one in second.faults] == [SLOT_MISSING.id]
    life.tell(fault(cleared=200.0))
    assert life.today.faults[0].cleared == 200.0


def test_a_fault_that_was_mended_after_midnight_was_still_there_in_the_report_of_the_day_before(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock("2026-11-26 22:00"))
    life.tell(fault())
    life.tell(fault(cleared=150.0))
    life.clock.go(86_400)
    life.book.look()
    life.tell(fault())
    for _ in range(2):
        life.bars(1)
        assert life.today.faults[0].cleared is None
        life.clock.go(86_400)
        life.book.look()
    life.tell(fault(cleared=200.0))
    assert [one.faults[0].cleared for one in life.book.known.days] == [150.0, 200.0, 200.0, 200.0]


@pytest.mark.parametrize("away", [60.0, 86_400.0, 9 * 86_400.0])
def test_a_fault_that_a_restart_mended_was_still_there_for_ever(tmp_path: Path, away: float) -> None:
    clock = HandClock()
    life = Life(tmp_path, clock)
    for subject in ("main", "other"):
        life.tell(fault(subject))
    life.end()
    clock.go(away)
    life = Life(tmp_path, clock)
    life.tell(fault("other"))
    life.bars(60)
    assert life.book.known.days[0].faults[0].cleared is None, "it may be found yet"
    life.bars(60)
    main, other = life.book.known.days[0].faults
    assert main.cleared == pytest.approx(clock.wall(), abs=120.0)
    assert other.cleared is None


def test_a_fault_that_comes_and_goes_is_one_of_so_many_times(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    for _ in range(5):
        life.tell(fault())
        life.tell(fault())
        life.tell(fault(cleared=200.0))
    [one] = life.today.faults
    assert one.times == 5


def test_a_clock_that_is_set_back_goes_on_with_the_day_before(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock("2026-11-28 00:01"))
    life.bars(5)
    life.clock.set_wall(-600)
    life.bars(5)
    assert [(day.day.day, day.bars) for day in life.book.known.days] == [(27, 4), (28, 6)]
    life.clock.set_wall(600)
    life.bars(5)
    assert sum(day.bars for day in life.book.known.days) == 15


def test_days_and_faults_are_bounded(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    for number in range(3 * MOST_FAULTS):
        life.tell(fault(f"slot {number}"))
        life.tell(fault(f"slot {number}", cleared=1.0))
    assert len(life.today.faults) == MOST_FAULTS
    for _ in range(MOST_DAYS + 30):
        life.clock.go(86_400)
        life.book.look()
    life.end()
    assert len(read_days(life.path)) == MOST_DAYS


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    life.bars(3)
    life.tell(fault())
    life.book.look({"state": 5_000})
    life.end()
    assert read_days(life.path) == life.book.known.days


@pytest.mark.parametrize("kept", ["", "[]", '{"days": [3]}', '{"days": [{"day": "never"}]}', '{"days": {}}'])
def test_a_file_that_makes_no_sense_is_set_aside(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE).write_text(kept)
    life = Life(tmp_path, HandClock())
    life.bars(1)
    life.end()
    assert read_days(life.path)[-1].bars == 1
    assert (kept == '{"days": {}}') or len(list(tmp_path.glob(f"{FILE}.broken-*"))) == 1


def test_a_file_is_written_seldom(tmp_path: Path) -> None:
    life = Life(tmp_path, HandClock())
    written = 0
    for _ in range(3600):
        life.clock.go(1.0)
        life.book.look()
        if (text := life.book.due()) is not None:
            json.loads(text)
            written += 1
    assert written == 4


def days(*free: int) -> list[DayRecord]:
    return [DayRecord(TODAY + dt.timedelta(days=number), free={"tape": room}) for number, room in enumerate(free)]


def test_days_left_follow_the_slope_and_are_unknown_at_first() -> None:
    assert days_left(days(100, 90), "tape") is None
    assert days_left(days(100, 90, 80, 70), "tape") == pytest.approx(7.0)
    assert days_left(days(70, 80, 90), "tape") == float("inf")
    assert days_left(days(100, 90, 80), "state") is None
    gap = [days(100, 0)[0], DayRecord(TODAY + dt.timedelta(days=10), free={"tape": 50}), *days(*[0] * 12)[11:]]
    assert days_left([*gap[:2]], "tape") is None


def lived(folder: Path, days: int) -> Life:
    """So many days up to this one."""
    life = Life(folder, HandClock("2026-11-01 12:00"))
    for _ in range(days - 1):
        life.bars(1)
        life.clock.go(86_400)
    life.bars(1)
    return life


def test_a_day_under_a_clock_that_was_ahead_was_the_latest_for_years(tmp_path: Path) -> None:
    life = lived(tmp_path, 10)
    life.clock.set_wall(400 * 86_400)
    life.bars(1)
    assert life.today.day.year == 2027
    today = life.clock.local().date() - dt.timedelta(days=400)
    assert {one.day.year for one in life.book.known.until(today)} == {2026}
    life.clock.set_wall(-400 * 86_400)
    life.bars(1)
    assert [one.day.day for one in life.book.known.days] == [*range(1, 11)]


@pytest.mark.parametrize("back", [86_400, 25 * 365 * 86_400], ids=["a zone", "a clock that begins anew"])
def test_a_clock_that_is_set_back_takes_no_day_that_was_lived(tmp_path: Path, back: int) -> None:
    life = lived(tmp_path, 10)
    life.clock.set_wall(-back)
    life.bars(1)
    life.clock.go(86_400)
    life.bars(1)
    life.clock.set_wall(back - 86_400)
    life.bars(1)
    assert [one.day.day for one in life.book.known.until(dt.date(2026, 11, 10))][-10:] == [*range(1, 11)]
