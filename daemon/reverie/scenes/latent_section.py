"""How a voice whose model has a latent space goes through it: from place to place, or on a walk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reverie.documents import Section

CORNERS = 4
"""Places of a grid."""


class InterpolateSection(Section):
    """Where the operator `interpolate` leads, and in how many steps."""

    to: Literal["primer", "new"] = Field(
        default="primer",
        description=(
            "Where it leads: 'primer', to what is written as primer or pattern, and from there to a new place, and so "
            "on in turn; or 'new', always to a new place of the scene's own chance."
        ),
    )
    steps: int = Field(default=8, ge=2, le=64, description="In how many loops it is there.")


class WalkSection(Section):
    """Between which places the operator `walk` goes, and how: where it is, depends on the scene's bar alone."""

    kind: Literal["line", "there_and_back", "grid", "random_walk"] = Field(
        default="there_and_back",
        description=(
            "'line', from the first place to the last, where it stays; 'there_and_back', for ever; 'grid', over a "
            "square with a place in each corner, line by line and back; 'random_walk', by small steps of chance."
        ),
    )
    places: int = Field(
        default=2,
        ge=2,
        le=16,
        description="How many places, of the scene's chance; the first is the primer's, if there is one. A grid has 4.",
    )
    steps: int = Field(
        default=8, ge=2, le=1000, description="Loops from the first place to the last; of a grid, along a side."
    )

    @property
    def count(self) -> int:
        """How many places it goes between."""
        return CORNERS if self.kind == "grid" else self.places
