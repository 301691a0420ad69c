"""What a listener does with the packets: it plays them, and mends what the lost ones would have done.

The reader's side of the recovery journal (RFC 6295, section 4; RFC 4696, section 7). A journal is read only after a
loss: every packet carries one, and most say what is known. What a listener knows is what it played.
"""

from __future__ import annotations

from collections.abc import Iterator

from reverie.midi.rtp.journal import (
    COUNTED,
    ChannelJournal,
    ControlLog,
    GarbledError,
    Journal,
    NoteLog,
    read_journal,
)
from reverie.midi.rtp.packets import MidiPacket
from reverie.midi.rtp.sender_history import (
    BANK,
    BANK_LOW,
    BEND,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
)
from reverie.midi.rtp.stream_memory import ChannelMemory, StreamMemory

STRANGE = 3000
"""Packets between two numbers that are no loss but another stream (RFC 3550, appendix A.1)."""


class Receiver:
    """One sender's stream."""

    def __init__(self) -> None:
        self._memory = StreamMemory()
        self.last: int | None = None
        """The number of the last packet that was played, of sixteen bits; None before the first."""

    def receive(self, packet: MidiPacket) -> tuple[bytes, ...]:
        """What is to be played now; a packet that comes late or twice is nothing new, as its successor told of it."""
        step = 0 if self.last is None else _distance(self.last, packet.sequence)
        known = self.last is not None and abs(step) <= STRANGE
        if known and step <= 0:
            return ()
        mended: list[bytes] = []
        if not known or step > 1:
            mended = self._repair(packet)
        self.last = packet.sequence
        for message in packet.messages:
            self._memory.remember(message)
        return (*mended, *packet.messages)

    def silence(self) -> tuple[bytes, ...]:
        """The ends of all notes that sound: the sender is gone."""
        return tuple(self._end_all())

    def _repair(self, packet: MidiPacket) -> list[bytes]:
        try:
            journal = read_journal(packet.journal) if packet.journal is not None else None
        except GarbledError:
            journal = None
        if journal is None:
            return self._end_all()  # a sender without a journal: better too short than for ever
        mended: list[bytes] = []
        if self.last is not None and _distance(journal.checkpoint, self.last) < -1:
            mended += self._end_unknown(journal)
        for channel in journal.channels:
            mended += self._repair_channel(channel)
        return mended

    def _repair_channel(self, journal: ChannelJournal) -> Iterator[bytes]:
        number, channel = journal.channel, self._memory.channel(journal.channel)
        if journal.program and channel.program != (wanted := (journal.program.program, journal.program.bank)):
            if (bank := journal.program.bank) is not None:
                yield from self._play(bytes((CONTROL | number, BANK, bank >> 7)))
                yield from self._play(bytes((CONTROL | number, BANK_LOW, bank & 0x7F)))
            yield from self._play(bytes((PROGRAM | number, journal.program.program)))
            channel.program = wanted
        for log in journal.controls:
            yield from self._repair_control(number, channel, log)
        if journal.bend and channel.bend != (journal.bend.low, journal.bend.high):
            yield from self._play(bytes((BEND | number, journal.bend.low, journal.bend.high)))
        for pitch in sorted(journal.ended & channel.sounding.keys()):
            yield from self._play(bytes((NOTE_OFF | number, pitch, 0)))
        for log in journal.notes:
            yield from self._repair_note(number, channel, log)

    def _repair_control(self, number: int, channel: ChannelMemory, log: ControlLog) -> Iterator[bytes]:
        if not log.counted:
            if channel.controls.get(log.number) != log.value:
                yield from self._play(bytes((CONTROL | number, log.number, log.value)))
        elif channel.counts.get(log.number, 0) & COUNTED != log.value:
            yield from self._play(bytes((CONTROL | number, log.number, 0)))
            channel.counts[log.number] = log.value

    def _repair_note(self, number: int, channel: ChannelMemory, log: NoteLog) -> Iterator[bytes]:
        """A note that sounds with another velocity is one that was ended and struck again, both unheard."""
        sounds = channel.sounding.get(log.pitch)
        if sounds == log.velocity:
            return
        if sounds is not None:
            yield from self._play(bytes((NOTE_OFF | number, log.pitch, 0)))
        if log.play and log.velocity:
            yield from self._play(bytes((NOTE_ON | number, log.pitch, log.velocity)))

    def _end_unknown(self, journal: Journal) -> Iterator[bytes]:
        """End what may have ended before the journal begins: the loss was longer than it remembers."""
        told = {channel.channel: {log.pitch for log in channel.notes} for channel in journal.channels}
        for number, channel in self._memory.channels.items():
            for pitch in sorted(channel.sounding.keys() - told.get(number, set())):
                yield from self._play(bytes((NOTE_OFF | number, pitch, 0)))

    def _end_all(self) -> list[bytes]:
        ends = list(self._memory.ends())
        for message in ends:
            self._memory.remember(message)
        return ends

    def _play(self, message: bytes) -> Iterator[bytes]:
        self._memory.remember(message)
        yield message


def _distance(earlier: int, later: int) -> int:
    """Packets from one number of sixteen bits to another, counted the shorter way round."""
    return (later - earlier + 0x8000 & 0xFFFF) - 0x8000
