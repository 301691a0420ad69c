"""Actions out of Open Sound Control: ``/reverie/tempo 90``, ``/reverie/mute/lead 1``.

python-osc reads the packets; it does not serve them, as its server waits for the time that a packet names and makes
regular expressions of addresses, and either could hold up the conductor.
"""

from __future__ import annotations

import asyncio
import logging
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from pythonosc.osc_bundle import ParseError as BundleError
from pythonosc.osc_message import ParseError as MessageError
from pythonosc.osc_packet import OscPacket, ParseError

from reverie.control.actions import KINDS, LEVELS, SWITCHES, VOICED, Action, ControlError, Kind, Limits
from reverie.documents import did_you_mean

log = logging.getLogger(__name__)

PREFIX = "reverie"
LARGEST = 8192
"""Bytes of a packet that is looked at; a control's has less than a hundred."""
MOST = 32
"""Messages of a packet that are obeyed."""
LONGEST_NAME = 100
MOST_SCENES = 9999
UNREADABLE = (
    ParseError,
    BundleError,
    MessageError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RecursionError,
    struct.error,
)
"""What python-osc raises at packets that are none."""

_OPPOSITES: dict[str, tuple[Kind, bool]] = {
    "play": ("pause", False),
    "free": ("loop", False),
    "unmute": ("mute", False),
}
_WORDS = (*KINDS, *_OPPOSITES)


def action_of(address: str, arguments: Sequence[Any], limits: Limits) -> Action | None:
    """The action that a message asks for; None for the release of a button.

    Raises:
        ControlError: if it asks for none.
    """
    prefix, word, voice, *more = (*address.strip("/").split("/"), "", "")
    voice = voice or None
    given = list(arguments)
    if prefix != PREFIX or word not in _WORDS or any(more):
        raise ControlError(f"nothing is controlled by {address[:LONGEST_NAME]!r}{did_you_mean(word, _WORDS)}")
    kind, opposite = _OPPOSITES.get(word, (cast("Kind", word), None))
    if kind in VOICED and voice is None and given and isinstance(given[0], str):
        voice = given.pop(0)
    if voice is not None and kind not in VOICED:
        raise ControlError(f"{address[:LONGEST_NAME]!r} names a voice, and {kind!r} is for all of them")
    if kind == "mute" and voice is None:
        raise ControlError("a mute is for one voice, such as /reverie/mute/lead")
    value = given[0] if given else None
    if any(isinstance(word, str) and len(word) > LONGEST_NAME for word in (voice, value)):
        raise ControlError(f"/{PREFIX}/{word} has a name that is longer than {LONGEST_NAME} characters")
    if kind in LEVELS:
        return Action(kind, limits.within(kind, _number(address, value)), voice)
    if kind == "scene":
        return Action(kind, value if isinstance(value, str) else _scene_number(address, value))
    if opposite is None and kind in SWITCHES:
        return Action(kind, None if value is None else _number(address, value) > 0, voice)
    if value is not None and not isinstance(value, str) and _number(address, value) <= 0:
        return None  # a button that was let go
    return Action(kind, opposite, voice)


def _number(address: str, value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ControlError(f"{address[:LONGEST_NAME]} needs a number")
    return float(value)


def _scene_number(address: str, value: Any) -> str:
    number = _number(address, value)
    if not 1 <= number <= MOST_SCENES:
        raise ControlError(f"{address[:LONGEST_NAME]} needs a scene's name, or its number from 1 to {MOST_SCENES}")
    return str(int(number))


def messages_of(packet: bytes) -> Iterator[tuple[str, Sequence[Any]]]:
    """Address and arguments of each message of a packet, whatever time it names; none of a packet that is none."""
    if len(packet) > LARGEST:
        return
    try:
        found = [timed.message for timed in OscPacket(packet).messages[:MOST]]
        read = [(str(message.address), list(message.params)) for message in found]
    except UNREADABLE:
        return
    yield from read


class OscInput(asyncio.DatagramProtocol):
    """Hears packets in the event loop, and hands on what they ask for."""

    def __init__(self, limits: Limits, use: Callable[[Action], None], complain: Callable[[str], None]) -> None:
        self._limits = limits
        self._use = use
        self._complain = complain

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002 - the loop's form
        """A packet has come; nothing that is in it can do harm."""
        for address, arguments in messages_of(data):
            try:
                action = action_of(address, arguments, self._limits)
            except ControlError as error:
                self._complain(str(error))
            else:
                if action:
                    self._use(action)

    def error_received(self, exc: Exception) -> None:
        """The network could not deliver something of ours; we send nothing, so it is of no interest."""
        log.debug("OSC: %s", exc)
