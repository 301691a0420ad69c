"""Chord symbols such as ``Am7``, ``F#7(b9)``, ``Bø7`` or ``C6/9/G``: what sounds, and what may pass over it.

A symbol is a root, a kind, any number of changes to scale degrees, and perhaps a bass after a slash. What note_seq's
``chord_symbols_lib`` knows is read as it reads it, since models were trained on that; beyond it, the spellings of lead
sheets are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from reverie.music.harmony import LETTERS, OCTAVE, SCALES, Key

NO_CHORD = "N.C."

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
"""Scale degrees above the root, and how their chord is spelt, as far as note_seq knows them."""

_MORE_KINDS: Mapping[str, tuple[str, ...]] = {
    "1 3 #5 b7 #9": ("7alt", "alt"),
    "1 b3 5 6 9": ("m6/9",),
    "1 b3 5 7 9": ("mmaj9",),
    "1 3 #5 7": ("+maj7",),
    "1 b3 b5 7": ("dimmaj7",),
    "1 2 5 b7": ("7sus2",),
    "1 4 5 b7": ("7sus4",),
    "1 4 5 7": ("maj7sus4",),
    "1 4 5 b7 9": ("9sus", "9sus4"),
    "1 4 5 b7 9 13": ("13sus", "13sus4"),
}
_SPELLINGS = (
    ("♭", "b"),
    ("♯", "#"),
    ("[\N{MINUS SIGN}\N{EN DASH}]", "-"),
    (r"(?<=[b0-9]),\s*(?=[b#])", ""),
    (r"(?:Δ|\^|[Mm]aj?|MAJ?)(?=[79]|11|13)|(?:Δ|\^)", "maj"),
    (r"maj(?![0-9])(?=$|[/(]|sus|[b#]|add|no)", "maj7"),
    (r"[øØh](9|11)", r"m\1b5"),
    (r"[øØh]7?", "m7b5"),
    (r"°", "dim"),
    (r"mi(?!n)|MI", "m"),
    (r"(?:min|-)(?=[0-9]|maj|\(maj)", "m"),
    (r"\(maj([79])\)", r"maj\1"),
    (r"6/?9", "6/9"),
    (r"(7|9|13)\(?sus4?\)?", r"\1sus4"),
)
"""What lead sheets write, and how it is spelt among the kinds: applied in this order to all but the root and bass."""


def magenta_knows(symbol: str) -> bool:
    """Whether note_seq reads a chord symbol, and Magenta's models so can be told it as it is written."""
    return symbol == NO_CHORD or _SYMBOL.fullmatch(symbol) is not None


def _altered(accidentals: str) -> int:
    return accidentals.count("#") - accidentals.count("b")


def _degrees(text: str) -> dict[int, int]:
    """For each degree of a kind, by how many semitones it differs from the major scale."""
    return {int(degree.lstrip("#b")): _altered(degree) for degree in text.split()}


KINDS: Mapping[str, Mapping[int, int]] = {
    spelling: _degrees(text) for text, spellings in _KINDS.items() for spelling in spellings
}
"""The kinds that note_seq knows; for each degree, by how many semitones it differs from the major scale."""

_ALL_KINDS: Mapping[str, Mapping[int, int]] = {
    **KINDS,
    **{spelling: _degrees(text) for text, spellings in _MORE_KINDS.items() for spelling in spellings},
}
_ALTERED_SCALE = (0, 1, 3, 4, 6, 8, 10)
"""The scale of a dominant chord whose fifth and ninth are all altered: no other note may pass over it."""

_PITCH_CLASS = r"[A-G](?:#*|b*)(?![#b])"
_CHANGE = r"\(?(add#|addb|add|no|#|b)([0-9]+)\)?"


def _pattern(kinds: Mapping[str, Mapping[int, int]]) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<root>{_PITCH_CLASS})"
        rf"(?P<kind>{'|'.join(re.escape(kind) for kind in sorted(kinds, key=len, reverse=True))})"
        rf"(?P<changes>(?:{_CHANGE})*)"
        rf"(?:/(?P<bass>{_PITCH_CLASS}))?"
    )


_SYMBOL, _ANY_SYMBOL = _pattern(KINDS), _pattern(_ALL_KINDS)
_PARTS = re.compile(r"(?P<root>[A-G](?:#*|b*)(?![#b]))(?P<rest>.*?)(?P<bass>/[A-G](?:#*|b*))?")


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
    root, degrees, bass = _read(symbol)[:3]
    return Chord(
        root,
        frozenset((root + _interval(degree, altered)) % OCTAVE for degree, altered in degrees.items()),
        root if bass is None else bass,
        _TRIADS.get((degrees[1], degrees[3], degrees[5])) if {1, 3, 5} <= degrees.keys() else None,
    )


@lru_cache(maxsize=4096)
def chord_tones(symbol: str) -> tuple[int, ...]:
    """The pitch classes that players sound for a chord, sorted, without a bass of its own.

    A chord with a major third and the perfect eleventh that stands on it by custom alone has one of the two: thirteenth
    chords leave out the eleventh, eleventh chords the third.

    Raises:
        ValueError: if the symbol is none that is known here, or leaves out all that its chord has.
    """
    root, degrees, _, kind = _read(symbol)
    if not degrees:
        raise ValueError(f"{symbol} leaves out all notes of its chord")
    clash = degrees.get(_THIRD) == 0 and degrees.get(_ELEVENTH) == 0
    left_out = None if not clash else _ELEVENTH if _THIRTEENTH in degrees else _THIRD if kind.endswith("11") else None
    return tuple(sorted({(root + _interval(*one)) % OCTAVE for one in degrees.items() if one[0] != left_out}))


@lru_cache(maxsize=4096)
def chord_scale(symbol: str, key: Key) -> tuple[int, ...]:
    """The pitch classes that may pass over a chord, sorted: its own, and those of the key that agree with it.

    A note of the key whose place the chord takes by another is not among them: over ``A7`` in C major there is no C.

    Raises:
        ValueError: if the symbol is none that is known here.
    """
    root, degrees, bass, kind = _read(symbol)
    own = {(root + _interval(degree, altered)) % OCTAVE for degree, altered in degrees.items()}
    if bass is not None:
        own.add(bass)
    if kind in {"alt", "7alt"}:
        return tuple(sorted({(root + step) % OCTAVE for step in _ALTERED_SCALE} | own))
    scale = {(key.tonic + step) % OCTAVE for step in SCALES[key.scale]}
    replaced: set[int] = set()
    for degree, altered in degrees.items():
        if (root + _interval(degree, altered)) % OCTAVE not in scale:
            replaced |= {(root + step) % OCTAVE for step in _SAME_DEGREE[(degree - 1) % _STEPS + 1]}
    return tuple(sorted((scale - replaced) | own))


_STEPS, _THIRD, _ELEVENTH, _THIRTEENTH = 7, 3, 11, 13
_SAME_DEGREE: Mapping[int, tuple[int, ...]] = {
    1: (0,), 2: (1, 2), 3: (3, 4), 4: (5, 6), 5: (6, 7, 8), 6: (8, 9), 7: (10, 11),
}  # fmt: skip
"""The semitones above the root that are one degree, in whichever alteration."""


def _interval(degree: int, altered: int) -> int:
    major = SCALES["major"]
    return major[(degree - 1) % len(major)] + altered


@lru_cache(maxsize=4096)
def _read(symbol: str) -> tuple[int, Mapping[int, int], int | None, str]:
    """Root, alteration of each degree, bass if there is one of its own, and kind."""
    match = _SYMBOL.fullmatch(symbol) or _ANY_SYMBOL.fullmatch(_respelt(symbol))
    if not match:
        raise ValueError(f"{symbol!r} is no chord symbol, such as C, Am7, F#7(b9) or Bb/D; no chord is {NO_CHORD}")
    degrees = dict(_ALL_KINDS[match["kind"]])
    for change, degree in re.findall(_CHANGE, match["changes"]):
        _change(degrees, change, int(degree), symbol)
    bass = _pitch_class(match["bass"]) if match["bass"] else None
    return _pitch_class(match["root"]), degrees, bass, match["kind"]


def _respelt(symbol: str) -> str:
    """A lead sheet's spelling of a symbol as the one that is known here, as far as there is one."""
    for written, accidental in (("♭", "b"), ("♯", "#")):
        symbol = symbol.replace(written, accidental)
    parts = _PARTS.fullmatch(symbol)
    if not parts:
        return symbol
    rest = parts["rest"]
    for written, spelling in _SPELLINGS:
        rest = re.sub(written, spelling, rest)
    return parts["root"] + rest + (parts["bass"] or "")


def _pitch_class(name: str) -> int:
    return (LETTERS[name[0]] + _altered(name[1:])) % OCTAVE


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
