"""What is sent to those who follow by MIDI clock: 24 ticks a quarter, transport and song position (MIDI 1.0)."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

SONG_POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
PULSE_TICKS = TICKS_PER_QUARTER // 24
POSITIONS = 1 << 14
"""Song positions, in sixteenths, that a message can say; after the last whole bar of them the count begins anew."""


def pulses(first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The clock's messages from tick ``first`` up to and without tick ``end``, each with its tick."""
    message = bytes((PULSE,))
    for tick in range(-(-first // PULSE_TICKS) * PULSE_TICKS, end, PULSE_TICKS):
        yield tick, message


def locate(tick: int, bar_ticks: int) -> Iterator[bytes]:
    """Begin to play at the bar line at ``tick``: from the beginning, or from a song position on."""
    if tick == 0:
        yield bytes((START,))
        return
    steps, bar_steps = tick // TICKS_PER_STEP, bar_ticks // TICKS_PER_STEP
    position = steps % (POSITIONS // bar_steps * bar_steps)
    yield bytes((SONG_POSITION, position & 0x7F, position >> 7))
    yield bytes((CONTINUE,))


def stop() -> bytes:
    """The music stops; the clock goes on."""
    return bytes((STOP,))
