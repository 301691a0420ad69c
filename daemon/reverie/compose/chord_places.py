"""Where in a loop which chord sounds, and how much weight a place has in the bar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.time import TICKS_PER_QUARTER, Metre

STRONG = 1.0
BEAT, EIGHTH, SIXTEENTH = 0.5, 0.2, 0.1
"""How much a place weighs: the bar line and the beginnings of the metre's groups are strong."""

_SHORT_FIFTHS = (7, 6, 8)
"""What a chord can have for a fifth, in semitones above its root: perfect, diminished, augmented."""

_SMOOTH = frozenset({0, 3, 4, 7, 8, 9})
"""Intervals over a bass in semitones: unison, thirds, fifth and sixths."""


class ChordPlaces:
    """The chords of a loop by tick from its start; the bar after the loop is among them."""

    def __init__(self, harmony: Sequence[BarHarmony], metre: Metre) -> None:
        """Lay the chords of the bars one after the other.

        Raises:
            ValueError: if there is no bar.
        """
        if not harmony:
            raise ValueError("without harmony there is no chord at any place")
        ticks = metre.bar_ticks
        spans = [(bar * ticks + span.start, span) for bar, one in enumerate(harmony) for span in one.spans]
        self._starts = [start for start, _ in spans]
        self._spans = [span for _, span in spans]
        self._changes = [start for start, span in spans if span.change]

    def at(self, tick: int) -> ChordSpan:
        """The chord that sounds at a tick."""
        return self._spans[max(bisect_right(self._starts, tick) - 1, 0)]

    def changes_at(self, tick: int) -> bool:
        """Whether another chord begins at a tick."""
        place = bisect_right(self._changes, tick)
        return place > 0 and self._changes[place - 1] == tick

    def held_against(self, end: int, metre: Metre) -> list[int]:
        """The ticks before ``end`` at which the ear holds what sounds against the chord: strong places and changes."""
        strong = (bar + place for bar in range(0, end, metre.bar_ticks) for place in metre.strong)
        return sorted({*strong, *(tick for tick in self._changes if tick < end)})

    def next_change(self, tick: int) -> int | None:
        """The tick of the next chord that begins after ``tick``, if one is known."""
        place = bisect_right(self._changes, tick)
        return self._changes[place] if place < len(self._changes) else None

    def spans_within(self, start: int, end: int) -> list[tuple[int, ChordSpan]]:
        """The chords that sound from ``start`` up to ``end``, each with the tick from which it does."""
        first, last = max(bisect_right(self._starts, start) - 1, 0), bisect_right(self._starts, end - 1)
        return [
            (max(self._starts[number], start), self._spans[number]) for number in range(first, max(last, first + 1))
        ]


def place_weight(metre: Metre, tick: int) -> float:
    """How much the place at a tick weighs in its bar: ``STRONG``, ``BEAT``, ``EIGHTH`` or ``SIXTEENTH``."""
    return _weight(metre, tick % metre.bar_ticks)


@lru_cache(maxsize=4096)
def _weight(metre: Metre, place: int) -> float:
    if place in metre.strong:
        return STRONG
    if place in metre.beats:
        return BEAT
    return EIGHTH if place % (TICKS_PER_QUARTER // 2) == 0 else SIXTEENTH


def beat_ticks(metre: Metre) -> int:
    """The length of the first beat: what is longer is held."""
    return metre.beats[1] if len(metre.beats) > 1 else metre.bar_ticks


def avoid_notes(chord: ChordSpan) -> frozenset[int]:
    """The pitch classes of the chord's scale that clash with it where they are held: a semitone above a chord tone."""
    return frozenset((tone + 1) % OCTAVE for tone in chord.tones) & frozenset(chord.scale) - frozenset(chord.tones)


def is_rough(pitch: int, bass: int) -> bool:
    """Whether a pitch is rough over a bass: a second, fourth, seventh or tritone above it, in whatever octave."""
    return (pitch - bass) % OCTAVE not in _SMOOTH


@lru_cache(maxsize=OCTAVE)
def rough_over(bass_class: int) -> frozenset[int]:
    """All pitch classes that are rough over one in the bass."""
    return frozenset(one for one in range(OCTAVE) if is_rough(one, bass_class))


def rough_tones(chord: ChordSpan) -> frozenset[int]:
    """The chord's tones that are rough over its bass."""
    return frozenset(tone for tone in chord.tones if is_rough(tone, chord.bass))


def bass_tones(chord: ChordSpan) -> tuple[int, ...]:
    """What tells the ear which chord it is, the best first: the bass that is written, the root, the fifth."""
    fifth = next(
        (tone for above in _SHORT_FIFTHS if (tone := (chord.root + above) % OCTAVE) in chord.tones), chord.root
    )
    return tuple(dict.fromkeys((chord.bass, chord.root, fifth)))
