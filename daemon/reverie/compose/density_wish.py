"""The wish for more notes or fewer, where the course of a scene wants a voice denser or thinner than it is by itself.

Density of the scene's voice is a matter of what its model likes, within limits. So what moves it leans on the model's
own odds: that a note begins becomes so many times as likely, wherever the model would begin one.
"""

from __future__ import annotations

import math

import numpy as np

from reverie.compose.recipe import Recipe
from reverie.compose.wishes import PITCHES, Weights

_FARTHEST = math.log(4.0)
"""What the density is more than four times as high or as low, is no matter of leaning."""
_DRUMS = 0.6
"""Of drums, strokes together weigh their sum, so that each weighs less."""


def density_wish(recipe: Recipe) -> Weights | None:
    """Log-weights of each beginning; None where the voice is as dense as it is by itself."""
    if recipe.density == 1.0:
        return None
    leaning = math.log(max(recipe.density, 1e-3))
    leaning = min(max(leaning, -_FARTHEST), _FARTHEST) * (_DRUMS if recipe.traits.drums else 1.0)
    even = Weights.even(recipe.bars * recipe.metre.bar_steps)
    begins = even.begins + np.full((1, PITCHES), leaning, np.float32)
    return Weights(begins, even.pitches, even.holds, even.rests)
