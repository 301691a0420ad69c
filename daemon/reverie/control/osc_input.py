"""Actions out of Open Sound Control: ``/reverie/tempo 90``, ``/reverie/mute/lead 1``.

python-osc reads the packets; it does not serve them, as its server waits for the time that a packet names and makes
regular expressions of addresses, and either could hold up the conductor.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from pythonosc.osc_message import OscMessage, ParseError

from reverie.allowance import Allowance, neighbour
from reverie.documents import did_you_mean
from reverie.foreign import plain, quoted
from reverie.logs import ONCE
from reverie.site.actions import (
    KINDS,
    LEVELS,
    ONE_VOICE,
    RAMPED,
    SWITCHES,
    VOICED,
    Action,
    ControlError,
    ControlLimits,
    Kind,
    Level,
    bars_of,
    button_of,
)
from reverie.site.dream_wish import FAINTEST, KEYS, wish_of

log = logging.getLogger(__name__)

PREFIX = "reverie"
LARGEST = 8192
"""Bytes of a packet that is looked at; a control's has less than a hundred."""
MOST = 32
"""Messages of a packet that are obeyed."""
A_SECOND, AT_ONCE = 300.0, 300.0
"""Messages of one sender that are obeyed a second, and at once: twenty knobs in motion send less."""
TURN = 0.002
"""Seconds for which packets are read before others have their turn."""
PAUSE = 0.02
"""Seconds until the next are read, where these were not all."""
BUNDLE, TIME, SIZE = b"#bundle\0", 8, 4
"""How a bundle begins, and the bytes of its time and of the size of each part."""
DEEPEST = 8
"""Bundles within bundles."""
KNOWN_TYPES = b",ifsbtdhrmTFNI[]"
"""Types of arguments that python-osc reads."""
LONGEST_NAME = 100
MOST_SCENES = 9999
UNREADABLE = (
    ParseError,
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


def action_of(address: str, arguments: Sequence[Any], limits: ControlLimits) -> Action | None:
    """The action that a message asks for; None for the release of a button.

    Raises:
        ControlError: if it asks for none.
    """
    prefix, word, voice, *more = (*address.strip("/").split("/"), "", "")
    voice = voice or None
    given = list(arguments)
    if prefix != PREFIX or word not in _WORDS or any(more):
        meant = did_you_mean(word[:LONGEST_NAME], _WORDS)
        raise ControlError(f"nothing is controlled by {quoted(address)}{meant}")
    if word in {"dream", "wake"}:
        return _dreaming(address, word == "dream", voice, given)
    kind, opposite = _OPPOSITES.get(word, (cast("Kind", word), None))
    if kind in VOICED and voice is None and given and isinstance(given[0], str):
        voice = given.pop(0)
    if voice is not None and kind not in VOICED:
        raise ControlError(f"{quoted(address)} names a voice, and {kind!r} is for all of them")
    if kind in ONE_VOICE and voice is None:
        raise ControlError(f"a {kind} is for one voice, such as /reverie/{kind}/lead")
    value = given[0] if given else None
    _bounded(word, voice, value)
    if kind in {*LEVELS, "contour", "scene"}:
        over = bars_of(given[1]) if kind in RAMPED and len(given) > 1 else 0
        return Action(kind, _set_to(address, kind, given, limits), voice, over=over)
    if opposite is None and kind in SWITCHES:
        return Action(kind, None if value is None else _number(address, value) > 0, voice)
    if value is not None and not isinstance(value, str) and _number(address, value) <= 0:
        return None  # a button that was let go
    return Action(kind, opposite, voice)


def _set_to(address: str, kind: Kind, given: Sequence[Any], limits: ControlLimits) -> float | str | tuple[float, float]:
    """What a level, a contour or the scene is set to; a point of a grid, as XY pads send it, has two numbers."""
    value = given[0] if given else None
    if kind == "scene":
        return value if isinstance(value, str) else _scene_number(address, value)
    if kind == "contour":
        return button_of(value)
    level = cast("Level", kind)
    number = limits.within(level, _number(address, value))
    if level != "timbre" or len(given) == 1:
        return number
    return number, limits.within(level, _number(address, given[1]))


def _bounded(word: str, *names: Any) -> None:
    """Refuse names that are too long.

    Raises:
        ControlError: if one is.
    """
    if any(isinstance(name, str) and len(name) > LONGEST_NAME for name in names):
        raise ControlError(f"/{PREFIX}/{word} has a name that is longer than {LONGEST_NAME} characters")


def _dreaming(address: str, dreams: bool, mood: str | None, given: list[Any]) -> Action | None:
    """A dream (mood, weight, length, text and cue, from the first on), or its end.

    With the mood in the address it is a fader's: its weight replaces the one before, and at 0 the mood's dreams end.
    """
    if not dreams:
        first = given[0] if given else None
        if not isinstance(first, str | None) and _number(address, first) <= 0:
            return None  # a button that was let go
        return Action("wake", mood or (first[:LONGEST_NAME] if isinstance(first, str) and first else None))
    faded = mood is not None
    if mood is None and given and isinstance(given[0], str):
        mood = given.pop(0)
    if len(given) >= len(KEYS):
        raise ControlError(f"{plain(address)} has a mood, weight, length, text and cue at most")
    said: dict[str, Any] = dict(zip(KEYS, (mood, *given), strict=False))
    if "weight" in said:
        said["weight"] = min(_number(address, said["weight"]), 1.0)
        if faded and said["weight"] < FAINTEST:
            return Action("wake", mood)
    return Action.of_dream(replace(wish_of(said), replaces=faded))


def _number(address: str, value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ControlError(f"{plain(address)} needs a number")
    return float(value)


def _scene_number(address: str, value: Any) -> str:
    number = _number(address, value)
    if not 1 <= number <= MOST_SCENES:
        raise ControlError(f"{plain(address)} needs a scene's name, or its number from 1 to {MOST_SCENES}")
    return str(int(number))


def messages_of(packet: bytes) -> list[tuple[str, Sequence[Any]]]:
    """Address and arguments of each message of a packet, whatever time it names.

    Raises:
        ControlError: if it is none.
    """
    if len(packet) > LARGEST:
        raise ControlError(f"a packet that is longer than {LARGEST} bytes")
    try:
        found = [OscMessage(part) for part in itertools.islice(_parts(packet), MOST)]
        return [(str(message.address), list(message.params)) for message in found]
    except UNREADABLE as error:
        raise ControlError(f"a packet of {len(packet)} bytes that is no OSC 1.0") from error


def _parts(packet: bytes, depth: int = 0) -> Iterator[bytes]:
    """The messages of a packet, those of bundles within bundles too.

    python-osc's own reader of bundles never ends where a part has a negative size, and logs each part that has none.

    Raises:
        ValueError: if it is neither a message nor a bundle.
    """
    if not packet.startswith(BUNDLE):
        if not packet.startswith(b"/") or _types(packet) is None:
            raise ValueError("this is no message")
        yield packet
        return
    at = len(BUNDLE) + TIME
    if depth > DEEPEST or len(packet) < at:
        raise ValueError("this is no bundle")
    while at < len(packet):
        size = int.from_bytes(packet[at : at + SIZE], "big", signed=True)
        at += SIZE
        if not 0 < size <= len(packet) - at:
            raise ValueError("a part of a bundle has an impossible size")
        yield from _parts(packet[at : at + size], depth + 1)
        at += size


def _types(message: bytes) -> bytes | None:
    """The types of the arguments; None if there are too many, or some that python-osc would log and pass over."""
    begin = (message.find(b"\0") // 4 + 1) * 4
    types = message[begin : message.find(b"\0", begin) if b"\0" in message[begin:] else None]
    return None if len(types) > MOST + 1 or types.strip(KNOWN_TYPES) else types


class OscInput:
    """Takes packets, and hands on what they ask for: from each sender not more than so many messages a second.

    Args:
        limits: How far levels can be moved.
        use: Where actions go.
        complain: Told in a sentence of a message that makes no sense.
        too_much: Called for each message that is left out, as its sender has sent too many.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        limits: ControlLimits,
        use: Callable[[Action], object],
        complain: Callable[[str], None],
        too_much: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._use = use
        self._complain = complain
        self._too_much = too_much
        self._allowance = Allowance(A_SECOND, AT_ONCE, clock)

    def hear(self, packet: bytes, sender: str) -> None:
        """A packet has come; nothing that is in it can do harm."""
        whose = neighbour(sender)
        if not self._allowance.take(whose):
            self._too_much()
            return
        try:
            messages = messages_of(packet)
        except ControlError as error:
            # Not a complaint as others are: of these, a person who tries something out wants to see the first.
            log.warning("OSC: %s comes from %s.", error, plain(sender), extra=ONCE)
            return
        for number, (address, arguments) in enumerate(messages):
            if number and not self._allowance.take(whose):
                self._too_much()
                return
            try:
                action = action_of(address, arguments, self.limits)
            except ControlError as error:
                self._complain(f"{error} (from {plain(sender)})")
            else:
                if action:
                    self._use(action)


class OscSocket:
    """A UDP socket in the event loop that is left alone for a moment whenever too much has come at once.

    What comes meanwhile waits in the system's buffer, which is small, or is lost there, and costs nobody anything.
    """

    def __init__(
        self, address: str, port: int, hear: Callable[[bytes, str], None], too_much: Callable[[], None] = lambda: None
    ) -> None:
        """Listen at an address of this machine; ``too_much`` is called for each moment for which nobody listens.

        Raises:
            OSError: if it cannot be had.
        """
        family, kind, protocol, _, place = socket.getaddrinfo(
            address, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        self._hear = hear
        self._too_much = too_much
        self._loop = asyncio.get_running_loop()
        self._resume: asyncio.TimerHandle | None = None
        self._socket = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        try:
            self._socket.bind(place)
        except OSError:
            self._socket.close()
            raise
        self._listen()

    def close(self) -> None:
        """Listen no more."""
        if self._resume is not None:
            self._resume.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _listen(self) -> None:
        self._resume = None
        self._loop.add_reader(self._socket.fileno(), self._read)

    def _read(self) -> None:
        end = time.monotonic() + TURN
        while time.monotonic() < end:
            try:
                packet, sender = self._socket.recvfrom(LARGEST + 1)
            except BlockingIOError:
                return
            except OSError as error:  # of something that was sent from here, and nothing is
                log.debug("OSC: %s", error)
                return
            self._hear(packet, str(sender[0]))
        self._loop.remove_reader(self._socket.fileno())
        self._resume = self._loop.call_later(PAUSE, self._listen)
        self._too_much()
