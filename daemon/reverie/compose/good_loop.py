"""What is kept of a voice: loops that were good, and how to make them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop

_MOST_BARS, _MOST_NOTES = 256, 20_000
"""Of a loop: more has never been composed."""


@dataclass(frozen=True, slots=True)
class GoodLoop:
    """A loop that passed the guards, with the recipe that made it."""

    recipe: Recipe
    loop: Loop

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return {"recipe": self.recipe.as_json(), "loop": self.loop.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GoodLoop:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is no such data.
        """
        good = cls(Recipe.from_json(data["recipe"]), read_loop(data["loop"]))
        if not {type(name) for name in (good.recipe.scene, good.recipe.voice, good.recipe.kind)} == {str}:
            raise TypeError("a recipe names its scene, its voice and its kind")
        _ = good.recipe.id  # that it has one is all that a recipe of old is asked for
        return good


def read_loop(data: Mapping[str, Any]) -> Loop:
    """Read a loop of a file.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is none, or none that was ever composed.
    """
    loop = Loop.from_json(data)
    if loop.bars > _MOST_BARS or len(loop.notes) > _MOST_NOTES:
        raise ValueError("a loop of that length was never composed")
    return loop
