"""The key in which a loop's harmony is, which C major stands for where a model knows melodies in no other key."""

from __future__ import annotations

from collections.abc import Sequence

from reverie.models.encodings.melody_notes import MAJOR
from reverie.music.harmony import OCTAVE, BarHarmony

_CLEARLY = 0.1
"""By which share of all scale notes another key must have more of them than the scene's own, to be where the music is:
a chord that is borrowed for a bar moves no key, and a fifth away is one note of seven."""

_MAJORS = tuple(frozenset((tonic + degree) % OCTAVE for degree in MAJOR) for tonic in range(OCTAVE))


def local_major(harmony: Sequence[BarHarmony], home: int) -> int:
    """The tonic (0 is C) of the major key with the notes of a harmony's scales: ``home``, unless another is clearly it.

    Of several keys that have as many of the notes, it is the one that is the fewest fifths from ``home``.
    """
    scales = [frozenset(span.scale) for bar in harmony for span in bar.spans]
    if not scales:
        return home % OCTAVE
    shares = [sum(len(scale & key) / len(scale) for scale in scales) / len(scales) for key in _MAJORS]
    best = max(range(OCTAVE), key=lambda key: (round(shares[key], 6), -fifths_apart(key, home), -key))
    return best if shares[best] > shares[home % OCTAVE] + _CLEARLY else home % OCTAVE


def fifths_apart(one: int, other: int) -> int:
    """How far two keys are from each other on the circle of fifths."""
    way = (one - other) * 7 % OCTAVE
    return min(way, OCTAVE - way)
