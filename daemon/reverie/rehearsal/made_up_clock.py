"""The clocks of a rehearsal: seconds of its loop, and a wall clock that somebody can set ahead."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, tzinfo


class MadeUpClock:
    """Monotonic time is that of the loop; the time of day is what it was at the begin, and later by what was skipped.

    Args:
        loop: Whose seconds go by.
        begin: Unix time at which it begins.
        zone: Where the installation stands.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, begin: float, zone: tzinfo) -> None:
        self._loop = loop
        self._ahead = begin - loop.time()
        self._zone = zone

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def wall(self) -> float:
        """Unix time."""
        return self._ahead + self._loop.time()

    def local(self) -> datetime:
        """The time of day, without a zone."""
        return datetime.fromtimestamp(self.wall(), UTC).astimezone(self._zone).replace(tzinfo=None)

    def set_ahead(self, wall: float) -> None:
        """Have it be that Unix time now, unless it is later already."""
        self._ahead = max(self._ahead, wall - self._loop.time())
