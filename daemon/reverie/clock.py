"""Where the player takes its time from."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tests turn one by hand."""

    def now(self) -> float:
        """Monotonic seconds: all music."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, UTC: only the name of the tape's hour."""
        ...

    def wait_until(self, moment: float) -> None:
        """Return at that monotonic moment, which is less than a millisecond away, and not a microsecond later."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def wait_until(self, moment: float) -> None:
        """Turn round and round: to be woken up takes the system a tenth of a millisecond, now and then much more."""
        while time.monotonic() < moment:
            pass
