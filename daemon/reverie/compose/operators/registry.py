"""All operators by name.

Whoever adds one writes a module beside this, an entry here, and its sentence in :mod:`reverie.scenes.operators`.
"""

from __future__ import annotations

from collections.abc import Mapping

from reverie.compose.operators.asked import BLEND, GIVE, SEED_ON
from reverie.compose.operators.basic import CONTINUE, LOOP, MUTATE, RESET, RETURN
from reverie.compose.operators.fill import FILL
from reverie.compose.operators.fit_to_chords import FIT_TO_CHORDS
from reverie.compose.operators.groove import DRUMIFY, GROOVE
from reverie.compose.operators.invert import INVERT
from reverie.compose.operators.last_bar import LAST_BAR
from reverie.compose.operators.latent_steps import LATENT_CONTINUE, LATENT_MUTATE
from reverie.compose.operators.latent_walks import INTERPOLATE, WALK
from reverie.compose.operators.operator import Operator
from reverie.compose.operators.part_steps import PARTS_CONTINUE, PARTS_MUTATE
from reverie.compose.operators.respond import RESPOND
from reverie.compose.operators.retrograde import RETROGRADE
from reverie.compose.operators.rotate import ROTATE
from reverie.compose.operators.thicken import THICKEN
from reverie.compose.operators.thin import THIN
from reverie.compose.operators.transpose import TRANSPOSE
from reverie.compose.operators.vary import VARY
from reverie.compose.operators.voice_chords import VOICE_CHORDS
from reverie.compose.operators.written import WRITTEN

_TRANSFORMING = (TRANSPOSE, INVERT, RETROGRADE, ROTATE, THIN, THICKEN, RESPOND)
_ALL = (
    *(RESET, CONTINUE, MUTATE, LOOP, WRITTEN, *_TRANSFORMING, RETURN),
    *(GROOVE, DRUMIFY, INTERPOLATE, WALK),
    *(FIT_TO_CHORDS, VOICE_CHORDS, VARY, FILL, LAST_BAR, LATENT_MUTATE, LATENT_CONTINUE, PARTS_MUTATE, PARTS_CONTINUE),
    *(SEED_ON, BLEND, GIVE),
)

OPERATORS: Mapping[str, Operator] = {operator.name: operator for operator in _ALL}
