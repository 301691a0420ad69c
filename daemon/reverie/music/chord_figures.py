"""How a chord is played: held as a pad, struck to a rhythm, or broken up; a value, and the notes that come of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.music.voicing import Voicing

ChordStyle = Literal["pad", "rhythm", "arpeggio", "broken"]
Doubling = Literal["bass", "top"]
PadStrike = Literal["changed", "all"]
ORDERS = ("up", "down", "updown", "random")
"""The ways through a chord that have a name."""
HIT, REST = "x", "."
_TOP_LOUDER = 0.15


@dataclass(frozen=True, slots=True)
class ChordFigure:
    """How chords are played.

    ``rhythm`` is a pattern of x (struck) and ., one a sixteenth, over and over; without one, or where none of its
    strokes falls into the loop, an arpeggio has a note ``every`` so many sixteenths, and the others one on each beat.
    ``order`` is an arpeggio's way through the chord: a name of :data:`ORDERS`, or numbers of the notes from the lowest,
    1, with . for a rest. ``gate`` is the share of the time up to the next stroke for which one sounds. ``density`` is
    the share of all strokes that are played, the weightiest first. Where a pad goes over to another chord, it strikes
    the notes that have ``changed``, or ``all``.
    """

    style: ChordStyle = "pad"
    rhythm: str = ""
    order: str = "up"
    every: int = 2
    gate: float = 1.0
    double: tuple[Doubling, ...] = ()
    density: float = 1.0
    strike: PadStrike = "changed"


@dataclass(frozen=True, slots=True)
class SoundingChord:
    """A voicing from one tick of a loop up to another, and the pitch class of its bass.

    It is a ``change``, or goes on from what sounds before it.
    """

    start: int
    end: int
    voicing: Voicing
    bass: int
    change: bool = True


@dataclass(frozen=True, slots=True)
class Loudness:
    """The softest and the loudest velocity."""

    low: int
    high: int

    def of(self, weight: float, *, top: bool) -> int:
        """The velocity of a note by the weight of its place, 0 to 1; what is at the top of its chord is louder."""
        share = min(0.85 * weight + _TOP_LOUDER * top, 1.0)
        return round(self.low + (self.high - self.low) * share)


def played(
    chords: Sequence[SoundingChord],
    figure: ChordFigure,
    metre: Metre,
    loudness: Loudness,
    *,
    onsets: Sequence[int] | None = None,
    seed: int = 0,
) -> list[Note]:
    """The notes of a loop.

    Args:
        chords: one after the other, from the loop's first tick to its last.
        figure: how they are played.
        metre: of the loop.
        loudness: how loud.
        onsets: the ticks at which another voice strikes, in place of a rhythm of the figure's own.
        seed: decides what is left to chance.
    """
    sounding = [replace(chord, voicing=_doubled(chord, figure.double)) for chord in chords]
    if figure.style == "pad":
        return list(_held(sounding, metre, loudness, figure.strike))
    chance = random.Random(f"figure {seed}")
    strokes = _thinned(_strokes(chords[-1].end, figure, metre, onsets), figure.density, metre, chance)
    notes: list[Note] = []
    for chord in sounding:
        bounds = pairwise([*strokes, chords[-1].end])
        inside = [(at, min(end, chord.end)) for at, end in bounds if chord.start <= at < chord.end]
        for (start, end), pitches in zip(inside, _figured(chord, inside, figure, metre, chance), strict=True):
            length = max(round((end - start) * figure.gate), 1)
            weight = metre.accent(start)
            top = chord.voicing[-1]
            notes += [Note(start, length, pitch, loudness.of(weight, top=pitch == top)) for pitch in pitches]
    return notes


def _held(chords: Sequence[SoundingChord], metre: Metre, loudness: Loudness, strike: PadStrike) -> Iterator[Note]:
    """Every note in each of its bars, tied to what sounds before it: so what is common is struck once.

    A player that begins in the midst of it has all of it from the next bar line on.
    """
    for chord in chords:
        lines = [line for line in range(0, chord.end, metre.bar_ticks) if line > chord.start]
        for start, end in pairwise([chord.start, *lines, chord.end]):
            for pitch in chord.voicing:
                velocity = loudness.of(0.6, top=pitch == chord.voicing[-1])
                anew = strike == "all" and chord.change and start == chord.start
                yield Note(start, end - start, pitch, velocity, tied=not anew)


def _doubled(chord: SoundingChord, double: Sequence[Doubling]) -> Voicing:
    """A voicing with its bass below it, and its highest note an octave higher."""
    lowest, highest = chord.voicing[0], chord.voicing[-1]
    more: list[int] = []
    if "bass" in double:
        more.append(lowest - ((lowest - chord.bass) % OCTAVE or OCTAVE))
    if "top" in double:
        more.append(highest + OCTAVE)
    return tuple(sorted({*chord.voicing, *(pitch for pitch in more if 0 <= pitch <= MAX_MIDI)}))


def _strokes(ticks: int, figure: ChordFigure, metre: Metre, onsets: Sequence[int] | None) -> list[int]:
    """When something is struck, before it is thinned out."""
    if onsets is not None:
        return sorted({at for at in onsets if 0 <= at < ticks})
    steps = range(ticks // TICKS_PER_STEP if figure.rhythm else 0)
    written = [step * TICKS_PER_STEP for step in steps if figure.rhythm[step % len(figure.rhythm)] == HIT]
    lines = range(0, ticks, metre.bar_ticks)
    return written or [line + place for line in lines for place in _places(figure, metre) if line + place < ticks]


def _places(figure: ChordFigure, metre: Metre) -> Sequence[int]:
    """Where in a bar something is struck, if no rhythm says so."""
    match figure.style:
        case "arpeggio":
            return range(0, metre.bar_ticks, figure.every * TICKS_PER_STEP)
        case "broken":  # so many places that there is one for the rest between two basses
            units = range(0, metre.bar_ticks, metre.unit_ticks)
            return units if len(units) > len(metre.strong) else range(0, metre.bar_ticks, metre.unit_ticks // 2)
        case _:
            return metre.beats


def _thinned(strokes: Sequence[int], share: float, metre: Metre, chance: random.Random) -> list[int]:
    """A share of the strokes of each bar, the weightiest and never none; chance decides between equals."""
    bars: dict[int, list[tuple[float, float, int]]] = {}
    for at in strokes:
        bars.setdefault(at // metre.bar_ticks, []).append((-metre.accent(at), chance.random(), at))
    kept = [row for bar in bars.values() for row in sorted(bar)[: max(round(share * len(bar)), 1)]]
    return sorted(at for _, _, at in kept)


def _figured(
    chord: SoundingChord,
    strokes: Sequence[tuple[int, int]],
    figure: ChordFigure,
    metre: Metre,
    chance: random.Random,
) -> Iterator[Voicing]:
    """What of a chord is struck at each of its strokes."""
    match figure.style:
        case "arpeggio":
            yield from _arpeggio(chord.voicing, len(strokes), figure.order, chance)
        case "broken":
            for number, (at, _) in enumerate(strokes):
                is_bass = number == 0 or at % metre.bar_ticks in metre.strong
                yield chord.voicing[:1] if is_bass else chord.voicing[1:]
        case _:
            for _ in strokes:
                yield chord.voicing


def _arpeggio(voicing: Voicing, count: int, order: str, chance: random.Random) -> Iterator[Voicing]:
    """One note after the other, from the beginning of the order."""
    size = len(voicing)
    up = list(range(size))
    match order:
        case "up":
            way: list[int | None] = [*up]
        case "down":
            way = [*reversed(up)]
        case "updown":
            way = [*up, *reversed(up[1:-1])]
        case "random":
            way = []
        case _:
            way = [None if word == REST else int(word) - 1 for word in order.split()]
    last = -1
    for number in range(count):
        if way:
            place = way[number % len(way)]
        else:
            others = [one for one in up if one != last or size == 1]
            last = place = others[int(chance.random() * len(others))]
        if place is None:
            yield ()
        else:
            lowest = voicing[place % size]
            yield (lowest + OCTAVE * min(place // size, (MAX_MIDI - lowest) // OCTAVE),)
