"""What travels in an RTP-MIDI session: Apple's packets that make and keep it, and RTP packets with MIDI in them.

Apple's session protocol is described in "MIDI Network Driver Protocol" (Apple's documentation archive); RTP's header in
RFC 3550, section 5.1, the MIDI command section in RFC 6295, section 3. Whatever cannot be read is None: anybody can
send anything to a UDP port.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

INVITE, ACCEPT, DECLINE, LEAVE = b"IN", b"OK", b"NO", b"BY"
TICKS = 10_000
"""Apple's clock: ticks of 100 microseconds a second, in clock packets and as RTP's timestamp."""
LONGEST_LIST = (1 << 12) - 1

LARGEST = 8192
"""Bytes of a datagram that is looked at: the longest list of messages and the longest journal are shorter."""

_MARK = b"\xff\xff"
_EXCHANGE = struct.Struct(">2s2sIII")
_CLOCK = struct.Struct(">2s2sIB3xQQQ")
_FEEDBACK = struct.Struct(">2s2sIHH")
_RTP = struct.Struct(">BBHII")
_EXCHANGES = (INVITE, ACCEPT, DECLINE, LEAVE)
_SYNCHRONISE, _RECEIVED = b"CK", b"RS"
_VERSION, _RTP_VERSION, _PAYLOAD_TYPE, _MARKER = 2, 0x80, 0x61, 0x80
_LONG, _JOURNAL, _FIRST_DELTA = 0x80, 0x40, 0x20
_SHORT_LIST = 15
_SOURCES = 0x0F
_STATUS, _SYSTEM, _SYSEX, _CANCEL, _SYSEX_END, _REAL_TIME = 0x80, 0xF0, 0xF0, 0xF4, 0xF7, 0xF8
_DATA = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_DELTA_BYTES = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    """An invitation, its answer, or a farewell; ``token`` is the initiator's number for this invitation."""

    command: bytes
    token: int
    ssrc: int
    name: str = ""

    def pack(self) -> bytes:
        """As it is sent; only invitations and their acceptance carry the name."""
        name = self.name.encode() + b"\0" if self.command in {INVITE, ACCEPT} else b""
        return _EXCHANGE.pack(_MARK, self.command, _VERSION, self.token, self.ssrc) + name


@dataclass(frozen=True, slots=True)
class ClockPacket:
    """One of three that travel to and fro, counted from 0; each adds its sender's time, in ticks, to ``stamps``."""

    ssrc: int
    count: int
    stamps: tuple[int, int, int]

    def pack(self) -> bytes:
        """As it is sent."""
        return _CLOCK.pack(_MARK, _SYNCHRONISE, self.ssrc, self.count, *self.stamps)


@dataclass(frozen=True, slots=True)
class Feedback:
    """Up to which sequence number a receiver has all that its sender's journals can tell it.

    Some write the number into the upper half of a 32-bit word and some into the lower; Reverie writes both, and takes
    for a fact only what fits.
    """

    ssrc: int
    halves: tuple[int, int]

    def pack(self) -> bytes:
        """As it is sent."""
        return _FEEDBACK.pack(_MARK, _RECEIVED, self.ssrc, *self.halves)


@dataclass(frozen=True, slots=True)
class MidiPacket:
    """MIDI messages of one moment, and what they need who lost the packets before; ``timestamp`` in ticks."""

    sequence: int
    timestamp: int
    ssrc: int
    messages: tuple[bytes, ...] = ()
    journal: bytes | None = None

    def pack(self) -> bytes:
        """As it is sent: every message with its status, all at the packet's own time."""
        commands = b"\0".join(self.messages)
        journal = self.journal or b""
        flags = _JOURNAL if self.journal is not None else 0
        length = len(commands)
        if length > LONGEST_LIST:
            raise ValueError(f"an RTP-MIDI packet has room for {LONGEST_LIST} bytes of MIDI, not {length}")
        short = length <= _SHORT_LIST
        section = bytes((flags | length,)) if short else struct.pack(">H", (_LONG | flags) << 8 | length)
        marked = (_MARKER if commands else 0) | _PAYLOAD_TYPE
        header = _RTP.pack(_RTP_VERSION, marked, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return header + section + commands + journal


def read_session_packet(datagram: bytes) -> Exchange | ClockPacket | Feedback | None:
    """One of Apple's packets; None for everything else."""
    if not datagram.startswith(_MARK):
        return None
    command = datagram[2:4]
    if command in _EXCHANGES and len(datagram) >= _EXCHANGE.size:
        _, _, version, token, ssrc = _EXCHANGE.unpack_from(datagram)
        name = datagram[_EXCHANGE.size :].split(b"\0", 1)[0].decode(errors="replace")
        return Exchange(command, token, ssrc, name) if version == _VERSION else None
    if command == _SYNCHRONISE and len(datagram) >= _CLOCK.size:
        _, _, ssrc, count, *stamps = _CLOCK.unpack_from(datagram)
        return ClockPacket(ssrc, count, (stamps[0], stamps[1], stamps[2]))
    if command == _RECEIVED and len(datagram) >= _FEEDBACK.size:
        _, _, ssrc, upper, lower = _FEEDBACK.unpack_from(datagram)
        return Feedback(ssrc, (upper, lower))
    return None


def sender_of(datagram: bytes) -> int | None:
    """The number (SSRC) that an RTP packet gives its sender: to read more of a stranger's packet would be in vain."""
    return _RTP.unpack_from(datagram)[-1] if len(datagram) > _RTP.size else None


def read_midi_packet(datagram: bytes) -> MidiPacket | None:
    """An RTP packet with MIDI in it; None for everything else."""
    if len(datagram) <= _RTP.size:
        return None
    first, marked, sequence, timestamp, ssrc = _RTP.unpack_from(datagram)
    if first & ~_SOURCES != _RTP_VERSION or marked & ~_MARKER != _PAYLOAD_TYPE:  # no padding, no extension
        return None
    at = _RTP.size + 4 * int(first & _SOURCES)
    if at >= len(datagram):
        return None
    flags = datagram[at]
    length = flags & _SHORT_LIST
    at += 1
    if flags & _LONG:
        if at >= len(datagram):
            return None
        length = length << 8 | datagram[at]
        at += 1
    if at + length > len(datagram):
        return None
    messages = _read_list(datagram[at : at + length], first_delta=bool(flags & _FIRST_DELTA))
    journal = datagram[at + length :] if flags & _JOURNAL else None
    return None if messages is None else MidiPacket(sequence, timestamp, ssrc, messages, journal)


def _read_list(data: bytes, *, first_delta: bool) -> tuple[bytes, ...] | None:
    """The messages of a MIDI list, each whole: running status is undone, and parts of exclusive messages left out."""
    messages: list[bytes] = []
    at, running, delta = 0, 0, first_delta
    while at < len(data):
        if delta:
            after = _after_delta(data, at)
            if after is None:
                return None
            at = after
            if at == len(data):
                break
        delta = True
        status = data[at] if data[at] & _STATUS else running
        at += bool(data[at] & _STATUS)
        if status in {_SYSEX, _SYSEX_END}:
            end = next((i for i in range(at, len(data)) if data[i] & _STATUS and data[i] < _REAL_TIME), len(data))
            whole = status == _SYSEX and data[end : end + 1] == bytes((_SYSEX_END,))
            messages += [bytes((_SYSEX,)) + data[at : end + 1]] if whole else []
            at, running = end + 1, 0
            continue
        needed = _DATA.get(status >> 4, _SYSTEM_DATA.get(status, 0))
        body = data[at : at + needed]
        if not status or len(body) < needed or any(byte & _STATUS for byte in body):
            return None
        if status < _SYSTEM:
            running = status
        elif status < _REAL_TIME:
            running = 0
        if status != _CANCEL:
            messages.append(bytes((status,)) + body)
        at += needed
    return tuple(messages)


def _after_delta(data: bytes, at: int) -> int | None:
    """Where a time of one to four bytes ends; None if it does not."""
    for index in range(at, min(at + _DELTA_BYTES, len(data))):
        if not data[index] & _STATUS:
            return index + 1
    return None
