"""The loop before begun elsewhere: all of it later, and what passes its end comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reverie.compose.operators.ladder import Ladder, in_register, one_at_a_time, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP


def _rotated(recipe: Recipe) -> Iterable[Note]:
    end = recipe.bars * recipe.metre.bar_ticks
    said = recipe.settings.get("steps")
    by = _usual(recipe) if said is None else int(said) * TICKS_PER_STEP
    later = (replace(note, start=(note.start + by) % end) for note in plain(recipe.before))
    notes = [replace(note, length=min(note.length, end - note.start)) for note in later]
    if recipe.traits.drums:
        return notes
    ladder = Ladder(recipe)
    placed = [replace(note, pitch=ladder.pitch(ladder.rung(note.pitch), note.start)) for note in notes]
    return in_register(recipe, one_at_a_time(placed) if recipe.traits.monophonic else placed)


def _usual(recipe: Recipe) -> int:
    """A bar, or of a loop that has only one a beat: then what was strong stays so, as far as that can be."""
    beats = recipe.metre.beats
    if recipe.bars > 1 or len(beats) == 1:
        return recipe.metre.bar_ticks
    return beats[1]


ROTATE = Operator("rotate", derive=_rotated)
