"""`groove` and `drumify`: a GrooVAE plays drums, of the loop before or of what other voices play.

They need a model of their own, which is not the voice's. What it makes has its own dynamics and timing.
"""

from __future__ import annotations

from reverie.compose.operators.operator import After, ModelInput, Operator

GROOVED, DRUMIFIED = "groove", "drumify"


def _nothing(own: ModelInput, after: After) -> ModelInput:
    """The loop before stands in the recipe anyway, and so does what is heard."""
    del own, after
    return ModelInput()


GROOVE = Operator(GROOVED, told=_nothing)
DRUMIFY = Operator(DRUMIFIED, told=_nothing, hears=True)
