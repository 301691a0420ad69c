"""Playlists: scenes from which the programme draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from reverie.documents import Keys, Section

Weight = Annotated[float, Field(gt=0, le=1000)]

MINUTES = 30.0
"""Minutes that a scene plays, where nothing else is said."""


class PlaylistSection(Section):
    """Scenes that are drawn one after the other, none of them twice in a row."""

    scenes: dict[str, Weight] = Field(
        min_length=1,
        description="The scenes, each with its weight: one of weight 2 comes up twice as often as one of weight 1.",
        examples=[{"first-light": 2, "night-watch": 1}],
    )
    minutes: float | None = Field(
        default=None, ge=1, le=1440, description="Minutes that each scene plays; null, and no `bars`: 30."
    )
    bars: int | None = Field(
        default=None,
        ge=4,
        le=10_000,
        description="Bars that each scene plays, counted at its own tempo.",
        examples=[256],
    )
    seed: int = Field(default=0, ge=0, description="Another number draws other orders; the same day has the same.")

    @property
    def seconds(self) -> float:
        """Seconds that each scene plays; 0 where it is bars that count."""
        return 0.0 if self.bars is not None else (self.minutes or MINUTES) * 60

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Minutes or bars."""
        if self.minutes is not None and self.bars is not None:
            yield ("bars",), "a scene of a playlist plays for `minutes` or for `bars`, not for both"
