"""The box and its system, looked at in folders that stand for /proc and /sys, and by programs that are made up."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from fakes.box import Box
from reverie.doctor.clock_points import clock_points
from reverie.doctor.finding import Finding
from reverie.doctor.finding_texts import LANGUAGES, finding_texts
from reverie.doctor.machine_points import machine_points
from reverie.doctor.rights_points import rights_points
from reverie.doctor.service_points import service_points, unit_of

UNIT = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "Restart": "always",
    "WatchdogUSec": "30s",
    "NRestarts": "0",
    "User": "reverie",
    "LimitRTPRIO": "30",
    "LimitMEMLOCK": "infinity",
    "SupplementaryGroups": "audio",
    "NeedDaemonReload": "no",
}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "box")


def told(findings: Iterable[Finding]) -> dict[str, str]:
    """By point its text, each of which can be said in every language with nothing left open."""
    found = list(findings)
    for language in LANGUAGES:
        texts = finding_texts(language)
        for one in found:
            assert "{" not in texts.sentence(one) + texts.advice(one) + texts.title(one.point)
    return {one.point: f"{one.outcome}: {one.text}" for one in found}


@pytest.mark.parametrize(
    ("bits", "says"),
    [
        ("0x0", "well: power.well"),
        ("0x50005", "bad: power.low"),
        ("0x50000", "doubtful: power.low"),
        ("0x4", "bad: power.throttled"),
        ("0x40000", "doubtful: power.throttled"),
        ("0x80008", "bad: power.throttled"),
    ],
)
def test_what_a_raspberry_pi_says_of_its_power(box: Box, bits: str, says: str) -> None:
    box.says("vcgencmd", f"throttled={bits}")
    assert told(machine_points(box.view))["power"] == says


def test_power_is_read_of_the_kernel_where_the_program_is_missing(box: Box) -> None:
    box.put("/sys/devices/platform/soc/soc:firmware/get_throttled", "50000")
    assert told(machine_points(box.view))["power"] == "doubtful: power.low"


@pytest.mark.parametrize(("counts", "says"), [("00", "well: power.cool"), ("07", "doubtful: power.throttled")])
def test_other_processors_count_how_often_they_were_slowed_down(box: Box, counts: str, says: str) -> None:
    for core, count in enumerate(counts):
        box.put(f"/sys/devices/system/cpu/cpu{core}/thermal_throttle/core_throttle_count", count)
    assert told(machine_points(box.view))["power"] == says


def test_a_machine_that_tells_nothing_is_no_fault(box: Box) -> None:
    assert told(machine_points(box.view)) == {
        "power": "unknown: power.untold",
        "heat": "unknown: heat.untold",
        "memory": "unknown: memory.untold",
        "watchdog": "unknown: watchdog.none",
    }


@pytest.mark.parametrize(
    ("degrees", "says"), [("54000", "well: heat.well"), ("79000", "doubtful: heat.hot"), ("91000", "bad: heat.hot")]
)
def test_heat(box: Box, degrees: str, says: str) -> None:
    box.put("/sys/class/thermal/thermal_zone0/type", "cpu-thermal")
    box.put("/sys/class/thermal/thermal_zone0/temp", degrees)
    assert told(machine_points(box.view))["heat"] == says


@pytest.mark.parametrize(("free", "says"), [(900_000, "well: memory.well"), (90_000, "doubtful: memory.scarce")])
def test_memory(box: Box, free: int, says: str) -> None:
    box.put("/proc/meminfo", f"MemTotal:        1900000 kB\nMemFree:  1 kB\nMemAvailable:    {free} kB")
    assert told(machine_points(box.view))["memory"] == says


@pytest.mark.parametrize(("set_to", "says"), [("20s", "well: watchdog.well"), ("0", "doubtful: watchdog.off")])
def test_a_hardware_watchdog_is_used_or_not(box: Box, set_to: str, says: str) -> None:
    box.put("/dev/watchdog0")
    box.says("systemctl", {"RuntimeWatchdogUSec": set_to})
    assert told(machine_points(box.view))["watchdog"] == says


@pytest.mark.parametrize(
    ("said", "says"),
    [("yes", "well: clock.synchronised"), ("no", "doubtful: clock.alone"), ("", "unknown: clock.untold")],
)
def test_whether_the_clock_is_synchronised(box: Box, said: str, says: str) -> None:
    if said:
        box.says("timedatectl", {"NTPSynchronized": said})
    assert told(clock_points(box.view, with_programme=True))["clock"] == says


def test_without_timedatectl_the_mark_of_its_service_counts(box: Box) -> None:
    box.put("/run/systemd/timesync/synchronized")
    assert told(clock_points(box.view, with_programme=True))["clock"] == "well: clock.synchronised"


def test_a_clock_without_power_has_a_battery(box: Box) -> None:
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "doubtful: rtc.none"
    box.put("/sys/class/rtc/rtc0/name", "rtc_cmos")
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "well: rtc.well"
    box.put("/sys/class/rtc/rtc0/battery_voltage", "0")
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "doubtful: rtc.empty"
    box.put("/sys/class/rtc/rtc0/battery_voltage", "3012000")
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "well: rtc.well"
    box.put("/sys/class/rtc/rtc0/since_epoch", "86400")
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "doubtful: rtc.empty"
    box.put("/sys/class/rtc/rtc1/battery_voltage", "2912000")
    assert told(clock_points(box.view, with_programme=True))["rtc"] == "well: rtc.well"


def test_the_zone_counts_where_there_is_a_programme(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert told(clock_points(box.view, with_programme=True))["zone"] == "doubtful: zone.utc"
    assert told(clock_points(box.view, with_programme=False))["zone"] == "well: zone.utc"
    box.link("/etc/localtime", "/usr/share/zoneinfo/Europe/Nowhere")
    assert told(clock_points(box.view, with_programme=True))["zone"] == "bad: zone.broken"
    (box.root / "etc/localtime").unlink()
    box.put("/usr/share/zoneinfo/Europe/Berlin", "TZif2")
    box.link("/etc/localtime", str(box.root / "usr/share/zoneinfo/Europe/Berlin"))
    [zone] = [one for one in clock_points(box.view, with_programme=True) if one.point == "zone"]
    assert (zone.text, zone.values["zone"]) == ("zone.well", "Europe/Berlin")


def test_a_service_as_it_is_shipped_is_well(box: Box) -> None:
    box.says("systemctl", UNIT)
    assert told(service_points(unit_of(box.view))) == {
        "service": "well: service.well",
        "restart": "well: restart.well",
    }


@pytest.mark.parametrize(
    ("change", "point", "says"),
    [
        ({"UnitFileState": "disabled"}, "service", "bad: service.disabled"),
        ({"ActiveState": "failed"}, "service", "bad: service.inactive"),
        ({"Restart": "no"}, "restart", "bad: restart.not_always"),
        ({"WatchdogUSec": "infinity"}, "restart", "doubtful: restart.no_watchdog"),
        ({"NRestarts": "12"}, "restart", "doubtful: restart.many"),
        ({"NeedDaemonReload": "yes"}, "restart", "doubtful: restart.unread"),
        ({"LoadState": "not-found"}, "service", "doubtful: service.none"),
    ],
)
def test_a_service_that_would_not_come_back(box: Box, change: dict[str, str], point: str, says: str) -> None:
    box.says("systemctl", UNIT | change)
    assert told(service_points(unit_of(box.view)))[point] == says


def test_without_systemd_nothing_is_said_of_it(box: Box) -> None:
    assert told(service_points(unit_of(box.view))) == {"service": "unknown: service.no_systemd"}


def test_what_the_service_is_granted_counts_while_no_player_runs(box: Box) -> None:
    box.put("/proc/asound/cards", " 0 [Device         ]: USB-Audio - USB Audio Device")
    assert told(rights_points(box.view, UNIT, None, sound_card=True)) == {
        "realtime": "well: realtime.unit",
        "memlock": "well: memlock.unit",
        "devices": "well: devices.well",
    }
    less = UNIT | {"LimitRTPRIO": "0", "LimitMEMLOCK": "65536", "SupplementaryGroups": "", "User": "nobody"}
    assert told(rights_points(box.view, less, None, sound_card=True)) == {
        "realtime": "doubtful: realtime.unit_lacks",
        "memlock": "doubtful: memlock.unit_lacks",
        "devices": "bad: devices.refused",
    }


def test_what_the_player_really_has_counts_while_one_runs(box: Box) -> None:
    me = os.getpid()
    box.put(f"/proc/{me}/status", "Name: x\nVmLck:\t       0 kB")
    found = told(rights_points(box.view, UNIT, me, sound_card=True))
    assert found["realtime"] == "doubtful: realtime.lacks", "this test has none"
    assert found["memlock"] == "doubtful: memlock.lacks"
    box.put(f"/proc/{me}/status", "Name: x\nVmLck:\t   21000 kB")
    assert told(rights_points(box.view, UNIT, me, sound_card=True))["memlock"] == "well: memlock.has"


def test_devices_count_where_a_slot_needs_one(box: Box) -> None:
    box.put("/proc/asound/cards", "--- no soundcards ---")
    assert told(rights_points(box.view, UNIT, None, sound_card=True))["devices"] == "doubtful: devices.none"
    assert told(rights_points(box.view, UNIT, None, sound_card=False))["devices"] == "well: devices.not_needed"
