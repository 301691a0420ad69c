"""A moment to come as people of the place say it: today at 10:00, tomorrow, on Thursday, on the 12th of January."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reverie.conductor.hours.doors import Doors


@dataclass(frozen=True, slots=True)
class MomentAhead:
    """Its ``date`` (2026-12-01) and ``time`` (10:00) by the clock of the place, and the midnights before it."""

    date: str
    time: str
    days: int


def moment_ahead(moment: datetime, local: datetime) -> MomentAhead:
    """A moment as it is said at ``local``; both by the clock of the place."""
    return MomentAhead(f"{moment:%Y-%m-%d}", f"{moment:%H:%M}", (moment.date() - local.date()).days)


def next_change(doors: Doors) -> MomentAhead | None:
    """When it closes or opens next; None where nothing changes, or nobody knows."""
    hours, until = doors.hours, doors.state.until
    if hours is None or until is None:
        return None
    return moment_ahead(hours.local(until), hours.local(doors.now))
