# pyright: basic
# note_seq has no types.
"""Examples for Coconet: passages of four parts on eighths, half a passage apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from reverie.training.coconet_recipe import LOWEST_PITCH, MOST_MOVED, STEPS_PER_QUARTER, highest_pitch
from reverie.training.coconet_records import REST, PartGrid, moves_within, record_of
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample
from reverie.training.dataset.extraction.four_parts import PartNote, four_parts, onsets
from reverie.training.dataset.extraction.straight_time import metre_sections
from reverie.training.recipes import TrainingRecipe

_STEPS_A_SECOND = 2 * STEPS_PER_QUARTER
"""In the even time of a metre's section, which is at 120 quarters a minute."""
_SOUNDING = 0.75
"""The share of a passage in which each part sounds at least."""
_KEYBOARDS = frozenset((*range(8), *range(16, 24), 46))
"""General MIDI's pianos and organs, and the harp."""
_SIXTEENTHS = 4


class PartExamples:
    """The source of examples for Coconet; they are transposed when they are learned from."""

    format = 0
    keys: tuple[int, ...] = ()
    stretches: tuple[float, ...] = ()

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._steps = recipe.window * STEPS_PER_QUARTER // _SIXTEENTHS
        self._metres = recipe.metres
        self._highest = highest_pitch(recipe)

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece, which begin on bar lines."""
        for metre, section in metre_sections(sequence):
            numerator, denominator = map(int, metre.split("/"))
            bar = 4 * STEPS_PER_QUARTER * numerator / denominator
            if self._metres and metre not in self._metres:
                left_out[f"a passage is in {metre}"] += 1
            elif bar % 1 or not bar:
                left_out[f"a bar of {metre} is no whole number of eighths"] += 1
            else:
                yield from self._windows(section, metre, int(bar), left_out)

    def _windows(self, section: Any, metre: str, bar: int, left_out: Counter[str]) -> Iterator[Cut]:
        steps = round(section.total_time * _STEPS_A_SECOND)
        grid = four_parts(*_instruments(section), steps)
        if grid is None:
            left_out["a passage has fewer than four parts"] += 1
            return
        hop = max(1, self._steps // 2 // bar) * bar
        for start in range(0, steps - self._steps + 1, hop):
            window = grid[start : start + self._steps]
            if ((window != REST).mean(axis=0) < _SOUNDING).any():
                left_out["a part rests for long"] += 1
            elif not moves_within(window, LOWEST_PITCH, self._highest, MOST_MOVED):
                left_out["its parts lie further apart than the model's pitches"] += 1
            else:
                yield partial(_example, window, metre, bar)


def _example(window: PartGrid, metre: str, bar: int) -> list[EncodedExample]:
    sounding = int((window != REST).sum())
    return [EncodedExample(record_of(window), sounding, metre, len(window) / bar, tuple(onsets(window)))]


def _instruments(section: Any) -> tuple[list[list[PartNote]], list[list[PartNote]]]:
    """The notes of lines, and of keyboards: of each staff, since a score's piano has two."""
    staves = {info.instrument for info in section.instrument_infos if ", staff " in info.name}
    lines: defaultdict[int, list[PartNote]] = defaultdict(list)
    keyboards: defaultdict[int, list[PartNote]] = defaultdict(list)
    for note in section.notes:
        if not note.is_drum:
            keyboard = note.instrument in staves or note.program in _KEYBOARDS
            start, end = note.start_time * _STEPS_A_SECOND, note.end_time * _STEPS_A_SECOND
            (keyboards if keyboard else lines)[note.instrument].append(PartNote(start, end, note.pitch))
    return list(lines.values()), list(keyboards.values())
