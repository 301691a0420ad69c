"""A clock that tests turn by hand; its place lies in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HandClock:
    """Stands still until :meth:`go`; its wall can be set to another time, as people and networks do it."""

    def __init__(self, wall: str = "2026-11-28 12:00", now: float = 1000.0) -> None:
        self._now = now
        self._wall = datetime.fromisoformat(wall).replace(tzinfo=UTC)

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._wall.timestamp()

    def local(self) -> datetime:
        return self._wall.replace(tzinfo=None)

    def go(self, seconds: float) -> None:
        self._now += seconds
        self._wall += timedelta(seconds=seconds)

    def set_wall(self, seconds: float) -> None:
        """Somebody sets it by so many seconds."""
        self._wall += timedelta(seconds=seconds)
