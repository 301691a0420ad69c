"""Pitch names, keys and scales."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from reverie.music.notes import MAX_MIDI

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
"""The pitch classes of the letters."""
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_PITCH = re.compile(r"([A-G])([#b]?)(-1|[0-9])")
OCTAVE = 12

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major-pentatonic": (0, 2, 4, 7, 9),
    "minor-pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole-tone": (0, 2, 4, 6, 8, 10),
    "chromatic": tuple(range(12)),
}


def parse_pitch_class(name: str) -> int:
    """Read a key's name, such as ``D``, ``F#`` or ``Bb``, as 0 (C) to 11 (B).

    Raises:
        ValueError: if it is no such name.
    """
    if name[:1] in LETTERS and name[1:] in _ACCIDENTALS:
        return (LETTERS[name[:1]] + _ACCIDENTALS[name[1:]]) % OCTAVE
    raise ValueError(f"a key is a letter A to G, with # or b if need be, not {name!r}")


def parse_pitch(name: str) -> int:
    """Read a pitch, such as ``C4`` (60, middle C), ``F#2`` or ``Bb-1``, as a MIDI number.

    Raises:
        ValueError: if it is no pitch, or none that MIDI has.
    """
    match = _PITCH.fullmatch(name)
    if not match:
        raise ValueError(f"a pitch is a letter A to G and an octave, such as C4 or F#2, not {name!r}")
    letter, accidental, octave = match.groups()
    pitch = LETTERS[letter] + _ACCIDENTALS[accidental] + OCTAVE * (int(octave) + 1)
    if not 0 <= pitch <= MAX_MIDI:
        raise ValueError(f"{name} is outside MIDI's range, C-1 to G9")
    return pitch


def pitch_name(pitch: int) -> str:
    """The name of MIDI number ``pitch``, such as ``C4`` for 60."""
    return f"{_NAMES[pitch % OCTAVE]}{pitch // OCTAVE - 1}"


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord from tick ``start`` of its bar on, up to the next span of the bar, or the bar's end.

    ``symbol`` is how people write it, such as ``Dm7``; ``root`` and ``bass`` are pitch classes (0 is C), ``tones``
    those of the chord and ``scale`` those that may pass over it, the tones among them. With ``change`` the chord begins
    here; without, it goes on from before.
    """

    start: int
    symbol: str
    root: int
    bass: int
    tones: tuple[int, ...]
    scale: tuple[int, ...]
    change: bool = True

    def __post_init__(self) -> None:
        """Sort the pitch classes, so that equal harmony is an equal value.

        Raises:
            ValueError: if one is none, or the chord has no tone.
        """
        classes = (self.root, self.bass, *self.tones, *self.scale)
        if not self.tones or self.start < 0 or not all(0 <= one < OCTAVE for one in classes):
            raise ValueError(f"a chord has tones, and pitch classes from 0 to 11: {self}")
        object.__setattr__(self, "tones", tuple(sorted(set(self.tones))))
        object.__setattr__(self, "scale", tuple(sorted({*self.scale, *self.tones})))


@dataclass(frozen=True, slots=True)
class BarHarmony:
    """The harmony of one bar: its chords, of which the first begins with the bar."""

    spans: tuple[ChordSpan, ...]

    def __post_init__(self) -> None:
        """Refuse a bar whose chords do not follow each other from its beginning on.

        Raises:
            ValueError: if there is none, the first begins later, or one before its neighbour.
        """
        starts = [span.start for span in self.spans]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError(f"the chords of a bar follow each other from its beginning on, not at {starts}")

    def at(self, tick: int) -> ChordSpan:
        """The chord at a tick of the bar."""
        return next(span for span in reversed(self.spans) if span.start <= tick)


class HarmonyPlan(Protocol):
    """The harmony of a scene: a chord for every moment of every bar. Equal plans have equal harmony."""

    def at(self, bar: int) -> BarHarmony:
        """The harmony of scene bar ``bar``, from 0."""
        ...

    def strictness_at(self, bar: int) -> float | None:
        """How much it binds voices in that bar, 0 to 1, if its section says so; None: as much as they say."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (0 is C) and a scale's name."""

    tonic: int = 0
    scale: str = "major"

    def __str__(self) -> str:
        return f"{_NAMES[self.tonic]} {self.scale}"

    def __contains__(self, pitch: int) -> bool:
        """Whether a MIDI pitch belongs to the scale."""
        return (pitch - self.tonic) % OCTAVE in SCALES[self.scale]

    def nearest(self, pitch: int) -> int:
        """The scale's pitch nearest to ``pitch``; of two equally near the lower, unless MIDI ends there."""
        for distance in range(OCTAVE):
            for candidate in (pitch - distance, pitch + distance):
                if 0 <= candidate <= MAX_MIDI and candidate in self:
                    return candidate
        raise AssertionError("every scale has a pitch in every octave")


_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_SHARPS = frozenset({7, 2, 9, 4, 11, 6})
"""Major keys that are written with sharps."""
_MAJOR_BELOW = {
    "dorian": 2,
    "phrygian": 4,
    "lydian": 5,
    "mixolydian": 7,
    "minor": 9,
    "harmonic-minor": 9,
    "locrian": 11,
    "minor-pentatonic": 9,
    "blues": 9,
}
"""How many semitones above the tonic of the major scale with the same notes a scale's tonic is; 0 for the others."""


def pitch_class_name(pitch_class: int, key: Key) -> str:
    """The name of a pitch class (0 is C), spelt with flats or sharps as the key is."""
    parent = (key.tonic - _MAJOR_BELOW.get(key.scale, 0)) % OCTAVE
    return (_SHARP_NAMES if parent in _SHARPS else _FLAT_NAMES if parent else _NAMES)[pitch_class]


def name_above(root: str, letters: int, pitch_class: int) -> str:
    """The name of a pitch class, spelt with the letter so many above that of ``root``: the third of A is C#, not Db."""
    names = [*LETTERS]
    letter = names[(names.index(root[0]) + letters) % len(names)]
    off = (pitch_class - LETTERS[letter] + OCTAVE // 2) % OCTAVE - OCTAVE // 2
    return letter + ("#" * off if off >= 0 else "b" * -off)


def fold(pitch: int, low: int, high: int) -> int | None:
    """Move ``pitch`` by octaves into ``low`` to ``high``; None where a narrow register has no such pitch class."""
    if pitch < low:
        pitch += OCTAVE * -((pitch - low) // OCTAVE)
    elif pitch > high:
        pitch -= OCTAVE * -((high - pitch) // OCTAVE)
    return pitch if low <= pitch <= high else None
