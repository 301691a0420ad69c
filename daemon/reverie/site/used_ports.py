"""Finds network ports that two parts of one site both want."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator, Mapping

from reverie.documents import Keys
from reverie.site.slot_sections import OscSlot, RtpSlot, Slot

EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened at


def clashes(
    slots: Mapping[str, Slot], control: tuple[str, int] | None, room: tuple[str, int] | None = None
) -> Iterator[tuple[Keys, str]]:
    """What wants another's UDP port: sessions of RTP-MIDI, controls, a room; and notes that would be heard as controls.

    Args:
        slots: The slots by name.
        control: Address and port at which controls are heard by Open Sound Control, if they are.
        room: Address and port at which this box leads a room, if it does.
    """
    sessions = [(name, slot) for name, slot in slots.items() if isinstance(slot, RtpSlot) and slot.port]
    for (one, first), (other, second) in itertools.combinations(sessions, 2):
        both = sorted({first.port, first.port + 1} & {second.port, second.port + 1})
        if both and _meet(first.address, second.address):
            ports = f"port{'s' if len(both) > 1 else ''} {' and '.join(map(str, both))}"
            sentence = f"slots {one!r} and {other!r} both want the UDP {ports}; give one another `port`, or 0"
            yield ("slots", other, "port"), sentence
    for name, slot in slots.items():
        if control and isinstance(slot, OscSlot) and slot.port == control[1] and _is_here(slot.host, control[0]):
            sentence = f"at {slot.port} `control.osc` listens, and notes are no controls; name another `port`"
            yield ("slots", name, "port"), sentence
    listeners: tuple[tuple[Keys, tuple[str, int] | None], ...] = (
        (("control", "osc", "port"), control),
        (("room", "port"), room),
    )
    for (name, slot), (way, place) in itertools.product(sessions, listeners):
        if place and place[1] in {slot.port, slot.port + 1} and _meet(slot.address, place[0]):
            yield way, f"slot {name!r} wants the UDP port {place[1]} too; give one another `port`"
    if control and room and control[1] == room[1] and _meet(control[0], room[0]):
        sentence = f"`control.osc` listens at the UDP port {room[1]} too; give one another `port`"
        yield ("room", "port"), sentence


def _meet(one: str, other: str) -> bool:
    """Whether two who listen at these addresses want the same port of one network."""
    return one == other or bool(EVERYWHERE & {one, other})


def _is_here(host: str, ours: str) -> bool:
    """Whether what is sent to ``host`` arrives at our own address ``ours``, as far as a look at it can tell."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host.lower() == "localhost"
    return host == ours or (loopback and ours in {*EVERYWHERE, "127.0.0.1", "localhost", "::1"})
