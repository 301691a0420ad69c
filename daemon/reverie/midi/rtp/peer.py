"""One listener who has joined: the stream to it, and what it sends itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverie.midi.rtp.packets import LONGEST_LIST, TICKS, MidiPacket
from reverie.midi.rtp.repair import Receiver
from reverie.midi.rtp.sender_history import History

Address = tuple[Any, ...]
"""As the socket gives it: host and port, and with IPv6 two numbers more."""

GUARDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds from the last message to a packet with nothing but the journal in it, and on from each to the next.

Nothing else would tell a listener that the last note's end was lost (RFC 6295, section 4: guard packets).
"""
HELLOS = 4
"""Clock packets that an initiator sends in quick succession at first."""
QUICK, STEADY = 1.5, 10.0
"""Seconds between two of them, then and later; Apple's own come every ten seconds."""
CONFIRM = 0.5
"""Seconds after which what was received is confirmed."""


@dataclass(slots=True)
class Peer:
    """Times are in seconds of one clock. ``invited`` is who leads the clock packets: it asks, and the other answers."""

    ssrc: int
    name: str
    control: Address
    data: Address
    token: int
    heard_at: float
    sequence: int
    invited: bool = False
    joined_at: float = field(init=False)
    history: History = field(init=False)
    receiver: Receiver = field(default_factory=Receiver)
    clocks: int = 0
    clock_due: float = 0.0
    round_trip: float | None = None
    """Seconds that a packet takes to the listener and back."""
    _guards: Iterator[float] = field(default_factory=lambda: iter(()))
    _guard_due: float | None = None
    _confirm_due: float | None = None

    def __post_init__(self) -> None:
        self.history = History(self.sequence)
        self.clock_due = self.joined_at = self.heard_at

    def pack(self, ssrc: int, now: float, messages: Sequence[bytes]) -> bytes:
        """The next packet; with messages in it, the journal is repeated some times if nothing follows."""
        ticks = int(now * TICKS)
        packet = MidiPacket(self.sequence, ticks, ssrc, tuple(messages), self.history.pack(ticks))
        for message in messages:
            self.history.note(self.sequence, ticks, message)
        self.history.advance(self.sequence)
        self.sequence += 1
        if messages:
            self._guards = iter(GUARDS)
            self._guard_due = now + next(self._guards)
        return packet.pack()

    def guard(self, now: float) -> bool:
        """Whether it is time for a packet without messages."""
        if self._guard_due is None or now < self._guard_due:
            return False
        wait = None if self.history.confirmed else next(self._guards, None)
        self._guard_due = None if wait is None else now + wait
        return not self.history.confirmed

    def greet(self, now: float) -> bool:
        """Whether it is time for the first of three clock packets."""
        if not self.invited or now < self.clock_due:
            return False
        self.clocks += 1
        self.clock_due = now + (QUICK if self.clocks < HELLOS else STEADY)
        return True

    def owe(self, now: float) -> None:
        """A packet came that is to be confirmed."""
        if self._confirm_due is None:
            self._confirm_due = now + CONFIRM

    def confirm(self, now: float) -> int | None:
        """The number of the last packet received, if it is time to confirm it."""
        if self._confirm_due is None or now < self._confirm_due:
            return None
        self._confirm_due = None
        return self.receiver.last

    def due(self, patience: float) -> float:
        """When one of the above has something to say, or patience ends."""
        clock = self.clock_due if self.invited else float("inf")
        times = (self._guard_due, self._confirm_due, clock, self.heard_at + patience)
        return min(time for time in times if time is not None)


def in_packets(messages: Iterable[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Messages in as many portions as packets need."""
    portion: list[bytes] = []
    size = 0
    for message in messages:
        if portion and size + 1 + len(message) > LONGEST_LIST:
            yield tuple(portion)
            portion, size = [], 0
        size += len(message) + bool(portion)
        portion.append(message)
    if portion:
        yield tuple(portion)
