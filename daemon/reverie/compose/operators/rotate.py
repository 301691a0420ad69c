"""The loop before begun elsewhere: all of it later, and what passes its end comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reverie.compose.operators.ladder import Ladder, in_register, one_at_a_time, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import Note
from reverie.music.time import SLIVER, TICKS_PER_STEP


def _rotated(recipe: Recipe) -> Iterable[Note]:
    end = recipe.bars * recipe.metre.bar_ticks
    said = recipe.settings.get("steps")
    by = _usual(recipe) if said is None else int(said) * TICKS_PER_STEP
    notes = [*_later(plain(recipe.before), by, end)]
    if recipe.traits.drums:
        return notes
    ladder = Ladder(recipe)
    placed = [replace(note, pitch=ladder.pitch(ladder.rung(note.pitch), note.start)) for note in notes]
    return in_register(recipe, one_at_a_time(placed) if recipe.traits.monophonic else placed)


def _later(notes: Iterable[Note], by: int, end: int) -> Iterator[Note]:
    """The notes later by so many ticks, and round the end; of one that would go beyond it no sliver is left."""
    for note in notes:
        start = (note.start + by) % end
        length = min(note.length, end - start)
        if length == note.length or length >= SLIVER:
            yield replace(note, start=start, length=length)


def _usual(recipe: Recipe) -> int:
    """A bar, or of a loop that has only one a beat: then what was strong stays so, as far as that can be.

    Where the bar is a single beat, it is a unit of the metre, or else half a bar.
    """
    bar, beats = recipe.metre.bar_ticks, recipe.metre.beats
    if recipe.bars > 1:
        return bar
    if len(beats) > 1:
        return beats[1]
    unit = recipe.metre.unit_ticks
    return unit if unit < bar else max(bar // (2 * TICKS_PER_STEP), 1) * TICKS_PER_STEP


ROTATE = Operator("rotate", derive=_rotated)
