"""Whether the date of this machine can be true: a box without a battery for its clock begins somewhere in the past."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reverie.watch.hardware_clocks import EARLIEST, hardware_clocks

_UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2)."""
_TIMEX = 256
"""Bytes of a ``struct timex``, and more; all zero it asks and sets nothing."""


@dataclass(frozen=True, slots=True)
class ClockDoubt:
    """Looks for reasons not to believe the date. A clock that nobody can judge is believed.

    ``hardware`` is where the kernel lists clocks that outlast a power cut, and ``synchronised`` is there once
    systemd-timesyncd has heard of the true time.
    """

    hardware: Path = Path("/sys/class/rtc")
    synchronised: Path = Path("/run/systemd/timesync/synchronized")

    def of(self, wall: float, kept: bool | None = None) -> str:
        """Why the Unix time ``wall`` is not believed, without a full stop; empty where it is.

        ``kept`` is whether a time service keeps the clock, or has since the start, where somebody else has found that
        out: the unit may not ask the kernel. Where it is None, the kernel is asked.
        """
        if wall < EARLIEST.timestamp():
            return f"the clock shows {datetime.fromtimestamp(wall, UTC):%Y-%m-%d}, which is past"
        if not self._heard(kept) and self._forgetful():
            return "this machine has no clock that outlasts a power cut, and has not heard of the true time yet"
        return ""

    def _forgetful(self) -> bool:
        """Whether the kernel knows of such clocks, and there is none, or none that lasts."""
        clocks = hardware_clocks(self.hardware)
        return clocks is not None and not any(one.lasts for one in clocks)

    def _heard(self, kept: bool | None) -> bool:
        """Whether anybody has told the time since the machine was started: after that it goes on without a network."""
        try:
            if kept or self.synchronised.exists():
                return True
            if kept is not None:
                return False
            asked = ctypes.create_string_buffer(_TIMEX)
            return ctypes.CDLL(None).adjtimex(asked) not in {-1, _UNSYNCHRONISED}
        except (OSError, AttributeError):
            return False
