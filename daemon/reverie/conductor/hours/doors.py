"""Whether the installation is open now, computed anew from the time at each look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reverie.clock import LocalClock
from reverie.conductor.hours.opening_hours import HoursSource, OpeningHours

NEAR = timedelta(hours=18)
"""A time that is no further away is told without its day."""

Doubt = Callable[[float, bool | None], str]
"""Why a Unix time is not believed, empty where it is; by whether a time service keeps the clock, None: nobody knows."""


def believed(_: float, __: bool | None = None) -> str:
    """No time is doubted."""
    return ""


@dataclass(frozen=True, slots=True)
class DoorState:
    """``until`` is when it changes (UTC), where that is known, and ``reason`` why the day has hours of its own.

    ``source`` is what says the hours of the day.

    Where the clock is not believed, it is open, and ``doubt`` says why.
    """

    is_open: bool = True
    until: datetime | None = None
    reason: str = ""
    doubt: str = ""
    source: HoursSource = "week"


class Doors:
    """Knows the hours; nothing here acts.

    Args:
        hours: The rules; None: it is always open.
        clock: By which it is opened and closed.
        doubt: Whether the date is to be believed.
    """

    def __init__(self, hours: OpeningHours | None, clock: LocalClock, doubt: Doubt) -> None:
        self.hours = hours
        self._clock = clock
        self._doubt = doubt
        self.clock_kept: bool | None = None
        """Whether a time service keeps the machine's clock, or has in this life; None: nobody knows."""
        self._known: tuple[object, DoorState] | None = None

    def clock_seen(self, kept: bool | None) -> None:
        """Somebody found out whether a time service keeps the clock: one that was right goes on without a network."""
        if kept is not None:
            self.clock_kept = kept or self.clock_kept is True

    @property
    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.fromtimestamp(self._clock.wall(), UTC)

    @property
    def doubt(self) -> str:
        """Why the clock is not believed, whether there are hours or not; empty where it is."""
        return self._doubt(self._clock.wall(), self.clock_kept)

    @property
    def state(self) -> DoorState:
        """Whether it is open now, and until when."""
        if self.hours is None:
            return DoorState()
        now = self.now
        # Hours change on the minute: what was found holds for the rest of it, in the same zone and by the same rules.
        minute = now.replace(second=0, microsecond=0)
        mark = minute, self.hours.local(minute).utcoffset(), self.hours, self.clock_kept
        if self._known is None or self._known[0] != mark:
            self._known = mark, self._find(self.hours, minute)
        return self._known[1]

    @property
    def seconds_left(self) -> float | None:
        """Seconds until it closes; None while it is closed, or never closes."""
        state = self.state
        return (state.until - self.now).total_seconds() if state.is_open and state.until else None

    @property
    def seconds_shut(self) -> float | None:
        """Seconds until it opens; None while it is open, or never opens."""
        state = self.state
        return (state.until - self.now).total_seconds() if not state.is_open and state.until else None

    def sentence(self) -> str:
        """Why nothing sounds while it is closed, without a full stop."""
        state = self.state
        why = f" ({state.reason})" if state.reason else ""
        if state.until is None or self.hours is None:
            return f"Closed, and no day is known on which it opens{why}"
        return f"Closed until {self.clock_of(state.until)}{why}"

    def clock_of(self, moment: datetime) -> str:
        """A moment by the clock of the place; with its day where that is not near."""
        local = moment if self.hours is None else self.hours.local(moment)
        return f"{local:%H:%M}" if abs(moment - self.now) <= NEAR else f"{local:%H:%M} on {local:%Y-%m-%d}"

    def _find(self, hours: OpeningHours, now: datetime) -> DoorState:
        day = hours.day(hours.local(now).date())
        if doubt := self._doubt(now.timestamp(), self.clock_kept):
            return DoorState(reason=day.reason, doubt=doubt, source=day.source)
        return DoorState(hours.is_open(now), hours.next_change(now), day.reason, source=day.source)
