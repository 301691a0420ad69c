"""When banks are rendered: always, in some hours of the day, or while the music rests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RenderHours:
    """Rendering is confined to the ``hours`` of the day from one time to another, if any, and to ``rests``, if so told.

    With both, either will do; with neither it is never confined.
    """

    hours: tuple[dt.time, dt.time] | None = None
    rests: bool = False

    def allow(self, now: dt.datetime, *, resting: bool) -> bool:
        """Whether a bank may be rendered at a local time, and while the music is silent as intended or plays."""
        if self.hours is None:
            return resting or not self.rests
        begin, end = self.hours
        time = now.time()
        within = begin <= time < end if begin < end else time >= begin or time < end
        return within or (self.rests and resting)


ALWAYS = RenderHours()
