"""How new a voice wants its loops to be, beside its last one and those of an hour and of a week; and how new one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop

HOUR = 3600.0
WEEK = 7 * 24 * HOUR
"""Seconds."""
Band = tuple[float, float]
"""The least and the most distance, from 0, the same, to 1, nothing in common."""
Amiss = Literal["", "alike", "strange"]
"""What is wrong with a loop outside its bands."""


@dataclass(frozen=True, slots=True)
class NoveltyBands:
    """The distances that a loop is to keep: from the last loop, and from the most similar of an hour and of a week."""

    last: Band = (0.0, 1.0)
    hour: Band = (0.0, 1.0)
    week: Band = (0.0, 1.0)

    def excess(self, last: float | None, hour: float | None, week: float | None) -> float:
        """How far outside its bands a loop is at most: below 0 if it is too alike, above if too strange, 0 inside.

        A distance that is not known is inside. What is too alike counts before what is too strange, for the last loop
        and the one of last week may not both be met.
        """
        known = [(band, far) for band, far in ((self.last, last), (self.hour, hour), (self.week, week))]
        alike = max((low - far for (low, _), far in known if far is not None), default=0.0)
        if alike > 0:
            return -alike
        return max(max((far - high for (_, high), far in known if far is not None), default=0.0), 0.0)


@dataclass(frozen=True, slots=True)
class Novelty:
    """How far a loop is from others of its voice; None where there is none. Distances are 0 to 1.

    ``excess`` is how far it is outside its bands: below 0 if it is too alike, above 0 if it is too strange; and
    ``guarded`` whether its voice has bands at all. ``warmer`` is by how many steps of temperature it was composed
    hotter than its voice has it, or below 0 cooler.
    """

    last: float | None = None
    hour: float | None = None
    week: float | None = None
    excess: float = 0.0
    guarded: bool = False
    warmer: int = 0

    @property
    def amiss(self) -> Amiss:
        """What is wrong with it; nothing inside its bands."""
        return "alike" if self.excess < 0 else "strange" if self.excess > 0 else ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Novelty:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError: if it is no such data.
        """
        return cls(**data)


class PlayedBefore(Protocol):
    """What a voice has played, as whoever composes for it asks."""

    @property
    def bands(self) -> NoveltyBands | None:
        """The bands of the voice, if it has any."""
        ...

    def novelty(self, recipe: Recipe, loop: Loop) -> Novelty:
        """How new a loop is."""
        ...
