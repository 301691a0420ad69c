"""What a stream of MIDI messages has come to: what sounds, and how every channel is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reverie.midi.bytes import hush
from reverie.midi.rtp.sender_history import (
    BANK,
    BANK_LOW,
    BEND,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    RESET,
    SILENCING,
    UNTOUCHED,
)


@dataclass(slots=True)
class ChannelMemory:
    """One channel; ``counts`` is how often each controller came that acts at once and leaves no value."""

    sounding: dict[int, int] = field(default_factory=dict[int, int])
    controls: dict[int, int] = field(default_factory=dict[int, int])
    counts: dict[int, int] = field(default_factory=dict[int, int])
    program: tuple[int, int | None] | None = None
    bend: tuple[int, int] | None = None

    @property
    def bank(self) -> int | None:
        """The bank that is chosen, of fourteen bits; None if none was."""
        upper, lower = self.controls.get(BANK), self.controls.get(BANK_LOW)
        return None if upper is lower is None else (upper or 0) << 7 | (lower or 0)


class StreamMemory:
    """All channels that were used."""

    def __init__(self) -> None:
        self.channels: dict[int, ChannelMemory] = {}

    def channel(self, number: int) -> ChannelMemory:
        """One of them."""
        return self.channels.setdefault(number, ChannelMemory())

    def remember(self, message: bytes) -> None:
        """Take note of a message that is played."""
        if len(message) < 2 or message[0] >= 0xF0:  # noqa: PLR2004  # what has no channel
            return
        channel = self.channel(message[0] & 0x0F)
        first, second = message[1], message[-1]
        match message[0] & 0xF0:
            case kind if kind == NOTE_OFF or (kind == NOTE_ON and not second):
                channel.sounding.pop(first, None)
            case kind if kind == NOTE_ON:
                channel.sounding[first] = second
            case kind if kind == PROGRAM:
                channel.program = (first, channel.bank)
            case kind if kind == BEND:
                channel.bend = (first, second)
            case kind if kind == CONTROL:
                _control(channel, first, second)
            case _:
                pass

    def ends(self) -> Iterator[bytes]:
        """The ends of all notes that sound."""
        for number, channel in self.channels.items():
            for pitch in sorted(channel.sounding):
                yield bytes((NOTE_OFF | number, pitch, 0))

    def settings(self) -> Iterator[bytes]:
        """What sets whoever comes later as the others are: silent, with the same sounds and controllers."""
        for number, channel in self.channels.items():
            yield from hush(number)
            controls = {key: value for key, value in channel.controls.items() if key not in {RESET, *SILENCING}}
            if channel.program is not None:
                program, bank = channel.program
                if bank is not None:
                    yield bytes((CONTROL | number, BANK, bank >> 7))
                    yield bytes((CONTROL | number, BANK_LOW, bank & 0x7F))
                yield bytes((PROGRAM | number, program))
            for key, value in controls.items():
                yield bytes((CONTROL | number, key, value))
            if channel.bend is not None:
                yield bytes((BEND | number, *channel.bend))


def _control(channel: ChannelMemory, number: int, value: int) -> None:
    channel.controls[number] = value
    if number == RESET or number in SILENCING:
        channel.counts[number] = channel.counts.get(number, 0) + 1
    if number in SILENCING:
        channel.sounding.clear()
    if number == RESET:
        channel.controls = {key: held for key, held in channel.controls.items() if key in UNTOUCHED}
        channel.bend = None
