# pyright: basic
# note_seq has no types.
"""Examples of Piano Genie: the notes of pianos, one after the other, and how long each waits for the one before."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from reverie.models.genie.decoder import LOWEST_PITCH
from reverie.models.genie.weights import KEYS
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample
from reverie.training.dataset.extraction.score_rubato import is_score, with_rubato
from reverie.training.dataset.extraction.straight_time import TempoMap, bar_lines, harmonic_part, metre_changes
from reverie.training.genie_records import LONGEST, record_of
from reverie.training.recipes import TrainingRecipe


class GenieExamples:
    """The source of examples for Piano Genie; all have the same number of notes, ``recipe.window``.

    The first begins with a piece, and each goes on at the bar line before the end of the one before, so that few notes
    are heard twice. Notes that begin together are told from low to high, as Magenta's loader sorts them. What was read
    from a score is given a plain rubato. Examples are transposed and stretched while they are learned from.
    """

    format = 0
    keys: tuple[int, ...] = ()
    stretches: tuple[float, ...] = ()

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._window = recipe.window
        self._metres = recipe.metres

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece."""
        part = harmonic_part(sequence)
        tempos = TempoMap(part)
        lines = list(bar_lines(metre_changes(part, tempos), tempos, part.total_time))
        seconds, metres = [line for line, _ in lines], [metre for _, metre in lines]
        if is_score(sequence) and part.notes:
            part, seconds = with_rubato(part, seconds)
        piano = range(LOWEST_PITCH, LOWEST_PITCH + KEYS)
        struck = {(note.start_time, note.pitch) for note in part.notes if note.pitch in piano}
        notes = sorted(struck)
        if len(notes) < self._window or not lines:
            left_out[f"a passage has fewer than {self._window} notes"] += 1
            return
        # Of notes at a bar line the first is meant; rounding may have moved it to just before.
        bars = [max(bisect_right(seconds, start + _NEAR) - 1, 0) for start, _ in notes]
        first = 0
        while first + self._window <= len(notes):
            end = first + self._window
            if self._metres and metres[bars[first]] not in self._metres:
                left_out[f"a passage is in {metres[bars[first]]}"] += 1
            else:
                length = bars[end - 1] - bars[first] + 1
                yield partial(_example, notes, first, end, metres[bars[first]], length)
            first = _bar_before(bars, first, end)


_NEAR = 1e-3
"""Seconds."""


def _bar_before(bars: Sequence[int], first: int, end: int) -> int:
    """The first note of the last bar that begins in the second half of a window; if there is none, its end."""
    if end == len(bars) or bars[end] != bars[end - 1]:
        return end
    begins = next((note for note in range(end - 1, first, -1) if bars[note - 1] != bars[end]), end)
    return begins if begins > (first + end) // 2 else end


def _example(
    notes: Sequence[tuple[float, int]], first: int, end: int, metre: str, bars: int
) -> Iterator[EncodedExample]:
    inside = notes[first:end]
    before = [start for start, _ in notes[first - 1 : end - 1]] if first else [-LONGEST / 1000, *_starts(inside[:-1])]
    waits = [start - last for start, last in zip(_starts(inside), before, strict=True)]
    pitches = tuple(pitch for _, pitch in inside)
    record = record_of([pitch - LOWEST_PITCH for pitch in pitches], waits)
    yield EncodedExample(record, len(inside), metre, bars, pitches)


def _starts(notes: Sequence[tuple[float, int]]) -> list[float]:
    return [start for start, _ in notes]
