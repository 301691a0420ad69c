"""From a recipe to a loop that may be played: the model composes, the guard judges, the best is kept.

Where the guard refuses all candidates, another seed is tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.compose.choice import choose
from reverie.compose.engine import Engine
from reverie.compose.guard import guard
from reverie.compose.memories import Memories
from reverie.compose.recipe import Recipe
from reverie.compose.seeds import derive_seed
from reverie.music.notes import Loop

ATTEMPTS = 6
"""How often a refused loop is tried again; each attempt costs a tenth of a second or so."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer: the recipe that really made the loop (its seed is that of the attempt), or no loop at all.

    ``refused`` counts refusals by reason over all candidates, ``clipped`` mended notes by kind in the loop that was
    kept. ``memory`` names what a loop that continues this one goes on from.
    """

    recipe: Recipe
    loop: Loop | None
    refused: Mapping[str, int]
    clipped: Mapping[str, int]
    memory: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message."""
        return {
            "recipe": self.recipe.as_json(),
            "loop": self.loop and self.loop.as_json(),
            "refused": dict(self.refused),
            "clipped": dict(self.clipped),
            "memory": self.memory,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Composed:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no such data.
        """
        loop = data["loop"]
        return cls(
            Recipe.from_json(data["recipe"]),
            loop and Loop.from_json(loop),
            data["refused"],
            data["clipped"],
            data["memory"],
        )


def compose(engine: Engine, recipe: Recipe, memories: Memories) -> Composed:
    """Ask ``engine`` for the loop of ``recipe``, with further seeds while the guard refuses all candidates.

    The answer's recipe is that of the attempt that came to something, with the candidate that was kept: composing it
    gives the same loop at once. A memory that is gone is left out of it, as the model then heard the primer instead.

    Raises:
        ModelError: if the engine cannot run the recipe's model.
    """
    memory = memories.find(recipe.memory) if recipe.memory else None
    if memory is None and recipe.memory:
        recipe = replace(recipe, memory=None)
    refused: Counter[str] = Counter()
    attempt = recipe
    for number in range(ATTEMPTS):
        attempt = replace(recipe, seed=derive_seed(recipe.seed, "attempt", number)) if number else recipe
        candidates = engine.generate(attempt, memory)
        guarded = [guard(attempt, candidate.notes) for candidate in candidates]
        refused.update(str(one.refusal) for one in guarded if one.refusal)
        likelihoods = [candidate.log_likelihood for candidate in candidates]
        kept = choose(attempt, guarded, likelihoods, [candidate.notes for candidate in candidates])
        if kept is None:
            continue
        choice, score = kept
        remembered = candidates[choice].memory
        return Composed(
            replace(attempt, choice=choice, score=score),
            guarded[choice].loop,
            refused,
            Counter({str(kind): count for kind, count in guarded[choice].clips.items()}),
            memories.keep(remembered) if remembered is not None else None,
        )
    return Composed(attempt, None, refused, Counter())
