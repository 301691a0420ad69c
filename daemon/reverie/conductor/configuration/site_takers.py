"""Who takes over what of a configuration that changes while the music plays."""

from __future__ import annotations

from reverie.conductor.configuration.site_taking import SiteTaking
from reverie.conductor.hours.day_side import DaySide
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.page.page_side import PageSide
from reverie.control.console import ControlConsole
from reverie.site.control import limits_of
from reverie.site.schema import Site


def register_takers(
    taking: SiteTaking, day: DaySide, console: ControlConsole, page: PageSide, housekeeping: Housekeeping
) -> None:
    """Have all that needs no new start be taken over; what is said of the rest counts from the next."""

    def take_limits(site: Site) -> None:
        limits = limits_of(site.control.limits)
        console.limits_are(limits, site.control.pause_for)
        page.artist.limits = limits

    for key in ("hours", "programme", "playlists", "scene"):
        taking.on(key, day.take_site)
    for key in ("quiet_hours", "presence", "maintenance"):
        taking.on(key, day.take_restraints)
    taking.on("control.limits", take_limits)
    taking.on("control.pause_for", take_limits)
    taking.on("page.visitors", lambda site: page.visits.rules_are(site.page.visitors.rules))
    taking.on("page.contact", lambda _: None)
    taking.on("tape.keep_days", lambda site: housekeeping.keep(site.tape.keep_days, site.tape.quota_bytes))
    taking.on("tape.quota", lambda site: housekeeping.keep(site.tape.keep_days, site.tape.quota_bytes))
