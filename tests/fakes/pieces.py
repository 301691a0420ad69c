"""Music that is made by hand to be measured: notes by their place in quarters."""

from __future__ import annotations

import random
from collections.abc import Iterable

from reverie.measure.piece import MeasuredVoice, Piece, Role, SoundedChord, SoundedNote, bars_of, placed
from reverie.music.time import TICKS_PER_QUARTER, Metre

FOUR = Metre(4, 4)

Hand = tuple[float, float, int] | tuple[float, float, int, int]
"""Beginning and length in quarters, pitch, and if it matters velocity."""


def by_hand(notes: Iterable[Hand]) -> list[SoundedNote]:
    return [
        SoundedNote(
            round(start * TICKS_PER_QUARTER), round((start + length) * TICKS_PER_QUARTER), pitch, *(velocity or [100])
        )
        for start, length, pitch, *velocity in notes
    ]


def piece(
    bars: int, metre: Metre = FOUR, chords: Iterable[SoundedChord] = (), **voices: tuple[Role, Iterable[Hand]]
) -> Piece:
    lines = bars_of(metre, bars)
    made = (MeasuredVoice(name, role, placed(by_hand(notes), lines)) for name, (role, notes) in voices.items())
    return Piece("by hand", lines, tuple(made), tuple(chords))


def chord(bar: int, bars: int, symbol: str, root: int, *steps: int) -> SoundedChord:
    """A chord over whole bars of four quarters."""
    ticks = FOUR.bar_ticks
    tones = frozenset((root + step) % 12 for step in (0, *steps))
    return SoundedChord(bar * ticks, (bar + bars) * ticks, symbol, root, root, tones)


def roots(bars: int, seed: int = 1) -> list[int]:
    """A root for each bar, by chance, so that no move by whole bars meets the same ones again."""
    dice = random.Random(seed)
    return [dice.randrange(12) for _ in range(bars)]
