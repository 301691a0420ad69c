"""How hot the processor is and how much it has to do, as far as the system tells."""

from __future__ import annotations

import os
from pathlib import Path

ZONES = Path("/sys/class/thermal")
"""Where Linux has the temperatures of a machine."""
_PROCESSOR = ("cpu", "x86_pkg", "coretemp", "soc", "k10temp")
_LIKELY = range(1, 150)
"""Degrees Celsius that a processor can have; some sensors say 0 or nonsense."""


def processor_heat(zones: Path = ZONES) -> float | None:
    """Degrees Celsius of the processor, or of the hottest sensor where none is called so; None where none tells."""
    found: list[tuple[bool, float]] = []
    for zone in zones.glob("thermal_zone*"):
        try:
            kind = (zone / "type").read_text(encoding="utf-8").strip().lower()
            degrees = int((zone / "temp").read_text(encoding="utf-8")) / 1000
        except (OSError, ValueError):
            continue
        if int(degrees) in _LIKELY:
            found.append((kind.startswith(_PROCESSOR), degrees))
    return max(found)[1] if found else None


def load_of_machine() -> float | None:
    """How many processes have wanted a processor in the last minute, as a mean; None where the system does not say."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None
