"""The clocks of a loop whose time is made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reverie.rehearsal.simulated_loop import SimulatedLoop


class SimulatedDay:
    """The clocks of a loop: its seconds, and the time of day in a place in UTC."""

    def __init__(self, loop: SimulatedLoop, begin: str) -> None:
        self._loop = loop
        self._begin = datetime.fromisoformat(begin)

    def now(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        return self.local().replace(tzinfo=UTC).timestamp()

    def local(self) -> datetime:
        return self._begin + timedelta(seconds=self._loop.time())

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall clock by so many seconds."""
        self._begin += timedelta(seconds=seconds)

    def until(self, clock: str) -> float:
        """Seconds from the begin of the day to this time of it, or of the next."""
        hour, minute = map(int, clock.split(":"))
        at = self._begin.replace(hour=hour, minute=minute)
        return (at - self._begin).total_seconds() % 86_400
