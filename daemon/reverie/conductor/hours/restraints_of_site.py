"""What holds the music back at a site, as values."""

from __future__ import annotations

from reverie.conductor.hours.presence_sense import PresenceRules
from reverie.conductor.hours.quiet_hours import QuietSpan, Restraint
from reverie.site.days_written import WEEKDAYS
from reverie.site.schema import Site


def quiet_of(site: Site) -> tuple[QuietSpan, ...]:
    """The quiet hours."""
    return tuple(
        QuietSpan(
            one.begin,
            one.end,
            Restraint(one.volume, one.density, why=one.reason or "quiet hours"),
            frozenset(map(WEEKDAYS.index, one.days or WEEKDAYS)),
        )
        for one in site.quiet_hours
    )


def presence_of(site: Site) -> PresenceRules | None:
    """How it is judged whether somebody is there; None where nobody asks."""
    said = site.presence
    if said is None:
        return None
    rests, sensor = said.then == "rest", str(said.file or "")
    return PresenceRules(said.away * 60, said.lost * 3600, said.holds, rests, said.density, said.voices, sensor)
