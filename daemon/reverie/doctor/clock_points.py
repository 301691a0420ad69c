"""The clock: whether the programme goes by the right time, with and without a network."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.conductor.hours.local_zone import LocalZone
from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.doctor.machine_view import MachineView
from reverie.watch.hardware_clocks import hardware_clocks


def clock_points(machine: MachineView, *, with_programme: bool) -> Iterator[Finding]:
    """Look at the clock.

    Args:
        machine: The box.
        with_programme: Whether the site has a programme, for which the time of day counts.
    """
    yield _synchronised(machine)
    yield _hardware(machine)
    yield _zone(machine, with_programme=with_programme)


def _synchronised(machine: MachineView) -> Finding:
    said = machine.properties("timedatectl", "show", "-p", "NTPSynchronized").get("NTPSynchronized")
    if said == "yes" or (said is None and machine.path("/run/systemd/timesync/synchronized").exists()):
        return well("clock", "clock.synchronised")
    return unknown("clock", "clock.untold") if said is None else doubtful("clock", "clock.alone")


def _hardware(machine: MachineView) -> Finding:
    clocks = hardware_clocks(machine.path("/sys/class/rtc"))
    if not clocks:
        return doubtful("rtc", "rtc.none")
    lasting = next((one for one in clocks if one.lasts), None)
    return well("rtc", "rtc.well", name=lasting.name) if lasting else doubtful("rtc", "rtc.empty")


def _zone(machine: MachineView, *, with_programme: bool) -> Finding:
    if fault := LocalZone(machine.path("/etc/localtime")).fault():
        return (bad if with_programme else doubtful)("zone", "zone.broken", fault=fault.rstrip("."))
    link = machine.path("/etc/localtime")
    name = str(link.readlink()).rpartition("zoneinfo/")[2] if link.is_symlink() else ""
    if name in {"", "UTC", "Etc/UTC"}:
        return (doubtful if with_programme else well)("zone", "zone.utc")
    return well("zone", "zone.well", zone=name)
