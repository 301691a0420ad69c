"""`interpolate` and `walk`: ways through the latent space of a voice's model, loop by loop.

The one leads from wherever the voice is to another place, in so many steps; where it is on its way, follows from the
loop before. The other goes between places of the scene, and where it is, follows from the bar.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverie.compose.operators.latent_steps import TOGETHER, from_the_place
from reverie.compose.operators.operator import After, ModelInput, Operator

INTERPOLATED, WALKED = "interpolate", "walk"
LEFT, TO, TARGET = "left", "to", "target"
"""Settings of `interpolate`: how many steps it is from there, this one included; whether to the primer or to a new
place; and the seed of that place, which is the recipe's own where the way begins, or that of the voices that share
it."""
PRIMER, NEW = "primer", "new"
SEED, SHARE, TUNE = "seed", "share", "tune"
"""Settings of `walk`: the seed of its places, the share of each, and the tune that stands there if one is written, by
its number."""


def _toward_the_primer(own: ModelInput, after: After) -> ModelInput:
    """From the place of the loop before; the scene's primer is where it leads."""
    return ModelInput(own.primer, own.primer_steps, from_the_place(own, after).past)


def _one_step_on(after: After) -> Mapping[str, float | str]:
    """The rest of the way; at its end another begins, from the primer to a new place."""
    was = after.recipe.settings
    if after.recipe.operator != INTERPOLATED:
        return {}
    left = float(was[LEFT])
    if left > 1:
        return {LEFT: left - 1, TO: was[TO], TARGET: was.get(TARGET, was.get(TOGETHER, after.recipe.seed))}
    return {TO: NEW} if was[TO] == PRIMER else {}


INTERPOLATE = Operator(INTERPOLATED, told=_toward_the_primer, carried=_one_step_on)
WALK = Operator(WALKED)
