"""The service: whether systemd starts Reverie with the power, and again whenever it ends or hangs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.doctor.machine_view import MachineView

UNIT = "reverie.service"
MANY = 5
"""Restarts since the service was started that are told of."""
_PROPERTIES = (
    "LoadState,ActiveState,UnitFileState,Restart,WatchdogUSec,NRestarts,User,LimitRTPRIO,LimitMEMLOCK,"
    "SupplementaryGroups,NeedDaemonReload"
)


def unit_of(machine: MachineView) -> Mapping[str, str] | None:
    """What systemd says of the unit; None where there is no systemd, nothing in it where there is no such unit."""
    said = machine.properties("systemctl", "show", UNIT, "-p", _PROPERTIES)
    if not said:
        return None
    return said if said.get("LoadState") == "loaded" else {}


def service_points(unit: Mapping[str, str] | None) -> Iterator[Finding]:
    """Look at the unit."""
    if unit is None:
        yield unknown("service", "service.no_systemd")
        return
    if not unit:
        yield doubtful("service", "service.none", unit=UNIT)
        return
    if unit.get("UnitFileState") not in {"enabled", "enabled-runtime", "static", "linked"}:
        yield bad("service", "service.disabled", unit=UNIT)
    elif unit.get("ActiveState") != "active":
        yield bad("service", "service.inactive", unit=UNIT, state=unit.get("ActiveState", "unknown"))
    else:
        yield well("service", "service.well", unit=UNIT)
    if unit.get("Restart") != "always":
        yield bad("restart", "restart.not_always", unit=UNIT, restart=unit.get("Restart", "no"))
    elif unit.get("WatchdogUSec", "0") in {"0", "infinity"}:
        yield doubtful("restart", "restart.no_watchdog", unit=UNIT)
    elif unit.get("NRestarts", "").isdecimal() and int(unit["NRestarts"]) >= MANY:
        yield doubtful("restart", "restart.many", count=unit["NRestarts"])
    else:
        yield well("restart", "restart.well", watchdog=unit["WatchdogUSec"])
    if unit.get("NeedDaemonReload") == "yes":
        yield doubtful("restart", "restart.unread", unit=UNIT)
