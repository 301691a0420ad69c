"""Four parts of any score: those of a quartet as they are, those of a singer and a piano as a hymn book would set them.

What is read is the harmony of every eighth: what sounds where it begins. Of a singer and a piano the singer is the
soprano, the piano's lowest note the bass, and two notes between them, those nearest to where they came from, are alto
and tenor; what lies above the singer is read octaves lower. Of a piano alone its highest note is the soprano.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS
from reverie.music.harmony import OCTAVE
from reverie.training.coconet_records import REST, PartGrid

_HELD_OVER = 2
"""Steps of rest at most that a part is read as holding its note: a staccato is no harmony of its own."""
_MORE = 3
"""How many semitones nearer a pitch class counts that nothing else has."""


class PartNote(NamedTuple):
    """A note from ``start`` to ``end``, in steps that need not be whole."""

    start: float
    end: float
    pitch: int


def four_parts(
    lines: Sequence[Sequence[PartNote]], keyboards: Sequence[Sequence[PartNote]], steps: int
) -> PartGrid | None:
    """Four parts from high to low, step by step; None of music that has fewer notes at a time.

    Args:
        lines: the notes of each instrument that is no keyboard.
        keyboards: the notes of each staff or keyboard.
        steps: how many there are.
    """
    lines = [line for line in lines if line]
    if len(lines) >= PARTS:
        return _held_over(_of_lines(lines, steps))
    others = [note for notes in keyboards for note in notes]
    if not others:
        return None
    melody = _line(max(lines, key=len), steps, highest=True) if lines else None
    return _held_over(_of_chords(melody, _sounding(others, steps)))


def _of_lines(lines: Sequence[Sequence[PartNote]], steps: int) -> PartGrid:
    """Of more than four lines the highest three and the lowest; of double stops the outer note."""
    ordered = sorted(lines, key=lambda notes: -float(np.mean([note.pitch for note in notes])))
    chosen = [*ordered[: PARTS - 1], ordered[-1]]
    return np.stack([_line(notes, steps, highest=number < PARTS - 1) for number, notes in enumerate(chosen)], axis=1)


def _of_chords(melody: NDArray[np.int64] | None, sounding: Sequence[frozenset[int]]) -> PartGrid:
    grid = np.full((len(sounding), PARTS), REST, np.int64)
    inner = (0, 0)
    for step, pitches in enumerate(sounding):
        top = max(pitches, default=REST) if melody is None else int(melody[step])
        bass = min(pitches, default=REST)
        if top <= bass:
            grid[step] = (top, REST, REST, bass if bass != top else REST)
            continue
        grid[step, [0, -1]] = top, bass
        between = {_below(pitch, top) for pitch in pitches - {bass}} - {top}
        above = [pitch for pitch in between if pitch > bass]
        found = _nearest(above, inner, {top % OCTAVE, bass % OCTAVE})
        if found:
            grid[step, 1:-1] = inner = found
    return grid


def _below(pitch: int, top: int) -> int:
    """The pitch, octaves lower where it lies above the top."""
    return pitch if pitch <= top else pitch - OCTAVE * -((top - pitch) // OCTAVE)


def _nearest(pitches: Sequence[int], before: tuple[int, int], there: set[int]) -> tuple[int, int] | None:
    """The pair (high, low) that moves least, where it adds as much to the chord."""

    def cost(pair: tuple[int, int]) -> tuple[int, tuple[int, int]]:
        moved = sum(abs(one - other) for one, other in zip(pair, before, strict=True)) if all(before) else 0
        return moved - _MORE * len({one % OCTAVE for one in pair} - there), pair

    return min(((max(pair), min(pair)) for pair in combinations(sorted(pitches), 2)), key=cost, default=None)


def _sounding(notes: Iterable[PartNote], steps: int) -> list[frozenset[int]]:
    sounding: list[set[int]] = [set() for _ in range(steps)]
    for note in notes:
        for step in _steps_of(note, steps):
            sounding[step].add(note.pitch)
    return [frozenset(pitches) for pitches in sounding]


def _line(notes: Iterable[PartNote], steps: int, *, highest: bool) -> NDArray[np.int64]:
    """The outer note of each step."""
    line = np.full(steps, REST, np.int64)
    for note in notes:
        for step in _steps_of(note, steps):
            there = int(line[step])
            line[step] = note.pitch if there == REST else (max if highest else min)(there, note.pitch)
    return line


def _steps_of(note: PartNote, steps: int) -> range:
    """The steps that begin while it sounds."""
    near = 1e-3
    return range(max(int(np.ceil(note.start - near)), 0), min(int(np.ceil(note.end - near)), steps))


def _held_over(grid: PartGrid) -> PartGrid:
    """Short rests are filled with the note before."""
    filled = grid.copy()
    for part in range(grid.shape[1]):
        pitch, rested = REST, 0
        for step in range(len(grid)):
            if grid[step, part] != REST:
                pitch, rested = int(grid[step, part]), 0
            elif rested < _HELD_OVER:
                filled[step, part], rested = pitch, rested + 1
    return filled


def onsets(grid: PartGrid) -> list[int]:
    """The pitches that begin in a passage: a pitch that stays is one note."""
    before: Mapping[int, int] = {}
    found: list[int] = []
    for row in grid:
        found += [int(pitch) for part, pitch in enumerate(row) if pitch not in {REST, before.get(part, REST)}]
        before = dict(enumerate(map(int, row)))
    return found
