from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.history.vitals_store import HOURS, MINUTES, WRITE, VitalsStore
from reverie.play.messages import BarPlayed
from reverie.watch.happenings import BarSounded, Moment, WorkerDied
from reverie.watch.machine_heat import processor_heat
from reverie.watch.vitals import HOUR, MINUTE, MinuteOfVitals, Vitals, hour_of

BAR = BarPlayed(1, "one", 0, 0, resting=False, notes={"lead": 4}, sent=4, lateness=(0.001,), repeated=(), depth={})


def row(at: float, **more: Any) -> Vitals:
    plain = Vitals(int(at) // MINUTE * MINUTE, 20, 0.0, 0.0, 0.2, 1.5, 3, 0, 51.0, 0.4)
    return replace(plain, **more)


def test_a_minute_has_what_happened_in_it() -> None:
    clock, bus = HandClock(), Bus()
    minute = MinuteOfVitals(clock)
    minute.subscribe_to(bus)
    lateness = tuple(number / 100_000 for number in range(100))
    for bar in (
        replace(BAR, seconds=20.0, lateness=lateness),
        replace(BAR, seconds=10.0, resting=True, sent=0, lateness=()),
        replace(BAR, seconds=5.0, sent=0, due=4, lateness=()),
    ):
        bus.publish(BarSounded(Moment.of(clock), bar))
    bus.publish(WorkerDied(Moment.of(clock), "composer", "hang", "", 0.0))
    clock.go(60)
    over = minute.over(62.5, 0.7)
    assert over == Vitals(int(clock.wall()) - 60, 3, 40.0, 10.0, 0.5, 0.99, 0, 1, 62.5, 0.7)
    clock.go(60)
    empty = minute.over(None, None)
    assert (empty.bars, empty.silence, empty.late_half, empty.restarts) == (0, 60.0, None, 0), "it begins anew"


def test_a_minute_of_held_chords_and_of_mutes_was_drawn_as_silence_that_nobody_intended() -> None:
    clock, bus = HandClock(), Bus()
    minute = MinuteOfVitals(clock)
    minute.subscribe_to(bus)
    held = replace(BAR, seconds=10.0, notes={"lead": 0}, sent=0, lateness=())
    for bar in (replace(BAR, seconds=20.0, due=4), held, held, replace(held, muted=("lead",)), held):
        bus.publish(BarSounded(Moment.of(clock), bar))
    clock.go(60)
    over = minute.over(None, None)
    assert (over.silence, over.rest) == (10.0, 10.0), "the mute alone was silent, and meant"


def test_an_hour_is_made_of_its_minutes() -> None:
    minutes = [
        row(HOUR, late_half=0.1, late_most=9.0, heat=50.0),
        row(HOUR + 60, late_half=0.3, late_most=2.0, heat=None, silence=12.0, restarts=1),
        row(HOUR + 120, late_half=None, late_most=None, heat=70.0),
    ]
    hour = hour_of(minutes)
    assert (hour.at, hour.bars, hour.silence, hour.refused, hour.restarts) == (HOUR, 60, 12.0, 9, 1)
    assert (hour.late_half, hour.late_most, hour.heat) == (0.3, 9.0, 60.0)


def fill(store: VitalsStore, clock: HandClock, minutes: int) -> None:
    for _ in range(minutes):
        clock.go(MINUTE)
        store.add(row(clock.wall() - MINUTE))


def test_forty_days_take_no_more_room_than_a_month(tmp_path: Path) -> None:
    clock = HandClock("2026-10-01 00:00")
    store = VitalsStore(tmp_path / "vitals.json", clock)
    fill(store, clock, 40 * 24 * 60)
    store.close()
    assert len(store.minutes) == MINUTES
    assert len(store.hours) == HOURS
    assert all(hour.bars == 60 * 20 for hour in store.hours)
    assert (tmp_path / "vitals.json").stat().st_size < 250_000


def test_it_is_there_after_a_restart_and_a_power_cut_takes_minutes_alone(tmp_path: Path) -> None:
    clock, path = HandClock(), tmp_path / "vitals.json"
    store = VitalsStore(path, clock)
    writes = []
    for _ in range(90):
        fill(store, clock, 1)
        before = path.stat().st_mtime_ns if path.exists() else 0
        store.write()
        writes.append(path.exists() and path.stat().st_mtime_ns != before)
    assert sum(writes) == 90 * MINUTE // WRITE, "seldom: memory cards wear out"
    again = VitalsStore(path, clock)
    assert again.minutes == store.minutes[: len(again.minutes)]
    assert len(again.minutes) >= 90 - WRITE / MINUTE
    clock.go(3 * HOUR)
    fill(again, clock, 1)
    ats = [one.at for one in again.minutes]
    assert ats == sorted(ats)
    assert ats[-1] - ats[-2] > 2 * HOUR, "where it did not run nothing is invented"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"version": 1}', '{"fields": ["at"], "minutes": [], "hours": []}', "[" * 100_000]
)
def test_a_file_that_makes_no_sense_is_set_aside(tmp_path: Path, text: str) -> None:
    clock, path = HandClock(), tmp_path / "vitals.json"
    path.write_text(text)
    store = VitalsStore(path, clock)
    assert store.minutes == store.hours == ()
    fill(store, clock, 1)
    store.close()
    assert len(VitalsStore(path, clock).minutes) == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("wrong", [None, "x", True, float("nan"), [1]])
def test_a_row_that_makes_no_sense_is_none(wrong: object) -> None:
    good = row(HOUR).as_row()
    assert Vitals.from_row(good) == row(HOUR)
    with pytest.raises(ValueError, match="bars"):
        Vitals.from_row([good[0], wrong, *good[2:]])
    with pytest.raises(ValueError, match="no row"):
        Vitals.from_row(good[1:])


def test_a_clock_that_is_set_back_hides_nothing_for_long(tmp_path: Path) -> None:
    clock = HandClock()
    store = VitalsStore(tmp_path / "vitals.json", clock)
    clock.set_wall(400 * 24 * HOUR)  # a board without a battery, before the network tells it the time
    fill(store, clock, 130)
    clock.set_wall(-400 * 24 * HOUR)
    fill(store, clock, 3)
    assert len(store.minutes) == 3
    assert [hour.bars for hour in store.hours] == [60]


def test_the_processor_is_told_from_other_sensors(tmp_path: Path) -> None:
    assert processor_heat(tmp_path) is None
    for number, (kind, degrees) in enumerate(
        (("acpitz", "99000"), ("cpu-thermal", "61500"), ("cpu-broken", "0"), ("cpu-none", "x"))
    ):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{degrees}\n")
    assert processor_heat(tmp_path) == 61.5
