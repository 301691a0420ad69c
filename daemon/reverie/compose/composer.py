"""From a recipe to a loop that may be played: the model composes, the guard judges, another seed is tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.compose.engine import Engine
from reverie.compose.guard import guard
from reverie.compose.recipe import Recipe
from reverie.compose.seeds import derive_seed
from reverie.music.notes import Loop

ATTEMPTS = 6
"""How often a refused loop is tried again; each attempt costs a tenth of a second or so."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer: the recipe that really made the loop (its seed is that of the attempt), or no loop at all.

    ``refused`` counts refusals by reason and ``clipped`` mended notes by kind, over all attempts.
    """

    recipe: Recipe
    loop: Loop | None
    refused: Mapping[str, int]
    clipped: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message."""
        return {
            "recipe": self.recipe.as_json(),
            "loop": self.loop and self.loop.as_json(),
            "refused": dict(self.refused),
            "clipped": dict(self.clipped),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Composed:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no such data.
        """
        loop = data["loop"]
        return cls(Recipe.from_json(data["recipe"]), loop and Loop.from_json(loop), data["refused"], data["clipped"])


def compose(engine: Engine, recipe: Recipe) -> Composed:
    """Ask ``engine`` for the loop of ``recipe``, with further seeds while the guard refuses.

    The first attempt uses the recipe's own seed: composing an answer's recipe again gives the same loop at once.

    Raises:
        ModelError: if the engine cannot run the recipe's model.
    """
    refused: Counter[str] = Counter()
    clipped: Counter[str] = Counter()
    attempt = recipe
    for number in range(ATTEMPTS):
        attempt = replace(recipe, seed=derive_seed(recipe.seed, "attempt", number)) if number else recipe
        outcome = guard(attempt, engine.generate(attempt))
        clipped.update(outcome.clips)
        if outcome.loop:
            return Composed(attempt, outcome.loop, refused, clipped)
        refused[str(outcome.refusal)] += 1
    return Composed(attempt, None, refused, clipped)
