"""How a tune is played: phrases that rise and fall, accents by metre and harmony, and long notes louder.

The mechanisms are those of Friberg, Bresin and Sundberg, "Overview of the KTH rule system for musical performance",
Advances in Cognitive Psychology 2 (2006): phrase arch, high loud, duration contrast, harmonic charge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reverie.compose.deviates import deviate, drift
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, Metre
from reverie.music.touch import Touch

PHRASE_BARS = 4
"""Bars after which a phrase is over, though no rest says so."""
REST = TICKS_PER_QUARTER
"""Ticks without a note after which the next one begins a phrase."""

_METRE, _CHANGE, _TENSION, _LONG = 0.45, 0.2, 0.15, 0.15
_ARCH, _HIGH = 0.35, 0.2
_SPREAD, _MEMORY = 0.12, 0.7
_LATE, _CHANCE = 5.0, 2.0
"""Ticks: of what drifts, and of what is new with each note; half of what drummers have."""


@dataclass(frozen=True, slots=True)
class PhraseNote:
    """How a note is played: its weight, about 0 to 1.2, and how many ticks late."""

    weight: float
    late: float


def phrases(notes: Sequence[Note], metre: Metre) -> list[list[int]]:
    """The phrases of a loop, each by the numbers of its notes; a phrase ends with a rest, or after four bars."""
    found: list[list[int]] = []
    longest, sounded = PHRASE_BARS * metre.bar_ticks, 0
    for number in sorted(range(len(notes)), key=lambda one: notes[one]):
        note = notes[number]
        new = not found or note.start - sounded >= REST or note.start // longest != notes[found[-1][0]].start // longest
        if new:
            found.append([])
        found[-1].append(number)
        sounded = max(sounded, note.end)
    return found


def arch(phrase: Sequence[Note]) -> list[float]:
    """For each note of a phrase, in order, 0 to 1: up to its highest note, the last of these, and down from there."""
    top = max(note.pitch for note in phrase)
    peak = max(note.start for note in phrase if note.pitch == top)
    first, last = phrase[0].start, phrase[-1].start
    return [
        1.0
        if note.start == peak
        else (note.start - first) / (peak - first)
        if note.start < peak
        else (last - note.start) / (last - peak) * 0.8
        for note in phrase
    ]


def played(
    notes: Sequence[Note], metre: Metre, touch: Touch, seed: int, harmony: Sequence[BarHarmony] = ()
) -> list[PhraseNote]:
    """How each of the notes of a pitched voice's loop is played; ``seed`` is the loop's."""
    if not notes:
        return []
    lengths = sorted(note.length for note in notes)
    median = lengths[len(lengths) // 2]
    lowest, highest = min(note.pitch for note in notes), max(note.pitch for note in notes)
    weights = [0.0] * len(notes)
    for phrase in phrases(notes, metre):
        for number, height in zip(phrase, arch([notes[one] for one in phrase]), strict=True):
            high = (notes[number].pitch - lowest) / max(highest - lowest, 1)
            weights[number] += touch.arc * (_ARCH * height + _HIGH * high)
    for number, note in enumerate(notes):
        long = max(-1.0, min(1.0, math.log2(note.length / median)))
        accent = _METRE * metre.accent(note.start) + _LONG * long + _harmonic(note, metre, harmony)
        weights[number] += touch.accent * accent
    starts = sorted({note.start for note in notes})
    wander = dict(zip(starts, drift(len(starts), _MEMORY, "velocity", seed), strict=True))
    lag = dict(zip(starts, drift(len(starts), _MEMORY, "timing", seed), strict=True))
    return [
        PhraseNote(
            weight + touch.humanize * _SPREAD * wander[note.start],
            touch.timing * (_LATE * lag[note.start] + _CHANCE * deviate("timing", seed, note.start, note.pitch)),
        )
        for note, weight in zip(notes, weights, strict=True)
    ]


def _harmonic(note: Note, metre: Metre, harmony: Sequence[BarHarmony]) -> float:
    """What harmony adds: a change of chord is stressed, and so is a note that is foreign to its chord on a beat."""
    bar, tick = divmod(note.start, metre.bar_ticks)
    if bar >= len(harmony):
        return 0.0
    span = harmony[bar].at(tick)
    changes = span.change and span.start == tick
    strains = tick % TICKS_PER_QUARTER == 0 and note.pitch % 12 not in span.tones
    return _CHANGE * changes + _TENSION * strains
