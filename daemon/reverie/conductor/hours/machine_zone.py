"""The time zone that the C library goes by, as one that dates can be reckoned in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class MachineZone(tzinfo):
    """Whatever zone the machine has at the moment it is asked: it may be set while the music plays.

    :class:`reverie.conductor.hours.local_zone.LocalZone` sees to it that the library reads it anew.
    """

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """How far the local time ``dt`` is ahead of UTC; its ``fold`` tells two equal times apart."""
        local = (dt or datetime.now(UTC)).replace(tzinfo=None)
        return local - datetime.fromtimestamp(local.timestamp(), UTC).replace(tzinfo=None)

    def dst(self, dt: datetime | None) -> None:
        """Nobody asks for it."""
        del dt

    def tzname(self, dt: datetime | None) -> str:
        """The zone's letters at that time."""
        return (dt or datetime.now(UTC)).replace(tzinfo=None).astimezone().tzname() or "local"

    def fromutc(self, dt: datetime) -> datetime:
        """The local time, with its ``fold``, of a time that is UTC though it bears this zone."""
        return datetime.fromtimestamp(dt.replace(tzinfo=UTC).timestamp()).replace(tzinfo=self)  # noqa: DTZ006
