"""The clocks that a machine has for the time without power, and whether they kept it.

A clock that is listed is no promise: a Raspberry Pi 5 lists one with a battery and without.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows less: this was written later."""
EMPTY_BATTERY = 2_000_000
"""Microvolts of a clock's battery below which it does not last."""


@dataclass(frozen=True, slots=True)
class HardwareClock:
    """A clock by its name in the kernel.

    ``forgot`` is whether it shows a time that is past, or none at all; ``microvolts`` is what its battery has, None
    where that is not told.
    """

    name: str
    forgot: bool
    microvolts: int | None

    @property
    def lasts(self) -> bool:
        """Whether it goes on without power, as far as anybody can tell."""
        return not self.forgot and (self.microvolts is None or self.microvolts >= EMPTY_BATTERY)


def hardware_clocks(folder: Path) -> tuple[HardwareClock, ...] | None:
    """The clocks in such a folder as ``/sys/class/rtc``, in order; None where the kernel lists none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith("rtc"))
    except OSError:
        return None
    return tuple(HardwareClock(path.name, _forgot(path / "since_epoch"), _microvolts(path)) for path in found)


def _forgot(shown: Path) -> bool:
    """A driver that knows that its clock stood still answers with an error; one that is not asked tells nothing."""
    try:
        return int(shown.read_text(encoding="ascii")) < EARLIEST.timestamp()
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return False
    except OSError:
        return True


def _microvolts(clock: Path) -> int | None:
    for path in (clock / "device" / "battery_voltage", clock / "battery_voltage"):
        with contextlib.suppress(OSError, ValueError):
            return int(path.read_text(encoding="ascii"))
    return None
