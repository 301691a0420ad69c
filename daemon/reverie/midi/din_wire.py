"""A DIN cable: 31,250 baud, a byte at a time, 320 us each (MIDI 1.0 Detailed Specification 4.2.1, "Hardware").

A chord of ten notes takes 6.7 ms there, and whatever is written ahead keeps all that comes later waiting. So the line
holds everything back until shortly before its turn, and then chooses. Pure: no clock, no device.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

BAUD = 31_250
BYTE = 10 / BAUD
"""Seconds that a byte takes: a start bit, eight of data, a stop bit."""
AHEAD = 0.002
"""Seconds by which bytes are written before their turn: as much as waking up late may cost, and all that a tick of MIDI
clock may have to wait for."""
REFRESH = 1.0
"""Seconds after which a status that still runs is sent anew, for a receiver that was plugged in since, or missed it."""
LAG = 0.25
"""Seconds of bytes in the queue beyond which no further note is begun: it would sound on another beat, and the next
ones even later. Only a scene that asks more than the cable carries comes this far."""
WINDOW = 10
"""Seconds over which is counted how much is asked of the cable."""

_OFF, _ON, _POLY_PRESSURE, _CONTROL, _PRESSURE, _BEND, _SYSTEM, _REAL_TIME = (
    *(0x80, 0x90, 0xA0, 0xB0),
    *(0xD0, 0xE0, 0xF0, 0xF8),
)
_NOTE = 6
_PULSES = 24
_HURRIES = {0xF8, 0xFE}
_TRANSPORT = {0xFA, 0xFB, 0xFC}
_PLAIN_RELEASES = {0, 64}
_MODES = range(120, 128)
_KEEPS_ITS_PLACE = {0, 6, 32, 38, *range(64, 70), 84, *range(96, 102), *_MODES}
"""Controllers that mean something by their order, or by coming before a note: banks, parameters and their data, pedals,
portamento's source, and the channel modes."""


class DinLine:
    """What waits for one cable, and what goes when.

    * Clock and active sensing go first, between the bytes of others too, but never before a transport message that was
      pushed before them.
    * Notes, programs, pedals and all else that means something by its order go in the order in which they were pushed:
      no note-off comes behind a transport message, no note before its program.
    * Controllers that flow (volume and the like), pressure and pitch bend go behind them, and while they wait only the
      last value of each is kept.

    All moments are monotonic seconds. It is read either by bytes, with running status (:meth:`take`), or by whole
    messages for a port that does the rest itself (:meth:`take_whole`).
    """

    def __init__(self) -> None:
        self.skipped = 0
        """Notes that were not begun because the queue was too long."""
        self._hurrying: deque[int] = deque()
        self._ordered: deque[bytearray] = deque()
        self._ordered_bytes = 0
        self._flowing: dict[bytes, bytes] = {}
        self._last_transport: bytearray | None = None
        self._under_way: deque[int] = deque()
        self._begun: set[tuple[int, int]] = set()
        self._skipping: set[tuple[int, int]] = set()
        self._status = 0
        self._status_sent = float("-inf")
        self._free = float("-inf")
        self._pushed_status = 0
        self._asked: deque[tuple[int, int]] = deque(maxlen=WINDOW + 1)

    @property
    def waiting(self) -> bool:
        """Whether anything waits for its turn."""
        return bool(self._hurrying or self._under_way or self._ordered or self._flowing)

    def push(self, message: bytes, now: float) -> None:
        """Let one whole message wait for its turn."""
        status = message[0]
        self._count(message, now)
        if status in _HURRIES:
            if self._last_transport is not None:
                self._last_transport.append(status)
                self._ordered_bytes += 1
            else:
                self._hurrying.append(status)
        elif (key := _flows(message)) is not None:
            self._flowing[key] = message
        elif not self._skips(message):
            if status & 0xF0 == _CONTROL and message[1] in _MODES:
                self._settle(status)
            self._enqueue(message)

    def take(self, now: float) -> bytes:
        """The bytes to be written now: up to :data:`AHEAD` before their turn."""
        taken = bytearray()
        while self._has_room(now):
            byte = self._next_byte(now)
            if byte is None:
                break
            taken.append(byte)
            self._occupy(1, now)
        return bytes(taken)

    def take_whole(self, now: float) -> Iterator[bytes]:
        """The messages to be sent now: as many as begin at most :data:`AHEAD` before their turn.

        What is behind the port may use running status, so they are reckoned with it: nothing goes slower than it could.
        """
        while self._has_room(now) and (message := self._next_message()) is not None:
            self._occupy(len(self._shorten(message, now)), now)
            yield from _apart(message)

    def rest(self, now: float) -> bytes:
        """All bytes that wait, at once: the last that is written."""
        taken = bytearray()
        while (byte := self._next_byte(now)) is not None:
            taken.append(byte)
            self._occupy(1, now)
        return bytes(taken)

    def rest_whole(self) -> Iterator[bytes]:
        """All messages that wait, at once: the last that is sent."""
        while (message := self._next_message()) is not None:
            yield from _apart(message)

    def wait(self, now: float) -> float:
        """Seconds after which there is something to take; infinity while nothing waits.

        Two bytes at a time are taken, which leaves 1.4 ms to be late in before the cable falls idle.
        """
        return max(self._free - AHEAD + 2 * BYTE - now, 0.0) if self.waiting else float("inf")

    def load(self, now: float) -> float:
        """What was asked of the cable over the last :data:`WINDOW` seconds, as a share of what it carries."""
        asked = sum(count for second, count in self._asked if int(now) - WINDOW <= second < int(now))
        return asked * BYTE / WINDOW

    def _has_room(self, now: float) -> bool:
        return self._free - now < AHEAD

    def _occupy(self, count: int, now: float) -> None:
        self._free = max(self._free, now) + count * BYTE

    def _next_byte(self, now: float) -> int | None:
        if self._hurrying:
            return self._hurrying.popleft()
        if not self._under_way:
            message = self._choose()
            if message is None:
                return None
            self._under_way.extend(self._shorten(message, now))
        return self._under_way.popleft()

    def _next_message(self) -> bytes | None:
        return bytes((self._hurrying.popleft(),)) if self._hurrying else self._choose()

    def _choose(self) -> bytes | None:
        """The message whose turn it is, clock apart."""
        if self._ordered:
            message = self._ordered.popleft()
            self._ordered_bytes -= len(message)
            if message is self._last_transport:
                self._last_transport = None
            return bytes(message)
        if self._flowing:
            return self._flowing.pop(next(iter(self._flowing)))
        return None

    def _enqueue(self, message: bytes) -> None:
        waiting = bytearray(message)
        self._ordered.append(waiting)
        self._ordered_bytes += len(waiting)
        if message[0] in _TRANSPORT:
            self._last_transport = waiting

    def _settle(self, status: int) -> None:
        """What flows on a channel whose mode is set goes before that, as it may be what the mode resets."""
        for key in [key for key, message in self._flowing.items() if message[0] & 0x0F == status & 0x0F]:
            self._enqueue(self._flowing.pop(key))

    def _skips(self, message: bytes) -> bool:
        """Whether to leave out a note that would begin much too late, and then its end."""
        kind = message[0] & 0xF0
        if kind not in {_OFF, _ON}:
            return False
        note = message[0] & 0x0F, message[1]
        if kind == _ON and message[2]:
            late = self._ordered_bytes * BYTE > LAG
            self.skipped += late
            (self._skipping if late else self._begun).add(note)
            return late
        skips = note in self._skipping and note not in self._begun
        self._skipping.discard(note)
        self._begun.discard(note)
        return skips

    def _shorten(self, message: bytes, now: float) -> bytes:
        """The message without a status that still runs; a note-off goes as a note-on where that is the one."""
        status = message[0]
        if status >= _REAL_TIME:
            return message
        if status >= _SYSTEM:
            self._status = 0
            return message
        on = _ON | status & 0x0F
        if status & 0xF0 == _OFF and self._status == on and message[2] in _PLAIN_RELEASES:
            status, message = on, bytes((on, message[1], 0))
        begins = max(self._free, now)
        if status == self._status and begins - self._status_sent < REFRESH:
            return message[1:]
        self._status, self._status_sent = status, begins
        return message

    def _count(self, message: bytes, now: float) -> None:
        """Note how many bytes are asked of the cable."""
        status = message[0]
        count = len(message) - (status < _SYSTEM and status == self._pushed_status)
        if status < _REAL_TIME:
            self._pushed_status = status
        second, before = self._asked.pop() if self._asked else (int(now), 0)
        if second == int(now):
            count += before
        else:
            self._asked.append((second, before))
        self._asked.append((int(now), count))


def _apart(message: bytes) -> Iterator[bytes]:
    """A message; where clock waited behind a transport message, each of them."""
    if message[0] < _REAL_TIME:
        yield message
    else:
        yield from (bytes((byte,)) for byte in message)


def _flows(message: bytes) -> bytes | None:
    """What a message sets, if only its last value matters; None where each has its own place and meaning."""
    kind = message[0] & 0xF0
    if (kind == _CONTROL and message[1] not in _KEEPS_ITS_PLACE) or kind == _POLY_PRESSURE:
        return message[:2]
    return message[:1] if kind in {_PRESSURE, _BEND} else None


def overload(slot: str, notes: Iterable[float], bar_seconds: float, clock_qpm: float = 0.0) -> str | None:
    """What to say of voices that together ask more of a slot's cable than it carries; None if it carries them.

    Each of ``notes`` is the most notes a bar of one voice; ``clock_qpm`` is the tempo of the MIDI clock that goes
    there, 0 for none. A note is reckoned with all six bytes of its start and end, as voices of several channels leave
    little to running status.
    """
    asked = sum(notes) * _NOTE / bar_seconds + clock_qpm * _PULSES / 60
    if asked * BYTE <= 1:
        return None
    return (
        f"slot {slot} is asked for up to {asked:,.0f} bytes a second, and its DIN cable carries {1 / BYTE:,.0f}: give "
        "its voices a lower `density`, or some of them a slot of their own"
    )
