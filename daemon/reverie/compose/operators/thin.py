"""The loop before with fewer notes: those with the least weight are left out, and a tune holds on over them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from reverie.compose.guard import held_on
from reverie.compose.operators.ladder import plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import MAX_MIDI, Note

_USUAL = 0.6
"""The share of notes that stays where nobody says how many."""


def _thinned(recipe: Recipe) -> Iterable[Note]:
    """As many notes as are wanted, but no fewer than the voice has at least, and one of each bar that has any."""
    notes, ticks = plain(recipe.before), recipe.metre.bar_ticks
    by_weight = sorted(notes, key=lambda note: (-_weight(recipe, note), note))
    first = {note.start // ticks: note for note in reversed(by_weight)}
    share = float(recipe.settings.get("to", _USUAL))
    count = max(round(len(notes) * share), math.ceil(recipe.limits.least * recipe.bars), len(first))
    kept = [*first.values(), *(note for note in by_weight if first[note.start // ticks] is not note)][:count]
    return held_on(notes, sorted(kept)) if recipe.traits.monophonic else sorted(kept)


def _weight(recipe: Recipe, note: Note) -> float:
    """How much is missed without a note: by its place, by how loud it is, and in a tune by how long."""
    long = 0.0 if recipe.traits.drums else min(note.length / recipe.metre.bar_ticks, 1.0)
    return recipe.metre.accent(note.start) + 0.5 * note.velocity / MAX_MIDI + long


THIN = Operator("thin", derive=_thinned)
