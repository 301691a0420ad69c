"""Which dates are believed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.care.machine_watch import UNKEPT
from reverie.conductor.far.far_side import FarSide
from reverie.conductor.hours import clock_doubt
from reverie.conductor.hours.clock_doubt import ClockDoubt
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.site.days_written import DaySpan
from reverie.watch.machine_facts import MachineFacts

NOW = datetime(2027, 5, 1, tzinfo=UTC).timestamp()


def test_a_date_before_the_version_was_written_is_not_believed(tmp_path: Path) -> None:
    doubt = ClockDoubt(tmp_path / "none", tmp_path / "none")
    assert "1970-01-01" in doubt.of(0.0)
    assert doubt.of(clock_doubt.EARLIEST.timestamp()) == ""


def test_a_machine_without_a_clock_that_outlasts_a_power_cut_must_have_heard_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware, heard = tmp_path / "rtc", tmp_path / "synchronized"
    doubt = ClockDoubt(hardware, heard)

    class Unsynchronised:
        def adjtimex(self, _: object) -> int:
            return 5

    monkeypatch.setattr(clock_doubt.ctypes, "CDLL", lambda _: Unsynchronised())
    assert doubt.of(NOW) == "", "where nobody can tell, the clock is believed"
    hardware.mkdir()
    assert "outlasts a power cut" in doubt.of(NOW)
    heard.touch()
    assert doubt.of(NOW) == ""
    heard.unlink()
    (hardware / "rtc0").mkdir()
    assert doubt.of(NOW) == ""


def rtc(folder: Path, name: str, **files: str) -> Path:
    """A clock as the kernel lists it."""
    clock = folder / name
    clock.mkdir(parents=True)
    for file, text in files.items():
        (clock / file).write_text(f"{text}\n")
    return clock


@pytest.mark.parametrize(
    ("files", "believed"),
    [
        ({"since_epoch": "86461"}, False),
        ({"since_epoch": f"{NOW:.0f}"}, True),
        ({"since_epoch": f"{NOW:.0f}", "battery_voltage": "12000"}, False),
        ({"since_epoch": f"{NOW:.0f}", "battery_voltage": "2987000"}, True),
        ({"since_epoch": "86461", "battery_voltage": "2987000"}, False),
        ({"since_epoch": "no number"}, True),
        ({}, True),
    ],
    ids=["forgot", "kept", "no battery", "battery", "battery put in later", "no answer", "nothing told"],
)
def test_a_raspberry_pi_5_without_a_battery_believed_a_wrong_date_as_it_lists_a_clock(
    tmp_path: Path, files: dict[str, str], *, believed: bool
) -> None:
    hardware = tmp_path / "rtc"
    rtc(hardware, "rtc0", **files)
    doubt = ClockDoubt(hardware, tmp_path / "none")
    assert (doubt.of(NOW, kept=False) == "") is believed
    assert doubt.of(NOW, kept=True) == ""


def test_a_clock_whose_driver_says_that_it_stood_still_keeps_no_time_and_a_second_one_does(tmp_path: Path) -> None:
    hardware = tmp_path / "rtc"
    (rtc(hardware, "rtc0") / "since_epoch").symlink_to("/proc/self/mem")  # read at its beginning it is an error
    doubt = ClockDoubt(hardware, tmp_path / "none")
    assert "outlasts a power cut" in doubt.of(NOW, kept=False)
    rtc(hardware, "rtc1", since_epoch=f"{NOW:.0f}")
    assert doubt.of(NOW, kept=False) == ""


@pytest.mark.parametrize(("answer", "believed"), [(0, True), (1, True), (5, False), (-1, False)])
def test_the_kernel_may_know_that_the_time_was_heard_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int, *, believed: bool
) -> None:
    class Kernel:
        def adjtimex(self, _: object) -> int:
            return answer

    monkeypatch.setattr(clock_doubt.ctypes, "CDLL", lambda _: Kernel())
    assert (ClockDoubt(tmp_path, tmp_path / "none").of(NOW) == "") is believed


def test_the_kernel_of_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert isinstance(ClockDoubt(tmp_path, tmp_path / "none").of(NOW), str)


def test_a_box_without_a_clock_of_its_own_was_doubted_for_ever_where_the_kernel_may_not_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forbidden:
        def adjtimex(self, _: object) -> int:
            return -1

    monkeypatch.setattr(clock_doubt.ctypes, "CDLL", lambda _: Forbidden())
    doubt = ClockDoubt(tmp_path, tmp_path / "none")
    assert doubt.of(NOW, None) != ""
    assert doubt.of(NOW, kept=True) == ""
    assert doubt.of(NOW, kept=False) != ""
    assert doubt.of(0.0, kept=True) != ""


def test_doors_close_once_the_machine_says_that_its_clock_is_kept(tmp_path: Path) -> None:
    clock = HandClock("2027-05-01 23:00")
    hours = OpeningHours([(DaySpan(600, 1080),)] * 7, UTC)
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=clock)
    side = FarSide(theatre.conductor)
    doors = theatre.conductor.day.doors
    doors.hours, doors._doubt = hours, lambda wall, kept: "" if kept else f"{wall:.0f}"
    assert doors.state.is_open
    side._found(MachineFacts(clock_kept=True))
    assert not doors.state.is_open


@pytest.mark.parametrize(
    "more",
    [
        "hours: {zone: Europe/Berlin, week: {monday: ['10:00-18:00']}}",
        "programme: [{at: '10:00', scene: study}]",
        "quiet_hours: [{from: '22:00', to: '08:00', volume: 0.5}]",
    ],
    ids=["hours", "programme", "quiet hours"],
)
def test_hours_that_came_while_it_plays_never_told_that_nobody_keeps_the_clock(tmp_path: Path, more: str) -> None:
    clock = HandClock("2027-05-01 23:00")
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=clock)
    theatre.begin()
    side, file = FarSide(theatre.conductor), tmp_path / "reverie.yaml"

    def an_hour() -> bool:
        side._found(MachineFacts(clock_kept=False))
        clock.go(UNKEPT + 1)
        side._found(MachineFacts(clock_kept=False))
        return "clock-unkept" in theatre.faults

    assert not an_hour()
    file.write_text(f"scene: study\n{more}\n")
    assert "Taken over" in theatre.conductor.reload().sentence
    assert an_hour()
    file.write_text("scene: study\n")
    theatre.conductor.reload()
    assert not an_hour()


def test_a_box_without_a_battery_was_doubted_again_once_its_network_was_away_for_a_night(tmp_path: Path) -> None:
    """The kernel says that nobody keeps the clock some hours after the last word of the network."""
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=HandClock("2027-05-01 23:00"))
    doors = theatre.conductor.day.doors
    doors.hours = OpeningHours([(DaySpan(600, 1080),)] * 7, UTC)
    rtc(tmp_path / "rtc", "rtc0", battery_voltage="0")
    doors._doubt = ClockDoubt(tmp_path / "rtc", tmp_path / "none").of
    side = FarSide(theatre.conductor)
    seen = dict.fromkeys([False, None, True])
    for kept in seen:
        side._found(MachineFacts(clock_kept=kept))
        seen[kept] = doors.state.is_open
    assert seen == {False: True, None: True, True: False}
    for kept in (False, None):
        side._found(MachineFacts(clock_kept=kept))
        assert not doors.state.is_open
