"""The box itself: power, heat, memory, and the watchdog that starts a frozen one again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.doctor.machine_view import MachineView, whole
from reverie.watch.machine_heat import processor_heat

HOT, TOO_HOT = 75.0, 85.0
"""Degrees Celsius of a processor from which it is near to slowing down, and does."""
SCARCE = 200
"""Megabytes of memory that are free at least."""
_NOW, _EVER = 0b1111, 0b1111 << 16
_UNDERVOLTAGE = 0b1 | 0b1 << 16
"""The bits of a Raspberry Pi's `get_throttled`."""
_THROTTLED = "/sys/devices/platform/soc/soc:firmware/get_throttled"


def machine_points(machine: MachineView) -> Iterator[Finding]:
    """Look at the box."""
    yield _power(machine)
    yield _heat(machine)
    yield _memory(machine)
    yield _watchdog(machine)


def _power(machine: MachineView) -> Finding:
    said = re.search(r"throttled=0x([0-9a-fA-F]+)", machine.ask(["vcgencmd", "get_throttled"]) or "")
    bits = whole(said[1] if said else machine.read(_THROTTLED), 16)
    if bits is None:
        return _power_of_others(machine)
    if bits & _UNDERVOLTAGE:
        return (bad if bits & _UNDERVOLTAGE & _NOW else doubtful)("power", "power.low")
    if bits & (_NOW | _EVER):
        return (bad if bits & _NOW else doubtful)("power", "power.throttled")
    return well("power", "power.well")


def _power_of_others(machine: MachineView) -> Finding:
    counts = [
        count
        for path in machine.found("/sys/devices/system/cpu", "cpu[0-9]*/thermal_throttle/*_throttle_count")
        if (count := whole(path.read_text(encoding="utf-8"))) is not None
    ]
    if any(counts):
        return doubtful("power", "power.throttled")
    return well("power", "power.cool") if counts else unknown("power", "power.untold")


def _heat(machine: MachineView) -> Finding:
    heat = processor_heat(machine.path("/sys/class/thermal"))
    if heat is None:
        return unknown("heat", "heat.untold")
    judge = bad if heat >= TOO_HOT else doubtful if heat >= HOT else well
    return judge("heat", "heat.well" if heat < HOT else "heat.hot", degrees=round(heat))


def _memory(machine: MachineView) -> Finding:
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", machine.read("/proc/meminfo") or "", re.MULTILINE))
    if "MemAvailable" not in found or "MemTotal" not in found:
        return unknown("memory", "memory.untold")
    free, total = int(found["MemAvailable"]) // 1024, int(found["MemTotal"]) // 1024
    judge, text = (doubtful, "memory.scarce") if free < SCARCE else (well, "memory.well")
    return judge("memory", text, free=free, total=total)


def _watchdog(machine: MachineView) -> Finding:
    if not any(machine.path(name).exists() for name in ("/dev/watchdog", "/dev/watchdog0")):
        return unknown("watchdog", "watchdog.none")
    set_to = machine.properties("systemctl", "show", "-p", "RuntimeWatchdogUSec").get("RuntimeWatchdogUSec", "")
    if set_to in {"", "0", "infinity"}:
        return doubtful("watchdog", "watchdog.off")
    return well("watchdog", "watchdog.well", seconds=set_to)
