"""The chords that a model is told, which composes over them: the harmony in Magenta's own symbols.

Chords of scenes may have a spelling, or a kind, that no such model has learned. It is then told the nearest that it
has: a chord without a third gets the one of its scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from reverie.models.configs import ChordAlphabetName
from reverie.music.chord_symbols import KINDS, magenta_knows, parse_chord
from reverie.music.harmony import SCALES, BarHarmony, ChordSpan, Key
from reverie.music.time import TICKS_PER_STEP, Metre

_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_TRIADS = ("", "m", "+", "dim")
_MAJOR_THIRD = 4


class ToldChord(NamedTuple):
    """A chord symbol, and over how many sixteenths it lies."""

    symbol: str
    steps: int


def tonic_chord(key: Key) -> str:
    """The symbol of a key's first chord: a model that wants chords is told it where a voice has no harmony."""
    return _ROOTS[key.tonic] + ("" if _MAJOR_THIRD in SCALES[key.scale] else "m")


def told_harmony(harmony: Iterable[BarHarmony], metre: Metre, alphabet: ChordAlphabetName) -> tuple[ToldChord, ...]:
    """Bars of harmony as a model is told them. A chord that begins within a sixteenth begins with the next one."""
    return joined(
        ToldChord(told_symbol(bar.at(step * TICKS_PER_STEP), alphabet), 1)
        for bar in harmony
        for step in range(metre.bar_steps)
    )


def joined(chords: Iterable[ToldChord]) -> tuple[ToldChord, ...]:
    """The same, with equal neighbours as one, and none that has no length."""
    runs: list[ToldChord] = []
    for chord in chords:
        if runs and runs[-1].symbol == chord.symbol:
            runs[-1] = ToldChord(chord.symbol, runs[-1].steps + chord.steps)
        elif chord.steps:
            runs.append(chord)
    return tuple(runs)


def by_step(chords: Iterable[ToldChord]) -> list[str]:
    """The symbol at each sixteenth."""
    return [chord.symbol for chord in chords for _ in range(chord.steps)]


def part(chords: Sequence[ToldChord], first: int, end: int) -> tuple[ToldChord, ...]:
    """The sixteenths ``first`` to ``end`` (not included) of chords."""
    return joined(ToldChord(symbol, 1) for symbol in by_step(chords)[first:end])


@lru_cache(maxsize=1024)
def told_symbol(chord: ChordSpan, alphabet: ChordAlphabetName) -> str:
    """The symbol by which a model knows a chord best.

    One that knows only triads is told the root and which of the four is nearest.
    """
    if alphabet == "triads":
        return _ROOTS[chord.root] + min(_TRIADS, key=lambda kind: _far(chord, kind))
    if magenta_knows(chord.symbol):
        return chord.symbol
    symbol = _ROOTS[chord.root] + min(KINDS, key=lambda kind: _far(chord, kind))
    return symbol if chord.bass == chord.root else f"{symbol}/{_ROOTS[chord.bass]}"


def _far(chord: ChordSpan, kind: str) -> tuple[int, int]:
    """How many notes a kind of chord on its root has too many or too few; those off its scale count three times."""
    tones = parse_chord(_ROOTS[chord.root] + kind).pitch_classes
    missing, added = len({*chord.tones} - tones), len(tones - {*chord.tones})
    return missing + added + 2 * len(tones - {*chord.scale}), len(tones)
