"""What everybody may know of the opening hours: whether it is open, and when that changes."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from reverie.conductor.hours.day_side import DaySide
from reverie.conductor.hours.moment_ahead import next_change

SOON = 900.0
"""Seconds before closing from which on visitors are told that it closes."""


def public_hours(day: DaySide) -> dict[str, Any] | None:
    """Whether it is open, and what comes next; None where it is always open.

    The ``minutes`` until then are counted from shortly before closing on, and while all is made ready to open.
    """
    doors, course = day.doors, day.course
    if doors.hours is None:
        return None
    change, is_open = next_change(doors), doors.state.is_open
    if is_open:
        left, told = doors.seconds_left, max(SOON, course.closing_seconds)
    else:
        left, told = doors.seconds_shut, course.warm_up_seconds if course.warm_up.begun else -1.0
    minutes = math.ceil(left / 60) if left is not None and 0 < left <= told else None
    return {"open": is_open, "next": change and asdict(change), "minutes": minutes}
