"""Chord symbols as what a model is conditioned on, or as its alphabet.

Source: ``chords_encoder_decoder`` of note_seq.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reverie.models.encodings.base import Hot
from reverie.music.chord_symbols import NO_CHORD, Triad, parse_chord
from reverie.music.harmony import OCTAVE

_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SUFFIXES = {Triad.MAJOR: "", Triad.MINOR: "m", Triad.AUGMENTED: "aug", Triad.DIMINISHED: "dim"}


class ChordAlphabet:
    """Root and triad, and no chord.

    Equal to note_seq's ``TriadChordOneHotEncoding``; with :data:`MAJOR_MINOR` to its ``MajorMinorChordOneHotEncoding``.

    Args:
        triads: the triads that it has.
    """

    def __init__(self, triads: Sequence[Triad] = tuple(Triad)) -> None:
        self._symbols = (NO_CHORD, *(root + _SUFFIXES[triad] for triad in triads for root in _ROOTS))
        self._offset = {triad: 1 + OCTAVE * number for number, triad in enumerate(triads)}
        self.size = len(self._symbols)
        self.default = NO_CHORD

    def encode(self, event: str) -> int:
        """The class of a chord symbol.

        Raises:
            ValueError: if it is none, or its triad is not in this alphabet.
        """
        if event == NO_CHORD:
            return 0
        chord = parse_chord(event)
        if chord.triad is None or chord.triad not in self._offset:
            known = ", ".join(triad.name.lower() for triad in self._offset)
            raise ValueError(f"this model knows {known} chords, and {event} is none of them; write a simpler chord")
        return self._offset[chord.triad] + chord.root

    def decode(self, index: int) -> str:
        """The symbol that stands for a class."""
        return self._symbols[index]


MAJOR_MINOR = (Triad.MAJOR, Triad.MINOR)


class ChordPitches:
    """No chord, or the pitch classes of root, chord and bass; equal to note_seq's ``PitchChordsEncoderDecoder``."""

    size = 1 + 3 * OCTAVE

    def encode(self, value: str) -> Hot:
        """The vector of a chord symbol.

        Raises:
            ValueError: if it is none.
        """
        return _pitches(value)


@lru_cache(maxsize=1024)
def _pitches(symbol: str) -> Hot:
    if symbol == NO_CHORD:
        return Hot((0,), (1.0,))
    chord = parse_chord(symbol)
    tones = (1 + OCTAVE + pitch_class for pitch_class in sorted(chord.pitch_classes))
    places = (1 + chord.root, *tones, 1 + 2 * OCTAVE + chord.bass)
    return Hot(places, (1.0,) * len(places))
