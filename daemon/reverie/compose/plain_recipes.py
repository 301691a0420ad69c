"""Recipes without what has no part in the music of their operator, so that they are the same whenever it is played."""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.operators.groove import GROOVED
from reverie.compose.operators.written import has_velocities
from reverie.compose.recipe import Recipe
from reverie.scenes.operators import OPERATOR_TRAITS


def without_what_does_not_count(recipe: Recipe) -> Recipe:
    """A recipe as it is kept; a groove has one candidate, and is to be no other loop than the one before."""
    if recipe.operator == GROOVED:
        return replace(recipe, candidates=1, novelty=(0.0, 1.0))
    return _literal(recipe) if OPERATOR_TRAITS[recipe.operator].source == "written" else recipe


def _literal(recipe: Recipe) -> Recipe:
    """A recipe without what has no part in music that is written, so that it is the same whenever that is played."""
    plain = replace(recipe, seed=0, temperature=1.0, past=(), candidates=1, before=())
    touch = None if has_velocities(recipe) else recipe.touch
    return replace(plain, harmony=(), strictness=0.0, relations=(), touch=touch)
