"""Where time is read, so that a test or a rehearsal can bring time of its own.

Waiting is not in here: the conductor waits by asyncio, whose loop can be one whose time is made up, too.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Two clocks that every part of the daemon knows."""

    def now(self) -> float:
        """Monotonic seconds: all music, and every wait."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, UTC: names of files, and moments that people are told."""
        ...


class LocalClock(Clock, Protocol):
    """A clock that also knows the time of day where the installation stands."""

    def local(self) -> datetime:
        """The local time, without a zone: people write programmes by it, and it may be set at any moment."""
        ...


class PreciseClock(Clock, Protocol):
    """A clock that can be waited for to the microsecond."""

    def wait_until(self, moment: float) -> None:
        """Return at that monotonic moment, which is less than a millisecond away, and not a microsecond later."""
        ...


def seconds_of_day(local: datetime) -> float:
    """How long the day has lasted at a local time."""
    return local.hour * 3600.0 + local.minute * 60.0 + local.second


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def local(self) -> datetime:
        """The time of day in the zone that the C library goes by."""
        return datetime.now()  # noqa: DTZ005 - no zone is meant but that of the place

    def wait_until(self, moment: float) -> None:
        """Turn round and round: to be woken up takes the system a tenth of a millisecond, now and then much more."""
        while time.monotonic() < moment:
            pass
