"""From notes to what a MusicVAE hears and says, and back: melodies, drums, and trios of both with a bass.

Equal to ``OneHotMelodyConverter``, ``DrumsConverter`` and ``TrioConverter`` in Magenta's ``music_vae/data.py`` as its
configurations use them: sixteenths of 4/4, no end token. Magenta draws a few examples from a long piece; here all come
in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.encodings import melody_notes
from reverie.models.encodings import multi_drum as drums
from reverie.models.encodings.melody import MelodyAlphabet
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF, Register
from reverie.models.encodings.passage import STEPS_PER_BAR
from reverie.models.vae.heads import Frames
from reverie.music.drums import DRUM_KIT
from reverie.music.notes import Note

VELOCITY = 80
"""Of all notes that a model without velocities makes."""

PIANO = Register(21, 109)
"""Magenta's melodies are those of a piano's keys."""

_LONGEST = 100 * STEPS_PER_BAR
"""Steps; Magenta cuts longer passages off."""

_MOST_BARS = 1024
"""Of a trio; what comes later is left out."""

_GAP = 2
"""Bars that a player of a trio may rest before and after playing."""


class Example(NamedTuple):
    """A piece as the encoder hears it, (steps, ...), and as the decoder says it, (steps, width)."""

    inputs: NDArray[Any]
    outputs: Frames


def _windows(length: int, steps: int) -> Iterator[slice]:
    """All stretches of so many steps that begin at a bar line."""
    return (slice(begin, begin + steps) for begin in range(0, length - steps + 1, STEPS_PER_BAR))


class Melodies:
    """One voice; notes are in steps, of one instrument. Pitches that a piano does not have are not heard."""

    def __init__(self, bars: int) -> None:
        self.steps = bars * STEPS_PER_BAR
        self._alphabet = MelodyAlphabet(PIANO)

    def examples(self, notes: Iterable[Note]) -> list[Example]:
        """All different stretches of the model's length, a bar apart; a silent bar or more parts two passages."""
        stretches: dict[tuple[int, ...], None] = {}
        for passage in melody_notes.passages_of(_played(notes), whole_bars=True):
            events = passage.events[:_LONGEST]
            for window in _windows(len(events), self.steps):
                stretches[_begun(events[window])] = None
        return [Example(frames, frames) for frames in map(self._frames, stretches)]

    def example(self, notes: Iterable[Note], steps: int | None = None) -> Example:
        """The notes as they are, from step 0 on, silence included; what is beyond ``steps`` is left out.

        So Magenta reads each part of a trio.
        """
        steps = self.steps if steps is None else steps
        passage = melody_notes.events_of(_played(notes), gap_bars=np.inf, whole_bars=True)
        events = (*(NO_EVENT,) * passage.start, *passage.events) if passage else ()
        frames = self._frames(melody_notes.resized(events, steps))
        return Example(frames, frames)

    def notes(self, frames: Frames, velocity: int = VELOCITY) -> tuple[Note, ...]:
        """The notes of frames (steps, 1)."""
        events = [self._alphabet.decode(int(index)) for index in frames[:, 0]]
        return melody_notes.notes_of(events, velocity)

    def heard(self, frames: Frames) -> Frames:
        """What the encoder hears where the decoder says frames (steps, 1): the same."""
        return frames

    def _frames(self, events: Sequence[int]) -> Frames:
        return np.array([self._alphabet.encode(event) for event in events], np.int64).reshape(-1, 1)


def _played(notes: Iterable[Note]) -> list[Note]:
    return [note for note in notes if PIANO.low <= note.pitch < PIANO.high]


def _begun(events: tuple[int, ...]) -> tuple[int, ...]:
    """Without the ends of notes that began before."""
    rest = next((step for step, event in enumerate(events) if event not in (NO_EVENT, NOTE_OFF)), len(events))
    return (NO_EVENT,) * rest + events[rest:]


class Drums:
    """Sets of nine drums; notes are in steps, and their lengths, velocities and other pitches are not heard."""

    def __init__(self, bars: int) -> None:
        self.steps = bars * STEPS_PER_BAR
        self._alphabet = drums.DrumAlphabet()
        self._known = {pitch for kind in DRUM_KIT for pitch in kind}

    def examples(self, notes: Iterable[Note]) -> list[Example]:
        """All different stretches of the model's length, a bar apart; a silent bar or more parts two passages."""
        stretches: dict[tuple[int, ...], None] = {}
        for passage in drums.passages_of(self._heard(notes), whole_bars=True):
            classes = tuple(map(self._alphabet.encode, passage.events[:_LONGEST]))
            for window in _windows(len(classes), self.steps):
                stretches[classes[window]] = None
        return [self._example(np.array(classes, np.int64)) for classes in stretches]

    def example(self, notes: Iterable[Note], steps: int | None = None) -> Example:
        """The notes as they are, from step 0 on, silence included; what is beyond ``steps`` is left out."""
        classes = np.zeros(self.steps if steps is None else steps, np.int64)
        for note in self._heard(notes):
            if note.start < len(classes):
                classes[note.start] |= self._alphabet.encode(frozenset({note.pitch}))
        return self._example(classes)

    def notes(self, frames: Frames, velocity: int = VELOCITY) -> tuple[Note, ...]:
        """The notes of frames (steps, 1), each a step long."""
        return drums.notes_of((self._alphabet.decode(int(index)) for index in frames[:, 0]), velocity)

    def _heard(self, notes: Iterable[Note]) -> list[Note]:
        return [note for note in notes if note.pitch in self._known]

    def heard(self, frames: Frames) -> Frames:
        """What the encoder hears of frames (steps, 1): a place for each kind of drum, and one for silence."""
        return np.hstack([frames >> np.arange(len(DRUM_KIT)) & 1, frames == 0]).astype(np.float32)

    def _example(self, classes: NDArray[np.int64]) -> Example:
        frames = classes[:, None]
        return Example(self.heard(frames), frames)


@dataclass(frozen=True, slots=True)
class Parts:
    """Three instruments that play together; notes in steps."""

    melody: tuple[Note, ...]
    bass: tuple[Note, ...]
    drums: tuple[Note, ...]


class Trios:
    """A melody, a bass and drums."""

    def __init__(self, bars: int) -> None:
        self.steps = bars * STEPS_PER_BAR
        self._melodies, self._drums = Melodies(bars), Drums(bars)

    @property
    def parts(self) -> tuple[Melodies, Melodies, Drums]:
        """What makes notes of each part: of the melody, the bass, the drums."""
        return self._melodies, self._melodies, self._drums

    def examples(self, parts: Parts) -> list[Example]:
        """All stretches of the model's length, a bar apart, in which each of the three rests a few bars at most."""
        players = (parts.melody, parts.bass, parts.drums)
        if not all(players):
            return []
        last = max(note.end for notes in players for note in notes)
        bars = min(-(-last // STEPS_PER_BAR), _MOST_BARS)
        covered = _covered(players, bars)
        frames = self.example(parts, bars * STEPS_PER_BAR).outputs
        if not (_played(parts.melody) and _played(parts.bass) and frames[:, 2].any()):
            return []
        return [
            Example(frames[window], frames[window])
            for window in _windows(len(frames), self.steps)
            if covered[window.start // STEPS_PER_BAR : window.stop // STEPS_PER_BAR].all()
        ]

    def example(self, parts: Parts, steps: int | None = None) -> Example:
        """The notes as they are, from step 0 on, silence included; what is beyond ``steps`` is left out."""
        steps = self.steps if steps is None else steps
        frames = np.hstack(
            [
                self._melodies.example(parts.melody, steps).outputs,
                self._melodies.example(parts.bass, steps).outputs,
                self._drums.example(parts.drums, steps).outputs,
            ]
        )
        return Example(frames, frames)

    def notes(self, frames: Frames, velocity: int = VELOCITY) -> Parts:
        """The notes of frames (steps, 3)."""
        return Parts(
            self._melodies.notes(frames[:, 0:1], velocity),
            self._melodies.notes(frames[:, 1:2], velocity),
            self._drums.notes(frames[:, 2:3], velocity),
        )


def _covered(players: Sequence[Sequence[Note]], bars: int) -> NDArray[np.bool_]:
    """In which bars all play, or have played or will play soon; near either end one of them is enough."""
    playing = np.zeros((bars, len(players)), np.bool_)
    for player, notes in enumerate(players):
        for note in notes:
            playing[note.start // STEPS_PER_BAR : -(-note.end // STEPS_PER_BAR), player] = True
    near = np.stack([playing[max(0, bar - _GAP) : bar + _GAP + 1].any(axis=0) for bar in range(bars)])
    covered = np.logical_and.reduce(near, axis=1)
    covered[:_GAP] = near[:_GAP].any()
    covered[-_GAP:] = near[-_GAP:].any()
    return covered
