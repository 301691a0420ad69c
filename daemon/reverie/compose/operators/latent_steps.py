"""What `mutate` and `continue` are for a voice whose model has a latent space: steps from where the last loop was.

Such a model remembers nothing from loop to loop, and what it is told of the loop before is its place. Where nobody
knows that, as of a pattern that is written, it is told the notes, and finds the place.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverie.compose.operators.operator import After, ModelInput, Operator
from reverie.music.time import TICKS_PER_STEP

MUTATED, CONTINUED = "latent-mutate", "latent-continue"
TOGETHER = "together"
"""The setting of voices that play parts of one model: the seed of the places that they share."""

LATENT_WAYS: Mapping[str, str] = {"mutate": MUTATED, "continue": CONTINUED}
"""By which operators a voice of such a model does what its scene names."""


def from_the_place(own: ModelInput, after: After) -> ModelInput:
    """The place of the loop before; the primer stays, for key and register are counted from it."""
    del own
    last = after.recipe.remembered[-1:]
    if last and last[0].events:
        return ModelInput(after.recipe.primer, after.recipe.primer_steps, last)
    return ModelInput(after.loop.notes, after.loop.ticks // TICKS_PER_STEP)


LATENT_MUTATE = Operator(MUTATED, told=from_the_place)
LATENT_CONTINUE = Operator(CONTINUED, told=from_the_place)
