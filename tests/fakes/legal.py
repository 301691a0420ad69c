"""A reader of MIDI 1.0 that forgives nothing: it holds every byte of a stream against the specification.

Written from the MIDI 1.0 Detailed Specification (4.2.1) alone and sharing nothing with what it checks. Beyond the bytes
it holds a stream against what Reverie promises of its notes: each is ended, none is ended that does not sound, none is
struck twice, and none sounds across a transport message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

OFF, ON, CONTROL, SYSEX, SONG_POSITION, END_OF_SYSEX = 0x80, 0x90, 0xB0, 0xF0, 0xF2, 0xF7
CLOCK, START, CONTINUE, STOP, SENSING, RESET = 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF
TRANSPORT = {START: "start", CONTINUE: "continue", STOP: "stop"}
REAL_TIME = {CLOCK, *TRANSPORT, SENSING, RESET}
DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
SYSTEM_COMMON = {0xF1: 1, SONG_POSITION: 2, 0xF3: 1, 0xF6: 0}
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, at which byte of the stream (from 0), and when it came if that is known."""

    byte: int
    time: float | None
    text: str

    def __str__(self) -> str:
        moment = "" if self.time is None else f" ({self.time:.6f} s)"
        return f"byte {self.byte}{moment}: {self.text}"


@dataclass(slots=True)
class LegalStream:
    """Takes a stream in pieces of any size; :meth:`end` says that it is over.

    ``sounding`` are notes (channel from 0, pitch) that sound before the stream begins. ``strays`` allows note-offs for
    notes that do not sound, as a panic sends them. ``joining`` allows start and continue while notes sound, as where a
    device comes back in the midst of the music and is told at the next bar line. ``packets`` says that every piece is
    one whole message with its own status, as ports take them.
    """

    sounding: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    strays: bool = False
    joining: bool = False
    packets: bool = False
    faults: list[Fault] = field(default_factory=list[Fault])
    messages: list[tuple[float | None, bytes]] = field(default_factory=list[tuple[float | None, bytes]])
    """What was said, each message with its status, in the order in which they were complete."""

    _read: int = 0
    _time: float | None = None
    _status: int | None = None
    _data: bytearray = field(default_factory=bytearray)
    _hushed: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def feed(self, piece: bytes, time: float | None = None) -> None:
        """Read the next piece, which arrived at ``time``."""
        self._time = time
        before = len(self.messages)
        if self.packets and piece and piece[0] < OFF:
            self._fault(f"a packet begins with the data byte {piece[0]:#04x}")
        for byte in piece:
            if byte in REAL_TIME:
                self._real_time(byte)
            elif byte < OFF:
                self._datum(byte)
            else:
                self._begin(byte)
            self._read += 1
        if self.packets and len(self.messages) - before != 1:
            self._fault(f"a packet holds {len(self.messages) - before} whole messages: {piece.hex(' ')}")

    def end(self) -> LegalStream:
        """The stream is over: nothing may be left half said, or sounding."""
        if self._unfinished:
            self._fault(f"the stream ends within {self._what}")
        for channel, pitch in sorted(self.sounding):
            self._fault(f"note {pitch} on channel {channel + 1} is never ended")
        return self

    def report(self) -> str:
        """All faults, a line each; empty if the stream is legal."""
        return "\n".join(str(fault) for fault in self.faults)

    def _fault(self, text: str) -> None:
        self.faults.append(Fault(self._read, self._time, text))

    @property
    def _unfinished(self) -> bool:
        return self._status in {SYSEX, *SYSTEM_COMMON} or bool(self._data)

    @property
    def _what(self) -> str:
        return f"the message {self._status or 0:#04x} after {len(self._data)} data bytes"

    def _begin(self, status: int) -> None:
        """A status byte of a channel or of the system: whatever was under way has to be complete."""
        if status == END_OF_SYSEX:
            if self._status == SYSEX:
                self._complete()
            else:
                self._fault("an exclusive message ends that never began")
            self._status, self._data = None, bytearray()
            return
        if self._unfinished:
            self._fault(f"status {status:#04x} splits {self._what}")
        self._status, self._data = status, bytearray()
        if status > SYSEX and status not in SYSTEM_COMMON:
            self._fault(f"status {status:#04x} is undefined")
            self._status = None
        elif SYSTEM_COMMON.get(status) == 0:
            self._complete()

    def _datum(self, byte: int) -> None:
        if self._status is None:
            self._fault(f"the data byte {byte:#04x} belongs to no status")
            return
        self._data.append(byte)
        needed = SYSTEM_COMMON.get(self._status, DATA_BYTES.get(self._status & 0xF0))
        if len(self._data) == needed:
            self._complete()

    def _complete(self) -> None:
        """A message is whole: what it says is taken in; only a channel's status goes on running."""
        if self._status is None:
            raise AssertionError("a message has a status")
        status, data = self._status, bytes(self._data)
        ending = bytes([END_OF_SYSEX]) if status == SYSEX else b""
        self.messages.append((self._time, bytes([status]) + data + ending))
        self._data = bytearray()
        if status >= SYSEX:
            self._status = None
            return
        kind, channel = status & 0xF0, status & 0x0F
        if kind == ON and data[1]:
            self._note_on((channel, data[0]))
        elif kind in {ON, OFF}:
            self._note_off((channel, data[0]))
        elif kind == CONTROL and data[0] in {ALL_SOUND_OFF, ALL_NOTES_OFF}:
            ended = {note for note in self.sounding if note[0] == channel}
            self.sounding -= ended
            self._hushed |= ended

    def _note_on(self, note: tuple[int, int]) -> None:
        if note in self.sounding:
            self._fault(f"note {note[1]} on channel {note[0] + 1} is struck again while it sounds")
        self.sounding.add(note)
        self._hushed.discard(note)

    def _note_off(self, note: tuple[int, int]) -> None:
        """A note that its whole channel's silence has ended may be ended once more by its own note-off."""
        if note not in self.sounding | self._hushed and not self.strays:
            self._fault(f"note {note[1]} on channel {note[0] + 1} is ended, and does not sound")
        self.sounding.discard(note)
        self._hushed.discard(note)

    def _real_time(self, byte: int) -> None:
        """May come anywhere, between the bytes of others too, and changes nothing of them."""
        self.messages.append((self._time, bytes([byte])))
        if byte == STOP or (byte in TRANSPORT and not self.joining):
            for channel, pitch in sorted(self.sounding):
                self._fault(f"note {pitch} on channel {channel + 1} sounds across a {TRANSPORT[byte]}")
        elif byte == RESET:
            self.sounding.clear()


def assert_legal(
    pieces: Iterable[bytes], times: Sequence[float] | None = None, *, packets: bool = False
) -> LegalStream:
    """The whole stream, which is legal from its first byte to its last."""
    stream = LegalStream(packets=packets)
    for number, piece in enumerate(pieces):
        stream.feed(piece, None if times is None else times[number])
    assert not stream.end().faults, stream.report()
    return stream
