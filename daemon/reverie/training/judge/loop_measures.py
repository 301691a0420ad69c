"""What a loop is like, in figures that listeners would notice: one of a loop, or one of each note.

Pitch-class entropy and the share in key are those of MusPy (H.-W. Dong and others, ISMIR 2020), which calls the latter
scale consistency. Syncopation is that of H. C. Longuet-Higgins and C. S. Lee, "The rhythmic interpretation of
monophonic music", Music Perception 1(4), 1984, in the form of W. T. Fitch and A. J. Rosenfeld (2007): of drums, that of
bass and snare drum together, since hi-hats fill the steps between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np

from reverie.models.encodings import melody_notes
from reverie.models.encodings.melody_notes import KEYS_WITH
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.training.bar_likeness import bar_likeness

LAGS = (1, 2, 4, 8)
"""Bars after which a passage is compared with itself."""
LONG_BARS = 16
"""Bars of the passages whose likeness to themselves is measured."""
_BACKBONE = frozenset((DRUMS["bass"], DRUMS["snare"]))

Loop = TypeVar("Loop")


@dataclass(frozen=True, slots=True)
class JudgedLoop:
    """A few bars: its events, and by step the pitches that begin."""

    metre: Metre
    events: tuple[Any, ...]
    struck: tuple[frozenset[int], ...]

    @property
    def bars(self) -> int:
        """How many bars it has."""
        return len(self.events) // self.metre.bar_steps


@dataclass(frozen=True, slots=True)
class LoopMeasure(Generic[Loop]):
    """A figure of loops, or of their notes: what it is called, its unit, and whether it needs long ones."""

    title: str
    unit: str
    of: Callable[[Loop], Sequence[float]]
    long: bool = False


def density(loop: JudgedLoop) -> Sequence[float]:
    """Notes a bar; of drums, strokes."""
    return (sum(map(len, loop.struck)) / loop.bars,)


def syncopation(loop: JudgedLoop) -> Sequence[float]:
    """Longuet-Higgins and Lee's syncopation a bar: for each note, how much heavier a place it leaves unstruck."""
    return (_syncopation(loop.metre, [bool(one) for one in loop.struck]) / loop.bars,)


def backbone_syncopation(loop: JudgedLoop) -> Sequence[float]:
    """The same of bass and snare drum."""
    return (_syncopation(loop.metre, [bool(one & _BACKBONE) for one in loop.struck]) / loop.bars,)


def is_odd(metre: Metre) -> bool:
    """Whether a bar cannot be halved down to its sixteenths, as those of 4/4 and 2/4 can."""
    return metre.bar_steps & (metre.bar_steps - 1) != 0


@lru_cache(maxsize=64)
def metric_weights(metre: Metre) -> tuple[int, ...]:
    """By step, how heavy its place is: 0 on the bar line, and 1 less at each finer level of the metre."""
    steps = range(metre.bar_steps)
    levels = (
        {0},
        {tick // TICKS_PER_STEP for tick in metre.strong},
        {tick // TICKS_PER_STEP for tick in metre.beats},
        set(steps[::2]),
        set(steps),
    )
    weights = dict[int, int]()
    depth = 0
    for level in levels:
        new = level - set(weights)
        weights |= dict.fromkeys(new, -depth)
        depth += bool(new)
    return tuple(weights[step] for step in steps)


def _syncopation(metre: Metre, onsets: Sequence[bool]) -> int:
    weights = metric_weights(metre)
    places = [step for step, struck in enumerate(onsets) if struck]
    total = 0
    for place, following in pairwise((*places, len(onsets))):
        unstruck = [weights[step % len(weights)] for step in range(place + 1, following)]
        total += max(0, max(unstruck, default=-len(weights)) - weights[place % len(weights)])
    return total


def kicks_on_groups(loop: JudgedLoop) -> Sequence[float]:
    """The share of bass-drum strokes that fall where a group of the metre begins: on 1, 3 and 5 of 2+2+3 eighths."""
    places = {tick // TICKS_PER_STEP for tick in loop.metre.strong}
    return _share_on(loop, places, [DRUMS["bass"] in one for one in loop.struck])


def notes_on_beats(loop: JudgedLoop) -> Sequence[float]:
    """The share of a melody's notes that begin on a beat."""
    places = {tick // TICKS_PER_STEP for tick in loop.metre.beats}
    return _share_on(loop, places, [bool(one) for one in loop.struck])


def _share_on(loop: JudgedLoop, places: set[int], struck: Sequence[bool]) -> Sequence[float]:
    own = [step % loop.metre.bar_steps in places for step, one in enumerate(struck) if one]
    return (sum(own) / len(own),) if own else ()


def class_entropy(loop: JudgedLoop) -> Sequence[float]:
    """Entropy, in bits, of a melody's pitch classes; nothing of a silent loop."""
    return _entropy([pitch % OCTAVE for one in loop.struck for pitch in one])


def drum_entropy(loop: JudgedLoop) -> Sequence[float]:
    """Entropy, in bits, of which of the nine drums are struck."""
    return _entropy([pitch for one in loop.struck for pitch in one])


def _entropy(values: Sequence[int]) -> Sequence[float]:
    if not values:
        return ()
    shares = np.unique(values, return_counts=True)[1] / len(values)
    return (float(-(shares * np.log2(shares)).sum()) + 0.0,)


def intervals(loop: JudgedLoop) -> Sequence[float]:
    """Semitones from each note of a melody to the next, up or down."""
    line = _line(loop)
    return [abs(after - before) for before, after in pairwise(line)]


def repeated_notes(loop: JudgedLoop) -> Sequence[float]:
    """The share of a melody's notes that have the pitch of the note before."""
    steps = intervals(loop)
    return (sum(step == 0 for step in steps) / len(steps),) if steps else ()


def repeated_strokes(loop: JudgedLoop) -> Sequence[float]:
    """The share of struck steps that strike the same drums as the struck step before."""
    struck = [one for one in loop.struck if one]
    pairs = list(pairwise(struck))
    return (sum(before == after for before, after in pairs) / len(pairs),) if pairs else ()


def note_lengths(loop: JudgedLoop) -> Sequence[float]:
    """How long each note of a melody lasts, in sixteenths."""
    return [note.length for note in melody_notes.notes_of(loop.events)]


def stroke_distances(loop: JudgedLoop) -> Sequence[float]:
    """From each struck step to the next, in sixteenths: drums have no length."""
    return np.diff([step for step, one in enumerate(loop.struck) if one]).tolist()


def share_in_key(loop: JudgedLoop) -> Sequence[float]:
    """The share of a melody's notes in the major key that has most of them, whichever it is."""
    line = _line(loop)
    if not line:
        return ()
    fits = [0] * OCTAVE
    for pitch in line:
        for key in KEYS_WITH[pitch % OCTAVE]:
            fits[key] += 1
    return (max(fits) / len(line),)


def likeness(lag: int) -> Callable[[JudgedLoop], Sequence[float]]:
    """How like its bars are to those ``lag`` bars before: notes in both by notes in either, by place and pitch."""

    def of(loop: JudgedLoop) -> Sequence[float]:
        found = bar_likeness(loop.struck, loop.metre.bar_steps, lag)
        return () if found is None else (found,)

    return of


def _line(loop: JudgedLoop) -> list[int]:
    return [pitch for one in loop.struck for pitch in one]


_LIKENESS = {
    f"likeness_{lag}": LoopMeasure(
        f"likeness to itself {lag} bar{'s'[: lag > 1]} before", "share", likeness(lag), long=True
    )
    for lag in LAGS
}

DRUM_MEASURES: Mapping[str, LoopMeasure[JudgedLoop]] = {
    "density": LoopMeasure("onset density", "strokes a bar", density),
    "syncopation": LoopMeasure("syncopation of bass and snare drum", "weight a bar", backbone_syncopation),
    "kicks_on_groups": LoopMeasure("bass drum where groups begin, over 16 bars", "share", kicks_on_groups, long=True),
    "drum_entropy": LoopMeasure("entropy of drums", "bits", drum_entropy),
    "stroke_distances": LoopMeasure("distance of strokes", "sixteenths", stroke_distances),
    "repeated_strokes": LoopMeasure("repeated strokes", "share", repeated_strokes),
    **_LIKENESS,
}
ODD_DRUM_MEASURES: Mapping[str, LoopMeasure[JudgedLoop]] = {
    "loop_kicks_on_groups": LoopMeasure("bass drum where groups begin", "share", kicks_on_groups),
    **DRUM_MEASURES,
}
"""Of drums in an odd metre. Hardly anybody has recorded 16 bars of it, so the bass drum is looked at in loops, too."""
MELODY_MEASURES: Mapping[str, LoopMeasure[JudgedLoop]] = {
    "density": LoopMeasure("onset density", "notes a bar", density),
    "syncopation": LoopMeasure("syncopation", "weight a bar", syncopation),
    "notes_on_beats": LoopMeasure("notes on beats, over 16 bars", "share", notes_on_beats, long=True),
    "class_entropy": LoopMeasure("pitch-class entropy", "bits", class_entropy),
    "intervals": LoopMeasure("intervals", "semitones", intervals),
    "note_lengths": LoopMeasure("note length", "sixteenths", note_lengths),
    "share_in_key": LoopMeasure("share in key", "share", share_in_key),
    "repeated_notes": LoopMeasure("repeated notes", "share", repeated_notes),
    **_LIKENESS,
}
