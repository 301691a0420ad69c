"""From a recipe to a loop that may be played: model or operator compose, the guard judges, the best is kept.

Where the guard refuses all candidates, or the best is the loop before once more, another seed is tried. Where all seeds
come to nothing, what was too dense is thinned out.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.guard import Guarded, guard
from reverie.compose.operators.operator import Operator
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.player_touch import touched
from reverie.compose.recipe import Recipe
from reverie.compose.seeds import derive_seed
from reverie.compose.selection import choose, distance
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.music.notes import Loop

log = logging.getLogger(__name__)

ATTEMPTS = 6
"""How often a recipe is tried, if all its candidates are refused."""

_CANDIDATES = 24
"""How many candidates are composed for an answer at most, unless a single attempt has more: nobody waits for ever."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer: the recipe that really made the loop (its seed is that of the attempt), or no loop at all.

    ``refused`` counts refusals by reason over all candidates, ``clipped`` mended notes by kind in the loop that was
    kept.
    """

    recipe: Recipe
    loop: Loop | None
    refused: Mapping[str, int]
    clipped: Mapping[str, int]

    @property
    def is_the_loop_before(self) -> bool:
        """Whether the loop is the one before once more, note for note, although the voice asks for something new."""
        recipe = self.recipe
        if self.loop is None or not recipe.before or recipe.novelty[0] <= 0:
            return False
        return distance(self.loop.notes, recipe.before) == 0

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
        return cls(
            Recipe.from_json(data["recipe"]),
            loop and Loop.from_json(loop),
            data["refused"],
            data["clipped"],
        )


def compose(engine: Engine, recipe: Recipe, memories: Memories) -> Composed:
    """Ask ``engine``, or the operator itself, for a loop, with further seeds while the guard refuses all candidates.

    The answer's recipe is that of the attempt that came to something, with the candidate that was kept: composing it
    gives the same loop at once.

    Raises:
        ModelError: if the engine cannot run the recipe's model.
    """
    operator = OPERATORS[recipe.operator]
    maker = "" if operator.derive else engine.name
    refused: Counter[str] = Counter()
    again: Composed | None = None
    attempt, candidates = recipe, list[Candidate]()
    for number in range(min(ATTEMPTS, max(1, _CANDIDATES // recipe.candidates))):
        attempt = replace(recipe, seed=derive_seed(recipe.seed, "attempt", number)) if number else recipe
        candidates = list(_made(operator, engine, attempt, memories))
        # A recipe of which a loop was kept may have been thinned out to make it.
        guarded = [guard(attempt, one.notes, thin=recipe.choice is not None) for one in candidates]
        refused.update(str(one.refusal) for one in guarded if one.refusal)
        made = _kept(maker, attempt, candidates, guarded, memories)
        if made and (recipe.choice is not None or not made.is_the_loop_before):
            return replace(made, refused=refused)
        again = again or made
    if again is None:
        thinned = [guard(attempt, one.notes, thin=True) for one in candidates]
        again = _kept(maker, attempt, candidates, thinned, memories)
    return replace(again, refused=refused) if again else Composed(attempt, None, refused, Counter())


def derived(recipe: Recipe) -> Composed:
    """The loop of an operator that needs no engine: the same as :func:`compose` makes of it.

    Raises:
        ValueError: if the operator needs a model.
    """
    operator = OPERATORS[recipe.operator]
    if operator.derive is None:
        raise ValueError(f"a model composes what {recipe.operator!r} asks for")
    candidates = [Candidate(tuple(operator.derive(recipe)))]
    guarded = [guard(recipe, candidates[0].notes)]
    made = _kept("", recipe, candidates, guarded, Memories())
    refused = Counter(str(one.refusal) for one in guarded if one.refusal)
    return made or Composed(recipe, None, refused, Counter())


def _kept(
    engine: str,
    asked: Recipe,
    candidates: Sequence[Candidate],
    guarded: Sequence[Guarded],
    memories: Memories,
) -> Composed | None:
    """The best of the candidates that passed the guard, and what its model remembers of it; None where none did."""
    likelihoods = [candidate.log_likelihood for candidate in candidates]
    kept = choose(asked, guarded, likelihoods, [candidate.notes for candidate in candidates])
    if kept is None:
        return None
    choice, score = kept
    made = replace(asked, choice=choice, score=score, engine=engine, events=candidates[choice].events)
    remember = candidates[choice].memory
    if remember:
        memories.keep(made.memory_after, remember())
    clips = Counter({str(kind): count for kind, count in guarded[choice].clips.items()})
    loop = guarded[choice].loop
    return Composed(made, loop and touched(made, loop), {}, clips)


def _made(operator: Operator, engine: Engine, recipe: Recipe, memories: Memories) -> Sequence[Candidate]:
    """What the operator makes itself, or a model composes."""
    if operator.derive:
        return [Candidate(tuple(operator.derive(recipe)))]
    return _generated(engine, recipe, memories)


def _generated(engine: Engine, recipe: Recipe, memories: Memories) -> Sequence[Candidate]:
    """Ask the engine; a memory that it cannot use, such as one of an older version, is drawn again."""
    name = recipe.memory
    memory = memories.find(name) if name else None
    if name and memory is not None:
        try:
            return engine.generate(recipe, memory)
        except ModelError as error:
            log.info("A memory of %s is drawn again (%s).", recipe.model, error)
            memories.forget(name)
    return engine.generate(recipe)
