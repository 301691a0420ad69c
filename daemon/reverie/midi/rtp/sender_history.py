"""What one listener was sent and may have lost: the sender's side of the recovery journal.

The journal reaches back to the checkpoint: the packet after the last one that the listener has confirmed. It holds the
last thing that happened to each note, controller, program and wheel, so it is bounded however long nothing is confirmed
(RFC 6295, section 4 and appendix A; RFC 4696, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reverie.midi.rtp.journal import (
    BendLog,
    ChannelJournal,
    ControlLog,
    Journal,
    NoteLog,
    ProgramLog,
    join,
)

DEPTH = 4096
"""Packets that a journal reaches back at most: a listener that confirms nothing must not meet a number twice."""
SLACK = 256
"""Packets by which it may be more: forgetting takes time, and need not be done for each."""
LATELY = 500
"""Ticks in which a note that was lost is still worth being played: 50 ms."""
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, BEND = 0x80, 0x90, 0xB0, 0xC0, 0xE0
BANK, BANK_LOW, SOUND_OFF, RESET, NOTES_OFF = 0, 32, 120, 121, 123
PARAMETERS = frozenset({6, 38, *range(96, 102)})
"""Controllers of registered parameters, which have a chapter of their own that Reverie does not write."""
UNTOUCHED = frozenset({BANK, BANK_LOW, 7, 10, *range(91, 96), *range(120, 128)})
"""What "reset all controllers" leaves as it is (MIDI recommended practice 015)."""
SILENCING = frozenset({SOUND_OFF, *range(NOTES_OFF, 128)})
_MIDDLE = 64


@dataclass(frozen=True, slots=True)
class _Event:
    sequence: int
    at: int
    value: int
    other: int = 0


@dataclass(slots=True)
class _ChannelHistory:
    """The last event of each kind; the notes' oldest first. An ended note has the velocity 0."""

    notes: dict[int, _Event] = field(default_factory=dict[int, _Event])
    controls: dict[int, _Event] = field(default_factory=dict[int, _Event])
    counts: dict[int, int] = field(default_factory=dict[int, int])
    banks: dict[int, int] = field(default_factory=dict[int, int])
    program: _Event | None = None
    bank: int | None = None
    bend: _Event | None = None
    changed: int = -1
    """The number of the last packet that held something for the channel."""
    struck: int = -LATELY
    """When a note began last, in ticks."""
    packed: bytes | None = None
    """What a packet said that was later than all of this, and what all say until something happens."""


class History:
    """Sequence numbers are counted on and on here, and cut to sixteen bits on the wire."""

    def __init__(self, first: int) -> None:
        """Begin with the number of the first packet."""
        self._checkpoint = first
        self._next = first
        self._channels: dict[int, _ChannelHistory] = {}

    @property
    def confirmed(self) -> bool:
        """Whether the listener has everything."""
        return self._checkpoint == self._next

    def note(self, sequence: int, at: int, message: bytes) -> None:
        """Remember a message that is sent in a packet, at a time in ticks."""
        if len(message) < 2 or message[0] >= 0xF0:  # noqa: PLR2004  # what has no channel
            return
        channel = self._channels.setdefault(message[0] & 0x0F, _ChannelHistory())
        first, second = message[1], message[-1]
        channel.changed, channel.packed = sequence, None
        if message[0] & 0xF0 == NOTE_ON:
            channel.struck = at
        match message[0] & 0xF0:
            case kind if kind in {NOTE_ON, NOTE_OFF}:
                channel.notes.pop(first, None)
                channel.notes[first] = _Event(sequence, at, second if kind == NOTE_ON else 0)
            case kind if kind == CONTROL and first not in PARAMETERS:
                _control(channel, first, _Event(sequence, at, second))
            case kind if kind == PROGRAM:
                channel.program = _Event(sequence, at, first)
                upper, lower = channel.banks.get(BANK), channel.banks.get(BANK_LOW)
                channel.bank = None if upper is lower is None else (upper or 0) << 7 | (lower or 0)
                for number in (BANK, BANK_LOW):
                    channel.controls.pop(number, None)
            case kind if kind == BEND:
                channel.bend = _Event(sequence, at, first, second)
            case _:
                pass  # touch: its loss is forgotten with the next

    def advance(self, sequence: int) -> None:
        """The packet of that number was sent."""
        self._next = sequence + 1
        if self._next - self._checkpoint > DEPTH + SLACK:
            self._forget(self._next - DEPTH)

    def confirm(self, halves: tuple[int, int]) -> None:
        """The listener has every packet up to one, whose number is one of the two; the more modest one is believed."""
        ages = [(self._next - 1 - half) & 0xFFFF for half in halves]
        known = [age for age in ages if age < self._next - self._checkpoint]
        if known:
            self._forget(self._next - max(known))

    def journal(self, now: int) -> Journal:
        """What the next packet says, at a time in ticks."""
        told = tuple(self._tell(number, channel, now) for number, channel in self._telling())
        return Journal(self._checkpoint if told else self._next, told)

    def pack(self, now: int) -> bytes:
        """The same as it is sent; what has not changed is not packed again."""
        packed: list[bytes] = []
        for number, channel in self._telling():
            known = channel.packed or self._tell(number, channel, now).pack()
            if channel.changed < self._next - 1 and now - channel.struck > LATELY:
                channel.packed = known
            packed.append(known)
        return join(self._checkpoint if packed else self._next, packed)

    def _telling(self) -> list[tuple[int, _ChannelHistory]]:
        return [(number, self._channels[number]) for number in sorted(self._channels) if _holds(self._channels[number])]

    def _tell(self, number: int, channel: _ChannelHistory, now: int) -> ChannelJournal:
        last = self._next - 1
        program, bend = channel.program, channel.bend
        return ChannelJournal(
            number,
            program and ProgramLog(program.value, channel.bank, program.sequence == last),
            tuple(
                ControlLog(key, channel.counts[key], counted=True, fresh=event.sequence == last)
                if key in channel.counts
                else ControlLog(key, event.value, counted=False, fresh=event.sequence == last)
                for key, event in sorted(channel.controls.items())
            ),
            bend and BendLog(bend.value, bend.other, bend.sequence == last),
            tuple(
                NoteLog(pitch, event.value, now - event.at <= LATELY, event.sequence == last)
                for pitch, event in channel.notes.items()
                if event.value
            ),
            frozenset(pitch for pitch, event in channel.notes.items() if not event.value),
            any(event.sequence == last for event in channel.notes.values() if not event.value),
        )

    def _forget(self, checkpoint: int) -> None:
        """Let the journal begin at a later packet."""
        self._checkpoint = checkpoint
        for channel in self._channels.values():
            channel.packed = None
            channel.notes = {key: event for key, event in channel.notes.items() if event.sequence >= checkpoint}
            channel.controls = {key: event for key, event in channel.controls.items() if event.sequence >= checkpoint}
            if channel.program and channel.program.sequence < checkpoint:
                channel.program = None
            if channel.bend and channel.bend.sequence < checkpoint:
                channel.bend = None


def _control(channel: _ChannelHistory, number: int, event: _Event) -> None:
    channel.controls[number] = event
    if number in {BANK, BANK_LOW}:
        channel.banks[number] = event.value
    if number in {RESET, *SILENCING}:
        channel.counts[number] = channel.counts.get(number, 0) + 1
    if number in SILENCING:  # the notes ended, and a listener that does not count learns it from them
        for pitch, sounding in channel.notes.items():
            if sounding.value:
                channel.notes[pitch] = _Event(event.sequence, event.at, 0)
    if number == RESET:
        kept = UNTOUCHED
        channel.controls = {key: held for key, held in channel.controls.items() if key in kept}
        channel.bend = channel.bend and _Event(event.sequence, event.at, 0, _MIDDLE)


def _holds(channel: _ChannelHistory) -> bool:
    return bool(channel.notes or channel.controls or channel.program or channel.bend)
