"""What a stretch of bars is like, and how like another one it is: in pitch, rhythm, register, density, voices and more.

Each part is 1 for two equal stretches and 0 for two that have nothing in common, on scales that are the same for every
piece: two stretches are not the more unlike because a piece has no greater change to offer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reverie.measure.piece import MeasuredVoice, Piece, PlacedNote
from reverie.music.harmony import OCTAVE
from reverie.music.time import TICKS_PER_STEP

PARTS = ("pitch", "rhythm", "register", "density", "voices", "dynamics", "figures")
"""What two stretches are compared in."""
FAR_APART = 12.0
"""Semitones between the mean pitches of a voice from which on its registers have nothing in common."""
FAR_LOUDER = 32.0
"""The same of velocities."""
FIGURE_NOTES = 4
"""Notes in a row that are a figure of a voice: their pitches from the first on, and their distances in time."""

Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VoiceStretch:
    """A voice in a stretch.

    Attributes:
        density: notes a bar.
        playing: the share of bars in which it strikes.
        places: how its onsets are spread over the sixteenths of the bar, adding up to 1.
        pitch: its mean pitch; None of drums.
        velocity: its mean velocity.
        figures: its figures, each with how often it is there.
    """

    density: float
    playing: float
    places: Profile
    pitch: float | None
    velocity: float
    figures: Counter[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some bars of a piece: the voices that strike in them, and the shares in time of the pitch classes."""

    voices: Mapping[str, VoiceStretch] = field(default_factory=dict[str, VoiceStretch])
    classes: Profile = field(default_factory=lambda: np.zeros(OCTAVE))


class Stretches:
    """Makes stretches of a piece."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._places = max((bar.ticks for bar in piece.bars), default=TICKS_PER_STEP) // TICKS_PER_STEP
        self._notes = {voice.name: _by_bar(piece, voice) for voice in piece.voices}

    def of(self, bars: Sequence[int]) -> Stretch:
        """The stretch of these bars."""
        voices = dict[str, VoiceStretch]()
        classes = np.zeros(OCTAVE)
        for voice in self._piece.voices:
            own = [self._notes[voice.name][bar] for bar in bars]
            notes = [note for bar in own for note in bar]
            if not notes:
                continue
            places = np.zeros(self._places)
            for bar, struck in zip(bars, own, strict=True):
                start = self._piece.bars[bar].start
                for note in struck:
                    places[min((note.start - start) // TICKS_PER_STEP, self._places - 1)] += 1
            if voice.pitched:
                for note in notes:
                    classes[note.pitch % OCTAVE] += note.end - note.start
            voices[voice.name] = VoiceStretch(
                density=len(notes) / len(bars),
                playing=sum(map(bool, own)) / len(bars),
                places=places / len(notes),
                pitch=sum(note.pitch for note in notes) / len(notes) if voice.pitched else None,
                velocity=sum(note.velocity for note in notes) / len(notes),
                figures=Counter(_figures(notes, pitched=voice.pitched)),
            )
        total = float(classes.sum())
        return Stretch(voices, classes / total if total else classes)


def alike(one: Stretch, other: Stretch) -> dict[str, float]:
    """By part, from 0 to 1, how like each other two stretches are; without the parts that neither has."""
    names = sorted({*one.voices, *other.voices})
    if not names:
        return {}
    pairs = [(one.voices.get(name), other.voices.get(name)) for name in names]
    pitched = [pair for pair in pairs if any(voice is not None and voice.pitch is not None for voice in pair)]
    found = {
        "rhythm": _mean([_shared(here.places, there.places) if here and there else 0.0 for here, there in pairs]),
        "density": _weighted(
            [(here.density if here else 0.0, there.density if there else 0.0) for here, there in pairs]
        ),
        "voices": _weighted(
            [(here.playing if here else 0.0, there.playing if there else 0.0) for here, there in pairs]
        ),
        "dynamics": _mean(
            [_near(here.velocity, there.velocity, FAR_LOUDER) if here and there else 0.0 for here, there in pairs]
        ),
    }
    if pitched:
        found["pitch"] = _shared(one.classes, other.classes)
        found["register"] = _mean(
            [
                _near(here.pitch or 0.0, there.pitch or 0.0, FAR_APART) if here and there else 0.0
                for here, there in pitched
            ]
        )
    figures = [
        (here.figures if here else Counter[tuple[int, ...]](), there.figures if there else Counter[tuple[int, ...]]())
        for here, there in pairs
    ]
    if any(here or there for here, there in figures):
        found["figures"] = _weighted(
            [(here[name], there[name]) for here, there in figures for name in here.keys() | there.keys()]
        )
    return {part: found[part] for part in PARTS if part in found}


def _by_bar(piece: Piece, voice: MeasuredVoice) -> list[list[PlacedNote]]:
    found: list[list[PlacedNote]] = [[] for _ in piece.bars]
    for note in voice.notes:
        found[piece.bar_at(note.start)].append(note)
    return found


def _figures(notes: Sequence[PlacedNote], *, pitched: bool) -> Iterator[tuple[int, ...]]:
    """Each row of :data:`FIGURE_NOTES`: of pitched voices the intervals from its first note; and the distances."""
    for first in range(len(notes) - FIGURE_NOTES + 1):
        row = notes[first : first + FIGURE_NOTES]
        base = row[0].pitch if pitched else 0
        yield tuple(part for note in row for part in (note.pitch - base, note.start - row[0].start))


def _shared(one: Profile, other: Profile) -> float:
    return float(np.minimum(one, other).sum())


def _near(one: float, other: float, far: float) -> float:
    return max(1.0 - abs(one - other) / far, 0.0)


def _weighted(pairs: Sequence[tuple[float, float]]) -> float:
    most = sum(map(max, pairs))
    return sum(map(min, pairs)) / most if most else 1.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
