"""How a voice whose model has a latent space goes through it: from place to place, or on a walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.scenes.primer import tune_primer

CORNERS = 4
"""Places of a grid."""
MOST_PLACES = 16
WIDEST = 33
"""Loops along a side of a grid, at most."""


def _tune(text: str) -> str:
    """A tune, checked where it stands.

    Raises:
        ValueError: if it is none, or has no note.
    """
    if not tune_primer(text).notes:
        raise ValueError("a tune has a note")
    return text


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
        le=MOST_PLACES,
        description="How many places, of the scene's chance; the first is the primer's, if there is one. A grid has 4.",
    )
    tunes: Annotated[
        tuple[Annotated[str, AfterValidator(_tune)], ...] | None,
        Field(strict=False, min_length=2, max_length=MOST_PLACES),
    ] = Field(
        default=None,
        description=(
            "Of melodies and basses: tunes that stand at the places, in place of the primer and of chance; a grid has "
            "4, in its corners: left and right of its first line, then of its last."
        ),
        examples=[["C5:4 E5:4 G5:8", "G4:2 A4:2 B4:4 D5:8"]],
    )
    steps: int = Field(
        default=8,
        ge=2,
        le=1000,
        description=f"Loops from the first place to the last; of a grid, along a side, {WIDEST} at most.",
    )

    @property
    def count(self) -> int:
        """How many places it goes between."""
        if self.kind == "grid":
            return CORNERS
        return len(self.tunes) if self.tunes else self.places

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """There are as many tunes as places, and as many steps as it takes to come by all of them."""
        if self.kind == "grid":
            yield from self._misfits_of_grid()
            return
        if self.tunes and "places" in self.model_fields_set and self.places != len(self.tunes):
            sentence = f"there are {len(self.tunes)} tunes, and a walk has a place for each; leave 'places' out"
            yield ("places",), sentence
        if self.kind != "random_walk" and self.steps < self.count:
            sentence = f"in {self.steps} loops a walk does not come by all of its {self.count} places"
            key = next((one for one in ("steps", "places", "tunes") if one in self.model_fields_set), "steps")
            yield (key,), f"{sentence}; write 'steps: {self.count}' or more"

    def _misfits_of_grid(self) -> Iterator[tuple[Keys, str]]:
        if self.tunes is not None and len(self.tunes) != CORNERS:
            yield ("tunes",), f"a grid has a tune in each of its {CORNERS} corners, and here are {len(self.tunes)}"
        if "places" in self.model_fields_set and self.places != CORNERS:
            yield ("places",), f"a grid has a place in each of its {CORNERS} corners; leave 'places' out"
        if self.steps > WIDEST:
            yield ("steps",), f"a grid has {WIDEST} loops along a side at most, not {self.steps}"
