"""The opening hours of a site as values, and the clock by which they and the programme go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from reverie.clock import LocalClock
from reverie.conductor.hours.holiday_names import holiday_names
from reverie.conductor.hours.machine_zone import MachineZone
from reverie.conductor.hours.opening_hours import HoursException, OpeningHours, no_holidays
from reverie.site.days_written import WEEKDAYS
from reverie.site.hours_section import HoursSection

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class HoursRules:
    """When it is open, and how long opening, closing and the warm-up before opening last, in seconds."""

    hours: OpeningHours
    opening: float = 2 * MINUTE
    closing: float = 3 * MINUTE
    warm_up: float = 10 * MINUTE
    zone: ZoneInfo | None = None
    """By which it goes, where that is not the machine's."""

    @classmethod
    def of(cls, section: HoursSection | None, machine: tzinfo | None = None) -> HoursRules | None:
        """What a site says; None where it is always open. ``machine`` is the zone of the machine."""
        if section is None:
            return None
        zone = None if section.zone is None else ZoneInfo(section.zone)
        days = section.holidays
        treated = None if days is None or days.treated == "closed" else WEEKDAYS.index(days.treated)
        hours = OpeningHours(
            section.week.days,
            zone or machine or MachineZone(),
            tuple(HoursException(*one.days, one.spans, one.reason or "") for one in section.exceptions),
            no_holidays if days is None else holiday_names(days.country, days.subdivision),
            treated,
        )
        return cls(hours, section.opening * MINUTE, section.closing * MINUTE, section.warm_up * MINUTE, zone)


class PlaceClock:
    """The clock of the place: the machine's, but for the zone, where the site has one of its own.

    Args:
        clock: The machine's.
        machine: The machine's zone.
    """

    def __init__(self, clock: LocalClock, machine: tzinfo) -> None:
        self._clock = clock
        self._machine = machine
        self.zone: tzinfo | None = None
        """The zone of the place, where it is not the machine's; it may be set to another."""

    @property
    def tz(self) -> tzinfo:
        """The zone by which the place goes."""
        return self.zone or self._machine

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.now()

    def wall(self) -> float:
        """Unix time."""
        return self._clock.wall()

    def local(self) -> datetime:
        """The local time, without a zone."""
        if self.zone is None:
            return self._clock.local()
        return datetime.fromtimestamp(self._clock.wall(), UTC).astimezone(self.zone).replace(tzinfo=None)

    def here(self, wall: float | None = None) -> datetime:
        """The local time, now or at a Unix time, with its zone, by which an hour that comes twice is known."""
        if wall is None:
            return self.local().replace(tzinfo=self.tz)
        return datetime.fromtimestamp(wall, UTC).astimezone(self.tz)
