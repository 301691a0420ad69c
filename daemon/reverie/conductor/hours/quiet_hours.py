"""Hours in which it is quieter and thinner, for neighbours or a concert next door. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

ALL = 999
"""So many voices may sound: as many as there are."""
MOST_MET = 32
"""Spans that follow each other without a gap, after which it counts as quiet for ever."""


@dataclass(frozen=True, slots=True)
class Restraint:
    """How far the music is held back: the highest share of the volume, a factor of density, and voices that may sound.

    ``why`` is for people.
    """

    volume: float = 1.0
    density: float = 1.0
    voices: int = ALL
    why: str = ""

    def and_too(self, other: Restraint) -> Restraint:
        """Held back by both."""
        return Restraint(
            min(self.volume, other.volume),
            round(self.density * other.density, 4),
            min(self.voices, other.voices),
            "; ".join(filter(None, (self.why, other.why))),
        )


NO_RESTRAINT = Restraint()


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """From one time of day to another, over midnight if need be, on the ``days`` on which it begins (0 is Monday)."""

    begin: time
    end: time
    restraint: Restraint
    days: frozenset[int] = frozenset(range(7))

    def end_of(self, local: datetime) -> datetime:
        """When it ends, by the local time, if it holds at ``local``."""
        end = datetime.combine(local.date(), self.end, local.tzinfo)
        return end if end > local else end + timedelta(days=1)

    def holds(self, local: datetime) -> bool:
        """Whether it is quiet at a local time."""
        at, day = local.time(), local.weekday()
        if self.begin < self.end:
            return self.begin <= at < self.end and day in self.days
        before = (local - timedelta(days=1)).weekday()
        return (at >= self.begin and day in self.days) or (at < self.end and before in self.days)


def quiet_until(spans: Iterable[QuietSpan], local: datetime) -> datetime | None:
    """The local time at which it is quiet no more, if it is at ``local``; None: never, or it is not.

    Spans that meet or overlap are one, however much or little each holds back.
    """
    known, end = tuple(spans), local
    for _ in range(MOST_MET):
        held = [span.end_of(end) for span in known if span.holds(end)]
        if not held:
            return end if end > local else None
        end = max(held)
    return None


def restraint_at(spans: Iterable[QuietSpan], local: datetime) -> Restraint:
    """How far the music is held back at a local time: by all spans that hold, the least of each."""
    volume, density, why = 1.0, 1.0, list[str]()
    for span in spans:
        if span.holds(local):
            volume, density = min(volume, span.restraint.volume), min(density, span.restraint.density)
            why.append(span.restraint.why)
    return Restraint(volume, density, why="; ".join(filter(None, why)))
