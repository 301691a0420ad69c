"""The loop before backwards. A tune ends as it began; of drums the downbeat stays, as strokes have no length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reverie.compose.operators.ladder import Ladder, in_register, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import Note


def _backwards(recipe: Recipe) -> Iterable[Note]:
    end = recipe.bars * recipe.metre.bar_ticks
    if recipe.traits.drums:
        strokes = (replace(note, start=-note.start % end) for note in plain(recipe.before))
        return [replace(note, length=min(note.length, end - note.start)) for note in strokes]
    ladder = Ladder(recipe)
    turned = (replace(note, start=end - note.end) for note in plain(recipe.before))
    return in_register(
        recipe, (replace(note, pitch=ladder.pitch(ladder.rung(note.pitch), note.start)) for note in turned)
    )


RETROGRADE = Operator("retrograde", derive=_backwards)
