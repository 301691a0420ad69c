"""The leaders that the site sets up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.play.sync.clock_in import MidiClock
from reverie.play.sync.leader import Leader
from reverie.play.sync.link import Link
from reverie.play.sync.room_beat import ROOM, RoomLead

CLOCK, LINK = "clock", "link"


def make_leader(settings: Mapping[str, Any], name: str) -> Leader | None:
    """The leader of that name, as the site's section ``sync`` or ``room`` sets it up; None where it does not."""
    section: Mapping[str, Any] | None = settings.get(name)
    if section is None:
        return None
    if name == ROOM:
        return RoomLead(**section)
    return MidiClock(section) if name == CLOCK else Link(**section)


def make_leaders(settings: Mapping[str, Any]) -> dict[str, Leader]:
    """Every leader that the site sets up, by the name that scenes have for it."""
    leaders = {name: make_leader(settings, name) for name in (CLOCK, LINK, ROOM)}
    return {name: leader for name, leader in leaders.items() if leader is not None}
