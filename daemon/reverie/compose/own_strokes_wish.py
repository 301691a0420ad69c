"""The wish for strokes that a person has set after the marker: the model draws them, and so hears them."""

from __future__ import annotations

import numpy as np

from reverie.compose.operators.asked import SEEDED, own_of
from reverie.compose.recipe import Recipe
from reverie.compose.wishes import Weights

_CERTAIN = 60.0
"""The log-weight of such a stroke: e to it is more than any model can say against it."""


def own_strokes_wish(recipe: Recipe) -> Weights | None:
    """Log-weights by which what is set is drawn, and nothing beside it; None where nothing is set."""
    own = own_of(recipe) if recipe.operator == SEEDED else None
    if not own:
        return None
    weights = Weights.even(recipe.bars * recipe.metre.bar_steps)
    begins, rests = weights.begins.copy(), weights.rests.copy()
    for step, strokes in own.items():
        begins[step] = -np.inf
        rests[step] = -np.inf if strokes else 0.0
        for note in strokes:
            begins[step, note.pitch] = _CERTAIN
    return Weights(begins, weights.pitches, weights.holds, rests)
