"""Chords of a section of harmony as events: transposed, ended with a cadence, and joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reverie.compose.key_tour import dominant_symbol, pivot_symbol
from reverie.music.chord_symbols import parse_chord
from reverie.music.harmony import OCTAVE, Key, pitch_class_name
from reverie.music.time import TICKS_PER_QUARTER

_SYMBOL = re.compile(r"([A-G][#b♯♭]*)(.*?)(?:/([A-G][#b♯♭]*))?")


@dataclass(frozen=True, slots=True)
class ChordEvent:
    """A chord of a section, from ``start`` on: ticks from the section's beginning."""

    start: int
    symbol: str
    key: Key


def transposed(symbol: str, semitones: int, key: Key) -> str:
    """A chord symbol so many semitones higher, spelt as in ``key``."""
    match = _SYMBOL.fullmatch(symbol)
    if not semitones % OCTAVE or match is None:
        return symbol
    root, bass = (parse_chord(name).root if name else None for name in match.group(1, 3))
    higher = "" if bass is None else f"/{pitch_class_name((bass + semitones) % OCTAVE, key)}"
    return pitch_class_name(((root or 0) + semitones) % OCTAVE, key) + match[2] + higher


def joined(events: Iterable[ChordEvent]) -> list[ChordEvent]:
    """Without those that only say the chord before once more, and those that another takes the place of at once."""
    kept: list[ChordEvent] = []
    for event in events:
        if kept and kept[-1].start == event.start:
            kept.pop()
        if not kept or (event.symbol, event.key) != (kept[-1].symbol, kept[-1].key):
            kept.append(event)
    return kept


def ended(events: Sequence[ChordEvent], length: int, bar_ticks: int, after: Key, *, cadence: bool) -> list[ChordEvent]:
    """A section of ``length`` ticks with the end that leads on to key ``after``.

    Where that is another key, the last chord gives way to one that both keys have and the new key's dominant. Where it
    is the same and there is to be a ``cadence``, the key's own dominant takes the second half of the last chord. No
    more than half of a section is an end.
    """
    key = events[-1].key
    start = max(events[-1].start, _whole(length / 2, bar_ticks))
    middle = start + _whole((length - start) / 2, bar_ticks)
    kept = [event for event in events if event.start < start or event.start == 0]
    pivot = pivot_symbol(key, after) if after != key else None
    if after != key:
        ending = [ChordEvent(start, pivot, key)] if pivot else []
        return [*kept, *ending, ChordEvent(middle, dominant_symbol(after), after)]
    dominant = ChordEvent(middle, dominant_symbol(key), key)
    if not cadence or parse_chord(events[-1].symbol).root == parse_chord(dominant.symbol).root:
        return [*events]
    return [*events, dominant]


def _whole(ticks: float, bar_ticks: int) -> int:
    """So many ticks, rounded up to a bar line, or within a bar to a quarter or an eighth."""
    for unit in (bar_ticks, TICKS_PER_QUARTER, TICKS_PER_QUARTER // 2):
        if ticks >= unit:
            return -int(-ticks // unit) * unit
    return int(ticks)
