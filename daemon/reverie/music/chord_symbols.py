"""Chord symbols such as ``Am7``, ``F#7(b9)`` or ``C6/9/G``, read as note_seq's ``chord_symbols_lib`` reads them.

A symbol is a root, a kind, any number of changes to scale degrees, and perhaps a bass after a slash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from reverie.music.harmony import OCTAVE, SCALES

NO_CHORD = "N.C."

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

_KINDS: Mapping[str, tuple[str, ...]] = {
    "1 3 5": ("", "maj", "M"),
    "1 b3 5": ("m", "min", "-"),
    "1 3 #5": ("+", "aug"),
    "1 b3 b5": ("o", "dim"),
    "1 3 5 6": ("6",),
    "1 b3 5 6": ("m6", "min6", "-6"),
    "1 3 5 6 9": ("6/9",),
    "1 3 5 b7": ("7",),
    "1 3 5 7": ("maj7", "M7"),
    "1 b3 5 b7": ("m7", "min7", "-7"),
    "1 b3 5 7": tuple(minor + seventh for minor in ("m", "min", "-") for seventh in ("maj7", "M7", "(maj7)", "(M7)")),
    "1 3 #5 b7": ("+7", "aug7"),
    "1 b3 b5 bb7": ("o7", "dim7"),
    "1 b3 b5 b7": ("m7b5", "-7b5", "/o", "/o7"),
    "1 3 5 b7 9": ("9",),
    "1 3 5 7 9": ("maj9", "M9"),
    "1 b3 5 b7 9": ("m9", "min9", "-9"),
    "1 3 #5 b7 9": ("+9", "aug9"),
    "1 3 5 b7 9 11": ("11",),
    "1 3 5 7 9 11": ("maj11", "M11"),
    "1 b3 5 b7 9 11": ("m11", "min11", "-11"),
    "1 3 5 b7 9 11 13": ("13",),
    "1 3 5 7 9 11 13": ("maj13", "M13"),
    "1 b3 5 b7 9 11 13": ("m13", "min13", "-13"),
    "1 2 5": ("sus2",),
    "1 4 5": ("sus", "sus4"),
    "1 4 5 b7": ("sus7", "7sus"),
    "1 5": ("5",),
    "1": ("ped",),
}
"""Scale degrees above the root, and how their chord is spelt."""


def _altered(accidentals: str) -> int:
    return accidentals.count("#") - accidentals.count("b")


def _degrees(text: str) -> dict[int, int]:
    """For each degree of a kind, by how many semitones it differs from the major scale."""
    return {int(degree.lstrip("#b")): _altered(degree) for degree in text.split()}


KINDS: Mapping[str, Mapping[int, int]] = {
    spelling: _degrees(text) for text, spellings in _KINDS.items() for spelling in spellings
}
"""The kinds by their spelling; for each degree, by how many semitones it differs from the major scale."""

_PITCH_CLASS = r"[A-G](?:#*|b*)(?![#b])"
_CHANGE = r"\(?(add#|addb|add|no|#|b)([0-9]+)\)?"
_SYMBOL = re.compile(
    rf"(?P<root>{_PITCH_CLASS})"
    rf"(?P<kind>{'|'.join(re.escape(kind) for kind in sorted(KINDS, key=len, reverse=True))})"
    rf"(?P<changes>(?:{_CHANGE})*)"
    rf"(?:/(?P<bass>{_PITCH_CLASS}))?"
)


class Triad(IntEnum):
    """What the root, third and fifth of a chord make."""

    MAJOR = 0
    MINOR = 1
    AUGMENTED = 2
    DIMINISHED = 3


_TRIADS = {
    (0, 0, 0): Triad.MAJOR,
    (0, -1, 0): Triad.MINOR,
    (0, 0, 1): Triad.AUGMENTED,
    (0, -1, -1): Triad.DIMINISHED,
}


class Chord(NamedTuple):
    """A chord's pitch classes, 0 being C; ``triad`` is None where it is none of the four, as in a suspended chord."""

    root: int
    pitch_classes: frozenset[int]
    bass: int
    triad: Triad | None


@lru_cache(maxsize=1024)
def parse_chord(symbol: str) -> Chord:
    """Read a chord symbol.

    Raises:
        ValueError: if it is no symbol that is known here, or takes away or adds a degree twice.
    """
    match = _SYMBOL.fullmatch(symbol)
    if not match:
        raise ValueError(f"{symbol!r} is no chord symbol, such as C, Am7, F#7(b9) or Bb/D; no chord is {NO_CHORD}")
    root = _pitch_class(match["root"])
    degrees = dict(KINDS[match["kind"]])
    for change, degree in re.findall(_CHANGE, match["changes"]):
        _change(degrees, change, int(degree), symbol)
    scale = SCALES["major"]
    return Chord(
        root,
        frozenset((root + scale[(degree - 1) % len(scale)] + altered) % OCTAVE for degree, altered in degrees.items()),
        _pitch_class(match["bass"]) if match["bass"] else root,
        _TRIADS.get((degrees[1], degrees[3], degrees[5])) if {1, 3, 5} <= degrees.keys() else None,
    )


def _pitch_class(name: str) -> int:
    return (_LETTERS[name[0]] + _altered(name[1:])) % OCTAVE


def _change(degrees: dict[int, int], change: str, degree: int, symbol: str) -> None:
    seventh = 7
    if change == "no":
        if degree not in degrees:
            raise ValueError(f"{symbol} leaves out degree {degree}, which it does not have")
        del degrees[degree]
    elif change.startswith("add"):
        if degree in degrees:
            raise ValueError(f"{symbol} adds degree {degree}, which it has already")
        # The seventh that is added without a word is the minor one.
        degrees[degree] = _altered(change.removeprefix("add")) - (degree == seventh)
    else:
        degrees[degree] = degrees.get(degree, 0) + _altered(change)
