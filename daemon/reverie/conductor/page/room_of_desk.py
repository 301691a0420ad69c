"""What technicians are told of the room: which boxes there are, what each plays, and what to do where one is missing.

An advice is a word for which pages have a sentence in each language.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

from reverie.site.room_section import RoomSection
from reverie.watch.room_view import RoomGuestView, RoomView

RoomAdvice = Literal[
    "token", "network", "version", "scene", "stranger", "nobody", "never", "away", "gone", "unlike", "meets", "unsteady"
]
"""What is to be done.

``token``: this box cannot read it. ``network``: the address or port is none. ``version``: another major version of
Reverie. ``scene``: the leader's scene is not here, or is another. ``stranger``: somebody asks without the token.
``nobody``: no box has asked yet. ``never``: the leader has never answered. ``away``: it did, and does not now.
``gone``: a box that followed does not ask any more. ``unlike``: a follower plays another scene. ``meets``: it is on its
way, and nothing is to be done. ``unsteady``: its clock is not known well enough.
"""
UNSTEADY = 10.0
"""Milliseconds by which a clock may be misjudged before somebody is to look at the network: one hears it."""
_FAULTS: tuple[RoomAdvice, ...] = ("token", "network", "version", "scene", "stranger")
"""What is wrong with this box itself goes before what is wrong with others."""


def room_of_desk(
    section: RoomSection | None, view: RoomView | None, apart: Collection[str], playing: str | None
) -> dict[str, Any] | None:
    """The room as plain data; None where the site has none.

    Args:
        section: What the site says of it.
        view: How this box stands; None before it has begun to look.
        apart: The subjects of what is told of boxes that do not fit.
        playing: The scene that plays here.
    """
    if section is None:
        return None
    own = next((fault for fault in _FAULTS if fault in apart), None)
    if view is None:
        boxes, role = [], "begins"
    elif section.lead:
        boxes, role = [_guest(guest, playing) for guest in _known(view.followers)], "leads"
        own = own or (None if boxes else "nobody")
    else:
        boxes, role = [_leader(view, section.leader[1])], "follows" if view.here else "alone"
    host, port = section.leader
    return {
        "name": section.called,
        "role": role,
        "address": f"{section.address}:{section.port}" if section.lead else f"{host}:{port}",
        "voices": list(section.voices),
        "advice": own,
        "boxes": boxes,
    }


def _known(guests: Iterable[RoomGuestView]) -> list[RoomGuestView]:
    """Each box once: one that has started anew asks from another port."""
    named: dict[tuple[str, str], RoomGuestView] = {}
    for guest in guests:
        other = named.get((guest.name, guest.address))
        if other is None or guest.seconds < other.seconds:
            named[guest.name, guest.address] = guest
    return list(named.values())


def _leader(view: RoomView, port: int) -> dict[str, Any]:
    advice: RoomAdvice | None = None
    if not view.here:
        advice = "never" if view.seconds is None else "away"
    elif not view.together:
        advice = "meets"
    elif view.error_ms is not None and view.error_ms > UNSTEADY:
        advice = "unsteady"
    return {
        "name": view.leader_name or view.leader,
        "address": view.leader,
        "port": port,
        "leads": True,
        "seconds": view.seconds,
        "here": view.here,
        "together": view.together,
        "scene": view.scene,
        "bar": None if view.scene_bar is None else view.scene_bar + 1,
        "error_ms": view.error_ms,
        "round_trip_ms": view.round_trip_ms,
        "advice": advice,
    }


def _guest(guest: RoomGuestView, playing: str | None) -> dict[str, Any]:
    advice: RoomAdvice | None = None
    if not guest.here:
        advice = "gone"
    elif not guest.together:
        advice = "meets" if guest.scene == playing else "unlike"
    elif guest.error_ms is not None and guest.error_ms > UNSTEADY:
        advice = "unsteady"
    return {
        "name": guest.name,
        "address": guest.address,
        "port": None,
        "leads": False,
        "seconds": guest.seconds,
        "here": guest.here,
        "together": guest.together,
        "scene": guest.scene,
        "bar": guest.scene_bar + 1 if guest.scene_bar >= 0 else None,
        "error_ms": guest.error_ms,
        "round_trip_ms": guest.round_trip_ms,
        "advice": advice,
    }
