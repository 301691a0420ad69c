"""The wish for the metre, of models that lose their place in the bar: that notes begin on beats as in real music.

A model that counts no bars has to know from what it has said where the beat is, and what is a sixteenth late once goes
on late. Of the notes of songs and quartets (OpenScore, 4/4) 68 of 100 begin on quarters and 5 on odd sixteenths; of
what such a model plays after eight bars, a fourth on each sixteenth of the quarter. The weights are the logarithm of
that ratio, about; what a passage has said before does the rest.
"""

from __future__ import annotations

import numpy as np

from reverie.compose.metre_score import BEAT
from reverie.compose.recipe import Recipe
from reverie.compose.wishes import PITCHES, Weights
from reverie.music.time import TICKS_PER_STEP

_BAR, _HALF, _BEAT, _EIGHTH, _SIXTEENTH = 0.35, 0.3, 0.3, -0.3, -1.1
_BY_ACCENT = ((1.0, _BAR), (0.85, _HALF), (0.7, _BEAT), (0.35, _EIGHTH), (0.0, _SIXTEENTH))
"""Log-weights of a beginning by the least accent of its place in the bar."""


def metre_wish(recipe: Recipe) -> Weights | None:
    """Log-weights of each beginning by its place in the bar; None where the recipe does not ask for it."""
    share = recipe.settings.get(BEAT)
    if not isinstance(share, float) or share <= 0:
        return None
    steps = recipe.bars * recipe.metre.bar_steps
    column = np.array([share * _weight(recipe.metre.accent(step * TICKS_PER_STEP)) for step in range(steps)])
    even = Weights.even(steps)
    begins = np.repeat(column.astype(np.float32)[:, None], PITCHES, axis=1)
    return Weights(begins, even.pitches, even.holds, even.rests)


def _weight(accent: float) -> float:
    return next(weight for least, weight in _BY_ACCENT if accent >= least)
