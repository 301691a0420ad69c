"""What is written, note for note; its dynamics as written, or where only marks are, as the metre gives them.

Where the recipe has a touch, notes keep their marks in place of velocities, and the touch makes velocities of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notation import ACCENT, GHOST
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

_SOFTEST, _LOUDEST = 0.25, 0.75
"""Between which parts of a voice's range notes without a mark are, where others are accents and ghost notes."""


def has_velocities(recipe: Recipe) -> bool:
    """Whether what is written has dynamics and timing of its own, as that of a file; else it has marks at most."""
    return recipe.settings.get("dynamics") == "velocities"


def _written(recipe: Recipe) -> Iterable[Note]:
    notes = recipe.primer
    marked = any(note.velocity in {ACCENT, GHOST} for note in notes)
    as_it_is = has_velocities(recipe) or recipe.touch is not None
    for note in _filling(recipe):
        yield note if as_it_is else replace(note, velocity=velocity_of(recipe, note, marked=marked))


def _filling(recipe: Recipe) -> Iterator[Note]:
    """The primer over and over, as long as the loop is: by its own length if that goes into it, else by whole bars."""
    end, bar = recipe.bars * recipe.metre.bar_ticks, recipe.metre.bar_ticks
    period = max(recipe.primer_steps * TICKS_PER_STEP, 1)
    if end % period:
        period = -(-period // bar) * bar
    for start in range(0, end, period):
        for note in recipe.primer:
            if start + note.start < end:
                yield replace(note.moved(start), length=min(note.length, end - start - note.start))


def velocity_of(recipe: Recipe, note: Note, *, marked: bool) -> int:
    """How loud a note is that has a mark, or none where others are ``marked``, as the metre gives it."""
    low, high = recipe.limits.velocity_low, recipe.limits.velocity_high
    share = recipe.metre.accent(note.start)
    if marked:
        share = _SOFTEST + (_LOUDEST - _SOFTEST) * share
    share = {ACCENT: 1.0, GHOST: 0.0}.get(note.velocity, share)
    return round(low + (high - low) * share)


WRITTEN = Operator("written", derive=_written)
