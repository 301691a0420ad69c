"""A sampler that takes sample dumps, written from the standard and not from the code that sends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

ACK, NAK, CANCEL, WAIT = 0x7F, 0x7E, 0x7D, 0x7C


def number(data: bytes) -> int:
    """Bytes of seven bits, the lowest first."""
    return sum(byte << 7 * place for place, byte in enumerate(data))


@dataclass
class Received:
    """One sample as the sampler has it."""

    number: int
    bits: int
    period: int
    length: int
    loop: tuple[int, int, int]
    words: list[int] = field(default_factory=list[int])


@dataclass
class DumpReceiver:
    """Checks every packet. ``moods`` decide what it does instead with a good one, by how many it has heard so far."""

    channel: int = 0
    silent: bool = False
    moods: Callable[[int], int | None] = lambda _: None
    samples: list[Received] = field(default_factory=list[Received])
    heard: int = 0
    cancelled: bool = False
    faults: list[str] = field(default_factory=list[str])
    _next: int = 0

    def hear(self, message: bytes) -> list[bytes]:
        """What it answers."""
        if message[:3] != bytes((0xF0, 0x7E, self.channel)) or message[-1] != 0xF7:
            self.faults.append(f"no dump: {message.hex()}")
            return []
        kind, data = message[3], message[4:-1]
        if kind == CANCEL:
            self.cancelled = True
            return []
        answers = self._header(data) if kind == 0x01 else self._packet(message, data)
        return [] if self.silent else [bytes((0xF0, 0x7E, self.channel, what, at, 0xF7)) for what, at in answers]

    def _header(self, data: bytes) -> list[tuple[int, int]]:
        bits = data[2]
        loop = (number(data[9:12]), number(data[12:15]), data[15])
        self.samples.append(Received(number(data[:2]), bits, number(data[3:6]), number(data[6:9]), loop))
        self._next = 0
        return [(ACK, 0)]

    def _packet(self, message: bytes, data: bytes) -> list[tuple[int, int]]:
        at, words = data[0], data[1:-1]
        self.heard += 1
        mood = self.moods(self.heard)
        if mood is not None:
            return (
                [] if mood < 0 else [(WAIT, at), (ACK, at)] if mood == WAIT and self._keep(at, words) else [(mood, at)]
            )
        if len(message) != 127:
            self.faults.append(f"a packet of {len(message)} bytes")
        parity = 0
        for byte in message[1:-2]:
            parity ^= byte
        if parity != data[-1]:
            self.faults.append("a wrong checksum")
            return [(NAK, at)]
        self._keep(at, words)
        return [(ACK, at)]

    def _keep(self, at: int, data: bytes) -> bool:
        """Keep what is new; a packet that was sent again has the number of the last."""
        if at == self._next % 128:
            self._next += 1
            sample = self.samples[-1]
            size = 2 if sample.bits < 15 else 3 if sample.bits < 22 else 4
            for start in range(0, len(data) - len(data) % size, size):
                value = 0
                for byte in data[start : start + size]:
                    value = value << 7 | byte
                sample.words.append(value >> 7 * size - sample.bits)
            del sample.words[sample.length :]
        elif at != (self._next - 1) % 128:
            self.faults.append(f"packet {at} in place of {self._next % 128}")
        return True
