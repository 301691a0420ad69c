"""The machine is started anew now and then, if the site wants that: only while it is closed, and has time for it."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

from reverie.conductor.hours.doors import Doors
from reverie.watch.fault_kinds import REBOOT_REFUSED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

DAY = 86_400.0
PERIODS = {"daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}
"""Seconds that the machine must have been up."""
SPARE = 1800.0
"""Seconds before opening in which it is too late for it."""
EARLY = 3600.0
"""Seconds that a machine may lack of its period: it is to be started anew each week, not each eight days."""
LONGEST = 60.0


def uptime(path: Path = Path("/proc/uptime")) -> float:
    """Seconds since the machine was started."""
    return float(path.read_text(encoding="ascii").split()[0])


def reboot() -> str:
    """Ask systemd for it; why it was refused, or nothing."""
    try:
        asked = subprocess.run(
            ["systemctl", "--no-ask-password", "reboot"],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if asked.returncode == 0 else asked.stderr.strip() or f"systemctl ended with {asked.returncode}"


class Reboots:
    """Has the machine started anew.

    Args:
        doors: Whether it is closed, and for how long.
        faults: Where it is told that it was refused.
        up: How long the machine runs.
        do: Does it, and says why it was refused.
    """

    def __init__(
        self, doors: Doors, faults: Faults, up: Callable[[], float] = uptime, do: Callable[[], str] = reboot
    ) -> None:
        self._doors = doors
        self._faults = faults
        self._up = up
        self._do = do
        self.every: str | None = None
        """One of :data:`PERIODS`; None: never."""

    def take(self, every: str | None) -> None:
        """Do it so often from now on."""
        self.every = every
        if every is None:
            self._faults.clear(REBOOT_REFUSED)

    @property
    def due(self) -> bool:
        """Whether the machine has run for as long as it is to."""
        return self.every is not None and self._up() >= PERIODS[self.every] - EARLY

    def look(self) -> bool:
        """Do it if it is due; called while it rests, where waiting does no harm. Whether it was done."""
        left = self._doors.seconds_shut
        if not self.due or left is None or left < SPARE:
            return False
        log.info("The machine is started anew, as the configuration wants it (%s).", self.every)
        if refused := self._do():
            self._faults.tell(REBOOT_REFUSED, "", f"The machine could not be started anew ({refused})")
        return not refused
