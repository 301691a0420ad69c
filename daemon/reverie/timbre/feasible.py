"""What of a timbre its model cannot do, and what is rendered instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from reverie.timbre.render.abilities import Abilities
from reverie.timbre.request import BankRequest


class Asked(Protocol):
    """What a scene's timbre and a request for one of its banks have in common."""

    @property
    def velocities(self) -> Sequence[int]:
        """At which each key is rendered."""
        ...

    @property
    def variations(self) -> int:
        """How often each note is rendered."""
        ...

    @property
    def drums(self) -> Sequence[object]:
        """Those of a kit."""
        ...


def within(request: BankRequest, abilities: Abilities) -> BankRequest:
    """The request without variations that would all be the same, of a model that has but one.

    Velocities stay: banks that have them are kept under their names.
    """
    return request if abilities.variations else replace(request, variations=1)


def beyond_abilities(asked: Asked, abilities: Abilities, model: str) -> Iterator[tuple[str, str]]:
    """What the ``model``, which people call so, cannot do: the key in the scene that asks for it, and a sentence."""
    if len(asked.velocities) > 1 and not abilities.velocities:
        what = "makes soft and loud notes of one colour, so velocities differ by level alone; one velocity is enough"
        yield "velocities", f"the timbre model {model} {what}"
    if asked.variations > 1 and not abilities.variations:
        what = "makes a note the same each time, so one variation of it is rendered"
        yield "variations", f"the timbre model {model} {what}"
    if asked.drums and not abilities.unpitched:
        what = "makes notes of a pitch, so drums without one sound like notes; others make them as they are"
        yield "sources", f"the timbre model {model} {what}"
