"""What machines say of themselves: a Raspberry Pi, an eMMC, and one that says nothing."""

from __future__ import annotations

import ctypes.util
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from fakes.hand_clock import HandClock
from reverie.conductor.care.machine_watch import HOT, LATE, POWERED, SOON, UNKEPT, MachineFaults
from reverie.watch.fault_kinds import CARD_WORN, CLOCK_UNKEPT, DISK_FILLING, MACHINE_HOT, MEMORY_SHORT, UNDERVOLTAGE
from reverie.watch.faults import Faults
from reverie.watch.machine_facts import (
    DiskRoom,
    MachineFacts,
    card_wear,
    clock_kept,
    clock_kept_by_timedated,
    disk_room,
    firmware_restraints,
    machine_facts,
)
from reverie.watch.machine_metrics import MachineMetrics


def test_a_raspberry_pi_says_what_its_firmware_holds_back(tmp_path: Path) -> None:
    path = tmp_path / "get_throttled"
    path.write_text("50005\n")
    facts = MachineFacts(throttled=firmware_restraints(path))
    assert facts.restrained("undervoltage") is True
    assert facts.restrained("throttled") is True
    assert facts.restrained("frequency-capped") is False
    assert facts.restrained("soft-temperature-limit", since_start=True) is False
    assert facts.restrained("undervoltage", since_start=True) is True


@pytest.mark.parametrize("written", ["", "throttled=", "no such thing", "123456789"])
def test_what_is_no_answer_of_the_firmware_is_unknown(tmp_path: Path, written: str) -> None:
    path = tmp_path / "get_throttled"
    path.write_text(written)
    assert firmware_restraints(path) is None
    assert firmware_restraints(tmp_path / "missing") is None
    assert MachineFacts().restrained("undervoltage") is None


def test_the_program_of_newer_kernels_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "vcgencmd"
    program.write_text("#!/bin/sh\necho throttled=0x50000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    facts = MachineFacts(throttled=firmware_restraints())
    assert facts.restrained("undervoltage") is False
    assert facts.restrained("undervoltage", since_start=True) is True


@pytest.mark.parametrize(("says", "kept"), [("yes", True), ("no", False), ("", None), ("perhaps", None)])
def test_a_service_that_may_not_ask_the_kernel_asks_timedated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, kept: bool | None
) -> None:
    program = tmp_path / "timedatectl"
    program.write_text(f'#!/bin/sh\n[ "$1" = show ] && echo "{says}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert clock_kept_by_timedated() is kept


@pytest.mark.real
def test_what_the_unit_forbids_is_no_end_of_it() -> None:
    """The system calls that set clocks are refused with EPERM, as by the unit's SystemCallFilter=."""
    libseccomp = ctypes.util.find_library("seccomp")
    if libseccomp is None:
        pytest.skip("libseccomp is missing: apt install libseccomp2")
    program = f"""
import ctypes, errno, os
seccomp = ctypes.CDLL({libseccomp!r})
seccomp.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(seccomp.seccomp_init(0x7FFF0000))
for name in (b"adjtimex", b"clock_adjtime", b"clock_settime"):
    number = seccomp.seccomp_syscall_resolve_name(name)
    assert seccomp.seccomp_rule_add(context, 0x00050000 | errno.EPERM, number, 0) == 0
assert seccomp.seccomp_load(context) == 0
os.environ["PATH"] = "/nowhere"
from reverie.watch.machine_facts import clock_kept
print(clock_kept())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "None", done.stderr


def test_a_built_in_card_says_how_worn_it_is(tmp_path: Path) -> None:
    assert card_wear(tmp_path) == (None, None)
    for name, life, reserve in (
        ("mmcblk0", "0x02 0x0a", "0x02"),
        ("mmcblk1", "0x00 0x00", "0x00"),
        ("sda", "0x0b", "3"),
    ):
        device = tmp_path / name / "device"
        device.mkdir(parents=True)
        (device / "life_time").write_text(f"{life}\n")
        (device / "pre_eol_info").write_text(f"{reserve}\n")
    worn, reserve = card_wear(tmp_path)
    assert worn == pytest.approx(1.0)
    assert reserve == 2


def test_this_machine_is_looked_at(tmp_path: Path) -> None:
    facts = machine_facts({"state": tmp_path / "not" / "there"})
    assert facts.memory is not None
    assert facts.memory_total is not None
    assert 0 < facts.memory <= facts.memory_total
    assert 0 < facts.disks["state"].free <= facts.disks["state"].total
    assert disk_room(tmp_path) is not None
    assert clock_kept() in {True, False, None}


def samples(registry: CollectorRegistry) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def test_there_are_as_many_series_from_the_first_scrape_on() -> None:
    registry = CollectorRegistry()
    metrics = MachineMetrics(registry)
    before = samples(registry)
    assert all(math.isnan(value) for value in before.values())
    facts = MachineFacts(61.0, 0.5, 5, 10, True, 1, 0.2, 1, {"state": DiskRoom(1, 2), "tape": DiskRoom(3, 4)})
    metrics.facts_are(facts, {"state": 12.0, "tape": float("inf")})
    after = samples(registry)
    assert before.keys() == after.keys()
    assert not any(math.isnan(value) for value in after.values())
    assert after["reverie_machine_heat_celsius", frozenset()] == 61.0
    restrained = "reverie_machine_restrained"
    assert after[restrained, frozenset({("what", "undervoltage"), ("when", "now")})] == 1
    assert after[restrained, frozenset({("what", "undervoltage"), ("when", "since-start")})] == 0
    assert after["reverie_machine_disk_full_seconds", frozenset({("folder", "tape")})] == float("inf")


class Watched:
    """The faults of a machine of which a test says how it is."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.faults = Faults(self.clock.wall)
        self.by_hours = True
        self.machine = MachineFaults(self.faults, self.clock, by_hours=lambda: self.by_hours)

    def see(self, seconds: float = 30.0, days_left: Mapping[str, float] | None = None, **facts: object) -> set[str]:
        self.clock.go(seconds)
        self.machine.look(MachineFacts(**facts), days_left or {})  # pyright: ignore[reportArgumentType]
        return {fault.id for fault in self.faults.active}


def test_a_machine_that_says_nothing_has_no_faults() -> None:
    watched = Watched()
    for _ in range(10):
        assert watched.see(3600.0) == set()


def test_heat_is_told_until_it_is_cool_again_and_not_with_every_degree() -> None:
    watched = Watched()
    assert watched.see(heat=HOT - 1) == set()
    assert watched.see(heat=HOT) == {MACHINE_HOT.id}
    [told] = watched.faults.active
    assert watched.see(heat=HOT + 5) == {MACHINE_HOT.id}
    assert watched.faults.active == (told,)
    assert watched.see(heat=HOT - 2) == {MACHINE_HOT.id}
    assert watched.see(heat=60.0) == set()


def test_undervoltage_is_over_once_it_has_not_come_for_a_while() -> None:
    watched = Watched()
    assert watched.see(throttled=1) == {UNDERVOLTAGE.id}
    assert watched.see(POWERED - 60, throttled=1 << 16) == {UNDERVOLTAGE.id}
    assert watched.see(61, throttled=1 << 16) == set()


def test_a_clock_that_nobody_keeps_matters_after_an_hour_and_where_hours_go_by_it() -> None:
    watched = Watched()
    assert watched.see(UNKEPT - 60, clock_kept=False) == set()
    assert watched.see(120, clock_kept=False) == {CLOCK_UNKEPT.id}
    assert watched.see(30, clock_kept=True) == set()
    watched.by_hours = False
    assert watched.see(2 * UNKEPT, clock_kept=False) == set()
    watched.by_hours = True
    assert watched.see(UNKEPT - 60, clock_kept=False) == set()
    assert watched.see(120, clock_kept=False) == {CLOCK_UNKEPT.id}
    watched.by_hours = False
    assert watched.see(30, clock_kept=False) == set()


def test_memory_card_and_disk() -> None:
    watched = Watched()
    assert watched.see(memory=4, memory_total=100) == {MEMORY_SHORT.id}
    assert watched.see(memory=6, memory_total=100) == {MEMORY_SHORT.id}
    assert watched.see(memory=50, memory_total=100) == set()
    assert watched.see(card_worn=0.9) == {CARD_WORN.id}
    assert watched.see(card_worn=0.1, card_reserve=1) == set()
    assert watched.see(card_reserve=2) == {CARD_WORN.id}
    assert watched.see() == set()
    assert watched.see(days_left={"tape": SOON - 1, "state": float("inf")}) == {DISK_FILLING.id}
    assert watched.see(days_left={"tape": SOON + 1}) == {DISK_FILLING.id}
    assert watched.see(days_left={"tape": LATE + 1}) == set()
