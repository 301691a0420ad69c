"""What of a request a timbre model cannot do, and what is rendered instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reverie.timbre.render.abilities import Abilities
from reverie.timbre.request import BankRequest


def within(request: BankRequest, abilities: Abilities) -> BankRequest:
    """The request without takes that would all be the same, of a model that has but one.

    Velocities stay: banks that have them are kept under their names.
    """
    return request if abilities.variations else replace(request, variations=1)


def beyond_abilities(request: BankRequest, abilities: Abilities, model: str) -> Iterator[str]:
    """A sentence for each thing that the ``model``, which people call so, cannot do."""
    if len(request.velocities) > 1 and not abilities.velocities:
        yield (
            f"The timbre model {model} makes soft and loud notes of one colour, so velocities differ by level alone; "
            "one velocity is enough."
        )
    if request.variations > 1 and not abilities.variations:
        yield f"The timbre model {model} makes a note the same each time, so one variation of it is rendered."
    if request.drums and not abilities.unpitched:
        yield (
            f"The timbre model {model} makes notes that have a pitch, so drums without one sound like notes; other "
            "models make them as they are."
        )
