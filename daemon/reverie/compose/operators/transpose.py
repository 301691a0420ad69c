"""The loop before, some degrees of the scale higher or lower: a sequence, as in a fugue's episode."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from reverie.compose.operators.ladder import Ladder, in_register, plain
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.music.notes import Note

_BY = (1, -1, 2, -2, 3, -3)
"""Degrees, one of which is drawn where nobody says by how many: steps, thirds and fourths."""


def _transposed(recipe: Recipe) -> Iterable[Note]:
    said = recipe.settings.get("degrees")
    by = random.Random(f"transpose {recipe.seed}").choice(_BY) if said is None else int(said)
    ladder = Ladder(recipe)
    return in_register(
        recipe,
        (replace(note, pitch=ladder.pitch(ladder.rung(note.pitch) + by, note.start)) for note in plain(recipe.before)),
    )


TRANSPOSE = Operator("transpose", derive=_transposed)
