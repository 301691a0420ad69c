"""What a Coconet is told: a given line in one of four parts, what came before, and how long the loop is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray

from reverie.compose.heard_music import heard_bars
from reverie.compose.operators.part_steps import REDRAWN
from reverie.compose.recipe import Recipe
from reverie.compose.written_line import GIVEN, LINE, PLAYED, beside_line, played_line, written_line
from reverie.models.coconet.design import PARTS, CoconetDesign
from reverie.models.coconet.part_network import NONE
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

PART_NAMES = ("soprano", "alto", "tenor", "bass")
_SOPRANO = 0
_BASS = PARTS - 1


@dataclass(frozen=True, slots=True)
class GivenNote:
    """A pitch that is given in a step, and whether it begins there."""

    pitch: int
    begins: bool


@dataclass(frozen=True, slots=True)
class GivenParts:
    """A loop and a little before it, in a model's steps.

    Attributes:
        parts: (steps, parts) by the model's pitches; :data:`NONE` where nothing is known.
        free: (steps, parts) what may be drawn.
        context: how many steps come before the loop.
        shift: what the model's lowest pitch is as the voice plays it.
        given: what is given in each step of the loop.
        played: the parts that the voice plays.
        added: those of them that the model makes: all but that of a written line.
        line: the notes of a written line that the voice plays.
        step_ticks: the length of a step.
    """

    parts: NDArray[np.intp]
    free: NDArray[np.bool_]
    context: int
    shift: int
    given: tuple[GivenNote | None, ...]
    played: tuple[int, ...]
    added: tuple[int, ...]
    line: tuple[Note, ...]
    step_ticks: int

    @property
    def steps(self) -> int:
        """How many steps the loop has."""
        return len(self.parts) - self.context

    @classmethod
    def of(cls, recipe: Recipe, design: CoconetDesign) -> GivenParts:
        """Read a recipe."""
        ticks = TICKS_PER_QUARTER // design.steps_per_quarter
        steps = -(-recipe.bars * recipe.metre.bar_ticks // ticks)
        part = _number(recipe.settings.get(GIVEN), _SOPRANO)
        given = _given(recipe, part, ticks, steps)
        played, line = _played(recipe, part), played_line(recipe)
        added = tuple(number for number in played if number != part or not line)
        shift = _shift([one.pitch for one in given if one], design)
        before, context = _before(recipe, ticks)
        parts = np.full((context + steps, PARTS), NONE, np.intp)
        free = np.ones(parts.shape, np.bool_)
        for step, one in enumerate(given, context):
            if one:
                parts[step, part], free[step, part] = _folded(one.pitch - shift, design), False
        told = _assigned(before, recipe.primer_steps * TICKS_PER_STEP // ticks, ticks, played)
        if recipe.operator == REDRAWN:
            told = {step + context: row for step, row in told.items() if step < steps}
        else:
            first = recipe.primer_steps * TICKS_PER_STEP // ticks - context
            told = {step - first: row for step, row in told.items() if first <= step < first + context}
        for step, row in told.items():
            for number, pitch in row.items():
                index = pitch - shift
                if free[step, number] and 0 <= index < design.pitches:
                    parts[step, number] = index
                    free[step, number] = step >= context
        return cls(parts, free, context, shift, tuple(given), played, added, line, ticks)

    def notes(self, drawn: NDArray[np.intp], ends: int, strikes: frozenset[int]) -> tuple[Note, ...]:
        """What the voice plays, in ticks from the loop's start: drawn parts, and the written line as it stands.

        A part that keeps its pitch holds its note, but for the steps of the loop that are ``strikes``. Two parts on one
        pitch are one note.

        Args:
            drawn: (steps, parts), what comes before the loop included.
            ends: the length of the loop in ticks.
            strikes: where what is kept is struck again.
        """
        found: dict[tuple[int, int], int] = {}
        for part in self.added:
            start = 0
            line = drawn[self.context :, part]
            for step in range(1, len(line) + 1):
                if step < len(line) and line[step] == line[start] and step not in strikes:
                    continue
                key = (start, int(line[start]) + self.shift)
                found[key] = max(found.get(key, 0), step)
                start = step
        notes = (
            Note(start * self.step_ticks, min(end * self.step_ticks, ends) - start * self.step_ticks, pitch)
            for (start, pitch), end in found.items()
            if start * self.step_ticks < ends
        )
        return tuple(sorted([*beside_line(_apart(notes), self.line), *self.line]))


def _apart(notes: Iterable[Note]) -> list[Note]:
    """Of notes of one pitch none sounds into the next."""
    ordered = sorted(notes, key=lambda note: (note.pitch, note.start))
    apart: list[Note] = []
    for note in ordered:
        last = apart[-1] if apart else None
        end = note.end
        if last and last.pitch == note.pitch and last.end > note.start:
            apart[-1] = Note(last.start, note.start - last.start, last.pitch)
            end = max(end, last.end)
        apart.append(Note(note.start, end - note.start, note.pitch))
    return apart


def _number(name: object, otherwise: int) -> int:
    return PART_NAMES.index(name) if isinstance(name, str) and name in PART_NAMES else otherwise


def _played(recipe: Recipe, part: int) -> tuple[int, ...]:
    """The parts that are named; else all, without what another voice plays."""
    named = recipe.settings.get(PLAYED)
    if isinstance(named, str) and named:
        return tuple(sorted(PART_NAMES.index(one) for one in named.split()))
    others = any(one.kind == "accompany" for one in recipe.relations) and not recipe.settings.get(LINE)
    return tuple(number for number in range(PARTS) if number != part or not others)


def _given(recipe: Recipe, part: int, ticks: int, steps: int) -> list[GivenNote | None]:
    """The highest pitch of each step, in the bass the lowest, of the written line, or else of what others play."""
    given: list[GivenNote | None] = [None] * steps
    chosen = min if part == _BASS else max
    if line := written_line(recipe):
        for step in range(steps):
            there = [note for note in line if note.start <= step * ticks < note.end]
            if there:
                note = chosen(there, key=lambda one: one.pitch)
                given[step] = GivenNote(note.pitch, step * ticks - note.start < ticks and not note.tied)
        return given
    bar = recipe.metre.bar_steps
    sounding: dict[int, frozenset[int]] = {}
    begun: set[tuple[int, int]] = set()
    for relation in recipe.relations:
        if relation.kind == "accompany":
            for number, heard in heard_bars(recipe, relation):
                for step, pitches in enumerate(heard.sounding, number * bar):
                    sounding[step] = sounding.get(step, frozenset()) | pitches
                begun |= {(number * bar + step, pitch) for step, pitch in heard.onsets}
    for step in range(steps):
        sixteenth = step * ticks // TICKS_PER_STEP
        if pitches := sounding.get(sixteenth):
            pitch = chosen(pitches)
            within = range(sixteenth, sixteenth + max(ticks // TICKS_PER_STEP, 1))
            given[step] = GivenNote(pitch, any((one, pitch) in begun for one in within))
    return given


def _shift(pitches: Sequence[int], design: CoconetDesign) -> int:
    """What the model's pitch 0 is played as: its lowest, or octaves from it, so that the line is in its reach."""
    if not pitches:
        return design.lowest

    def outside(octaves: int) -> tuple[int, int]:
        low = design.lowest + OCTAVE * octaves
        return sum(not low <= pitch < low + design.pitches for pitch in pitches), abs(octaves)

    return design.lowest + OCTAVE * min(range(-5, 6), key=outside)


def _folded(index: int, design: CoconetDesign) -> int:
    """A pitch within the model's, octaves away if need be."""
    while index < 0:
        index += OCTAVE
    while index >= design.pitches:
        index -= OCTAVE
    return max(index, 0)


def _before(recipe: Recipe, ticks: int) -> tuple[tuple[Note, ...], int]:
    """What the recipe goes on from, and how many steps of its end the model hears: a bar's."""
    if not recipe.primer or recipe.operator == REDRAWN:
        return recipe.primer, 0
    there = recipe.primer_steps * TICKS_PER_STEP // ticks
    return recipe.primer, min(recipe.metre.bar_ticks // ticks, there)


def _assigned(notes: Sequence[Note], steps: int, ticks: int, played: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
    """Which part has which note in each step, so that parts move little; by step, and then by part."""
    told: dict[int, dict[int, int]] = {}
    last: dict[int, int] = {}
    for step in range(steps):
        sounding = sorted({note.pitch for note in notes if note.start <= step * ticks < note.end}, reverse=True)
        if not sounding or len(sounding) > len(played):
            continue
        row = min(
            (dict(zip(chosen, sounding, strict=True)) for chosen in permutations(played, len(sounding))),
            key=lambda one: _motion(one, last),
        )
        told[step] = row
        last |= row
    return told


def _motion(row: Mapping[int, int], last: Mapping[int, int]) -> tuple[int, int, list[int]]:
    """How far parts move, with crossings last; of equals the higher parts first."""
    ordered = [row[part] for part in sorted(row)]
    crossings = sum(one < other for one, other in pairwise(ordered))
    return crossings, sum(abs(pitch - last.get(part, pitch)) for part, pitch in row.items()), sorted(row)
