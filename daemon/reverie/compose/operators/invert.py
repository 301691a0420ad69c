"""The loop before upside down: each step up becomes as many degrees down, from the first note on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reverie.compose.operators.ladder import Ladder, in_register, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import Note


def _inverted(recipe: Recipe) -> Iterable[Note]:
    ladder, notes = Ladder(recipe), plain(recipe.before)
    axis = 2 * ladder.rung(notes[0].pitch) if notes else 0
    turned = (replace(note, pitch=ladder.pitch(axis - ladder.rung(note.pitch), note.start)) for note in notes)
    return in_register(recipe, turned)


INVERT = Operator("invert", derive=_inverted)
