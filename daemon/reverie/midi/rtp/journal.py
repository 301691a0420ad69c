"""The recovery journal: what whoever lost packets has to know, in every packet (RFC 6295, section 5, appendix A).

Read and written are the chapters P (program), C (controllers), W (pitch wheel) and N (notes). The others, and the
journal of system messages, are skipped when read and not written: Reverie's scores have no such messages.

An element's S bit says that it tells nothing of the packet right before; ``fresh`` here is the opposite. The bit of the
whole journal is never set, though it may be: some readers (pymidi 0.5) take it for the one that announces a journal of
system messages, and would throw the packet away.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = struct.Struct(">BH")
_CHANNEL = struct.Struct(">HB")
_OLD = 0x80
_SYSTEM, _CHANNELS = 0x40, 0x20
_P, _C, _M, _W, _N = 0x80, 0x40, 0x20, 0x10, 0x08
_LENGTH = 0x3FF
_ALL = 128
_SEVEN = 0x7F
_COUNT = 0x40
COUNTED = 0x3F
"""The bits of a count that a journal has room for."""


class GarbledError(Exception):
    """A journal breaks off, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class ProgramLog:
    """The program of a channel, with the bank (14 bits) that was chosen for it."""

    program: int
    bank: int | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class ControlLog:
    """A controller's value; for one that acts at once and has none, how often it was sent (``counted``)."""

    number: int
    value: int
    counted: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class BendLog:
    """Where the pitch wheel stands: the two data bytes."""

    low: int
    high: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class NoteLog:
    """A note that sounds; ``play`` says that it began just now, so that playing it late is better than not at all."""

    pitch: int
    velocity: int
    play: bool
    fresh: bool


@dataclass(frozen=True, slots=True)
class ChannelJournal:
    """What became of one channel since the checkpoint; ``ended`` are the pitches whose last message is a note's end."""

    channel: int
    program: ProgramLog | None = None
    controls: tuple[ControlLog, ...] = ()
    bend: BendLog | None = None
    notes: tuple[NoteLog, ...] = ()
    ended: frozenset[int] = frozenset()
    ended_fresh: bool = False

    def pack(self) -> bytes:
        """As it is sent."""
        return _pack_channel(self)


@dataclass(frozen=True, slots=True)
class Journal:
    """What became of all channels from packet ``checkpoint`` on, up to the packet before this one."""

    checkpoint: int
    channels: tuple[ChannelJournal, ...] = ()

    def pack(self) -> bytes:
        """As it is sent."""
        return join(self.checkpoint, [channel.pack() for channel in self.channels])


def join(checkpoint: int, channels: Sequence[bytes]) -> bytes:
    """A journal of channels that are packed already."""
    flags = _CHANNELS | len(channels) - 1 if channels else 0
    return _HEADER.pack(flags, checkpoint & 0xFFFF) + b"".join(channels)


def read_journal(data: bytes) -> Journal:
    """Read what followed a packet's MIDI list.

    Raises:
        GarbledError: if it is none.
    """
    flags, checkpoint = _HEADER.unpack(_cut(data, 0, _HEADER.size))
    at = _HEADER.size
    if flags & _SYSTEM:
        at += max(struct.unpack(">H", _cut(data, at, 2))[0] & _LENGTH, 2)
    channels: list[ChannelJournal] = []
    for _ in range((flags & 0x0F) + 1 if flags & _CHANNELS else 0):
        head, chapters = _CHANNEL.unpack(_cut(data, at, _CHANNEL.size))
        length = head & _LENGTH
        if length < _CHANNEL.size:
            raise GarbledError("a channel's journal is shorter than its header")
        body = _cut(data, at, length)[_CHANNEL.size :]
        channels.append(_read_channel(head >> 11 & 0x0F, chapters, body))
        at += length
    return Journal(checkpoint, tuple(channels))


def _pack_channel(journal: ChannelJournal) -> bytes:
    program, bend = journal.program, journal.bend
    chapters, body = 0, b""
    if program is not None:
        chapters |= _P
        bank = 0 if program.bank is None else program.bank
        chosen = 0 if program.bank is None else _OLD
        body += bytes((_old(program.fresh) | program.program, chosen | bank >> 7, bank & _SEVEN))
    if journal.controls:
        chapters |= _C
        fresh = any(log.fresh for log in journal.controls)
        body += bytes((_old(fresh) | len(journal.controls) - 1,))
        for log in journal.controls:
            value = _OLD | _COUNT | log.value & COUNTED if log.counted else log.value
            body += bytes((_old(log.fresh) | log.number, value))
    if bend is not None:
        chapters |= _W
        body += bytes((_old(bend.fresh) | bend.low, bend.high))
    if journal.notes or journal.ended:
        chapters |= _N
        body += _pack_notes(journal.notes, journal.ended, journal.ended_fresh)
    length = _CHANNEL.size + len(body)
    return _CHANNEL.pack(_old(_is_fresh(journal)) << 8 | journal.channel << 11 | length, chapters) + body


def _is_fresh(journal: ChannelJournal) -> bool:
    logs = (journal.program, journal.bend, *journal.controls, *journal.notes)
    return journal.ended_fresh or any(log.fresh for log in logs if log is not None)


def _pack_notes(notes: Sequence[NoteLog], ended: frozenset[int], ended_fresh: bool) -> bytes:
    low, high = (min(ended) >> 3, max(ended) >> 3) if ended else (15, 0 if len(notes) == _ALL else 1)
    packed = bytearray((_old(ended_fresh) | min(len(notes), _SEVEN), low << 4 | high))
    for log in notes:
        packed += bytes((_old(log.fresh) | log.pitch, (0x80 if log.play else 0) | log.velocity))
    bits = bytearray(max(high - low + 1, 0))
    for pitch in ended:
        bits[(pitch >> 3) - low] |= 0x80 >> (pitch & 7)
    return bytes(packed + bits)


def _read_channel(channel: int, chapters: int, body: bytes) -> ChannelJournal:
    at = 0
    program: ProgramLog | None = None
    controls: tuple[ControlLog, ...] = ()
    bend: BendLog | None = None
    if chapters & _P:
        number, upper, lower = _cut(body, at, 3)
        bank = (upper & _SEVEN) << 7 | lower & _SEVEN if upper & _OLD else None
        program = ProgramLog(number & _SEVEN, bank, _fresh(number))
        at += 3
    if chapters & _C:
        count = (_cut(body, at, 1)[0] & _SEVEN) + 1
        logs = _cut(body, at + 1, 2 * count)
        controls = tuple(_read_control(logs[i], logs[i + 1]) for i in range(0, len(logs), 2))
        at += 1 + len(logs)
    if chapters & _M:
        at += max(struct.unpack(">H", _cut(body, at, 2))[0] & _LENGTH, 2)
    if chapters & _W:
        first, second = _cut(body, at, 2)
        bend = BendLog(first & _SEVEN, second & _SEVEN, _fresh(first))
        at += 2
    if not chapters & _N:
        return ChannelJournal(channel, program, controls, bend)
    count, span = _cut(body, at, 2)
    low, high = span >> 4, span & 0x0F
    fresh, count = _fresh(count), count & _SEVEN
    if count == _SEVEN and (low, high) == (15, 0):
        count = _ALL
    logs = _cut(body, at + 2, 2 * count)
    notes = tuple(
        NoteLog(logs[i] & _SEVEN, logs[i + 1] & _SEVEN, bool(logs[i + 1] & 0x80), _fresh(logs[i]))
        for i in range(0, len(logs), 2)
    )
    bits = _cut(body, at + 2 + len(logs), max(high - low + 1, 0))
    ended = frozenset(8 * (low + i) + bit for i, byte in enumerate(bits) for bit in range(8) if byte & 0x80 >> bit)
    return ChannelJournal(channel, program, controls, bend, notes, ended, fresh)


def _read_control(first: int, second: int) -> ControlLog:
    if not second & _OLD:
        return ControlLog(first & _SEVEN, second & _SEVEN, counted=False, fresh=_fresh(first))
    return ControlLog(first & _SEVEN, second & COUNTED, counted=True, fresh=_fresh(first))


def _old(fresh: bool) -> int:
    return 0 if fresh else _OLD


def _fresh(byte: int) -> bool:
    return not byte & _OLD


def _cut(data: bytes, at: int, length: int) -> bytes:
    part = data[at : at + length]
    if len(part) < length:
        raise GarbledError("a journal breaks off")
    return part
