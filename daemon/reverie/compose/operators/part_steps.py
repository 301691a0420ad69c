"""What `mutate` and `continue` are for a voice of four parts: some places are drawn again, or all of them.

Such a model remembers nothing from loop to loop: what it is told of the loop before is its notes.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverie.compose.operators.operator import After, ModelInput, Operator
from reverie.music.time import TICKS_PER_STEP

REDRAWN, LED_ON = "parts-mutate", "parts-continue"

PART_WAYS: Mapping[str, str] = {"mutate": REDRAWN, "continue": LED_ON}
"""By which operators a voice of such a model does what its scene names."""


def the_loop(own: ModelInput, after: After) -> ModelInput:
    """The loop before, all of it."""
    del own
    return ModelInput(after.loop.notes, after.loop.ticks // TICKS_PER_STEP)


PARTS_MUTATE = Operator(REDRAWN, told=the_loop)
PARTS_CONTINUE = Operator(LED_ON, told=the_loop)
