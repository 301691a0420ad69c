"""The bytes of MIDI messages that several parts speak of (MIDI 1.0 Detailed Specification 4.2.1, tables 1 to 3)."""

from __future__ import annotations

CHANNELS = 16
PITCHES = 128
LOUDEST = 127

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
"""Status bytes, to which the channel from 0 is added."""
BANK, BANK_LOW = 0, 32
EXPRESSION, SUSTAIN, REVERB_SEND, ALL_SOUND_OFF, ALL_NOTES_OFF = 11, 64, 91, 120, 123
"""Controllers."""


def hush(channel: int) -> tuple[bytes, ...]:
    """What silences a channel (0 to 15) whatever sounds on it: pedal up, all notes off, all sound off."""
    return tuple(bytes((CONTROL | channel, control, 0)) for control in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF))
