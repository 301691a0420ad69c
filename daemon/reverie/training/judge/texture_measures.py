"""What a texture is like, in figures: one of a loop, or one of each note.

Pitch-class entropy, polyphony (notes at once, where any sound) and the share in key are those of MusPy (H.-W. Dong and
others, ISMIR 2020). The top voice is what begins highest: the skyline of A. L. Uitdenbogerd and J. Zobel, "Manipulation
of music for melody matching", ACM Multimedia 1998.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from reverie.models.configs import Family
from reverie.models.encodings.melody_notes import KEYS_WITH
from reverie.music.harmony import OCTAVE
from reverie.music.time import STEPS_PER_QUARTER
from reverie.training.judge.loop_measures import LoopMeasure
from reverie.training.judge.textures import Texture

LONG_TEXTURE = 8
"""Bars of the textures whose likeness to themselves is measured."""
_LAGS = (1, 2, 4)

Measure = Callable[[Texture], Sequence[float]]


def _density(loop: Texture) -> Sequence[float]:
    return (len(loop.notes) / loop.bars,)


def _at_once(loop: Texture) -> Sequence[float]:
    """How many notes sound when one begins, at each such moment."""
    changes: defaultdict[int, int] = defaultdict(int)
    for note in loop.notes:
        changes[note.start] += 1
        changes[note.end] -= 1
    begun = {note.start for note in loop.notes}
    found, sounding = list[float](), 0
    for step in sorted(changes):
        sounding += changes[step]
        if step in begun:
            found.append(sounding)
    return found


def _entropy(loop: Texture) -> Sequence[float]:
    if not loop.notes:
        return ()
    shares = np.array(list(Counter(note.pitch % OCTAVE for note in loop.notes).values())) / len(loop.notes)
    return (float(-(shares * np.log2(shares)).sum()) + 0.0,)


def top_voice(loop: Texture) -> list[int]:
    """The highest pitch that begins at each moment at which any does."""
    highest: dict[int, int] = {}
    for note in loop.notes:
        highest[note.start] = max(note.pitch, highest.get(note.start, 0))
    return [highest[step] for step in sorted(highest)]


def _intervals(loop: Texture) -> Sequence[float]:
    return [abs(after - before) for before, after in pairwise(top_voice(loop))]


def _repeated(loop: Texture) -> Sequence[float]:
    steps = _intervals(loop)
    return (sum(step == 0 for step in steps) / len(steps),) if steps else ()


def _lengths(loop: Texture) -> Sequence[float]:
    return [note.length for note in loop.notes]


def _velocities(loop: Texture) -> Sequence[float]:
    return [note.velocity for note in loop.notes]


def _velocity_spread(loop: Texture) -> Sequence[float]:
    return (float(np.std([note.velocity for note in loop.notes])),) if loop.notes else ()


def _in_key(loop: Texture) -> Sequence[float]:
    """The share of notes in the major key that has most of them, whichever it is."""
    if not loop.notes:
        return ()
    fits = [0] * OCTAVE
    for note in loop.notes:
        for key in KEYS_WITH[note.pitch % OCTAVE]:
            fits[key] += 1
    return (max(fits) / len(loop.notes),)


def _in_chord(loop: Texture) -> Sequence[float]:
    """The share of notes that begin under a chord and are of its pitch classes."""
    told = [(note, loop.chords[note.start]) for note in loop.notes if loop.chords[note.start]]
    return (sum(note.pitch % OCTAVE in chord for note, chord in told) / len(told),) if told else ()


def _on_beats(loop: Texture) -> Sequence[float]:
    """The share of notes that begin on a quarter."""
    if not loop.notes:
        return ()
    return (sum(note.start % loop.bar % STEPS_PER_QUARTER == 0 for note in loop.notes) / len(loop.notes),)


def _likeness(lag: int) -> Measure:
    """How like its bars are to those ``lag`` bars before: notes in both by notes in either, by place and pitch."""

    def of(loop: Texture) -> Sequence[float]:
        bars: list[set[tuple[int, int]]] = [set() for _ in range(loop.bars)]
        for note in loop.notes:
            bars[note.start // loop.bar].add((note.start % loop.bar, note.pitch))
        found = [len(one & two) / len(one | two) for one, two in zip(bars, bars[lag:], strict=False) if one | two]
        return (float(np.mean(found)),) if found else ()

    return of


def _likeness_of_pitches(lag: int) -> Measure:
    """The same where there are no bars: the cosine of how long each pitch class sounds in two stretches of a bar."""

    def of(loop: Texture) -> Sequence[float]:
        bars = np.zeros((loop.bars, OCTAVE))
        for note in loop.notes:
            bars[note.start // loop.bar, note.pitch % OCTAVE] += note.length
        found = [
            float(one @ two) / math.sqrt(float(one @ one) * float(two @ two))
            for one, two in zip(bars, bars[lag:], strict=False)
            if one.any() and two.any()
        ]
        return (float(np.mean(found)),) if found else ()

    return of


def _bars(count: int) -> str:
    return f"{count} bar{'s'[: count > 1]}"


_ANY: Mapping[str, LoopMeasure[Texture]] = {
    "density": LoopMeasure("onset density", "notes a bar", _density),
    "class_entropy": LoopMeasure("pitch-class entropy", "bits", _entropy),
    "intervals": LoopMeasure("intervals of the top voice", "semitones", _intervals),
    "repeated_notes": LoopMeasure("repeated notes of the top voice", "share", _repeated),
    "share_in_key": LoopMeasure("share in key", "share", _in_key),
}
_GRID: Mapping[str, LoopMeasure[Texture]] = {
    "note_lengths": LoopMeasure("note length", "sixteenths", _lengths),
    "notes_on_beats": LoopMeasure("notes on quarters", "share", _on_beats),
    **{
        f"likeness_{lag}": LoopMeasure(f"likeness to itself {_bars(lag)} before", "share", _likeness(lag), long=True)
        for lag in _LAGS
    },
}
_AT_ONCE: Mapping[str, LoopMeasure[Texture]] = {
    "at_once": LoopMeasure("notes at once", "notes", _at_once),
}
TEXTURE_MEASURES: Mapping[Family, Mapping[str, LoopMeasure[Texture]]] = {
    "improv_rnn": {
        **_ANY,
        **_GRID,
        "share_in_chord": LoopMeasure("share in the sounding chord", "share", _in_chord),
    },
    "polyphony_rnn": {**_ANY, **_AT_ONCE, **_GRID},
    "performance_rnn": {
        **_ANY,
        **_AT_ONCE,
        "note_lengths": LoopMeasure("note length", "hundredths of a second", _lengths),
        "velocity": LoopMeasure("velocity", "of 127", _velocities),
        "velocity_spread": LoopMeasure("spread of velocities", "of 127", _velocity_spread),
        **{
            f"likeness_{lag}": LoopMeasure(
                f"likeness of pitch classes {2 * lag} s before", "cosine", _likeness_of_pitches(lag), long=True
            )
            for lag in _LAGS
        },
    },
}
"""By family. Where nothing else is said, a note of no bar counts bars of two seconds."""
