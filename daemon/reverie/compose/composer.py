"""From a recipe to a loop that may be played: model or operator compose, the guard judges, the best is kept.

Where the guard refuses all candidates, or the best is the loop before once more, another seed is tried. Where all seeds
come to nothing, what was too dense is thinned out. A voice that has bands of novelty gets the best candidate inside
them; without one another seed is tried, hotter where loops are too much like others, and cooler where they are too
strange.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.guard import Guarded, guard
from reverie.compose.novelty_bands import Amiss, Novelty, PlayedBefore
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.pedal import pedalled
from reverie.compose.player_touch import touched
from reverie.compose.recipe import Recipe
from reverie.compose.seeds import derive_seed
from reverie.compose.selection import distance, ranked
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.music.notes import Loop

log = logging.getLogger(__name__)

ATTEMPTS = 6
"""How often a recipe is tried, if all its candidates are refused."""

_CANDIDATES = 24
"""How many candidates are composed for an answer at most, unless a single attempt has more: nobody waits for ever."""
_GUARDED_CANDIDATES = 40
"""The same, where a voice has bands of novelty."""
WARMER = 1.12
"""The factor of a step of temperature: two steps are the way from a calm voice to a lively one."""
_COLDEST, _HOTTEST = 0.1, 3.0
"""Those that scenes may have."""
_WAY: Mapping[Amiss, int] = {"": 0, "alike": 1, "strange": -1}
"""By how many steps the next attempt is hotter."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer: the recipe that really made the loop (its seed is that of the attempt), or no loop at all.

    ``refused`` counts refusals by reason over all candidates, ``clipped`` mended notes by kind in the loop that was
    kept. ``novelty`` is how new it is, where whoever composed it knew what its voice has played.
    """

    recipe: Recipe
    loop: Loop | None
    refused: Mapping[str, int]
    clipped: Mapping[str, int]
    novelty: Novelty | None = None

    @property
    def is_the_loop_before(self) -> bool:
        """Whether the loop is the one before once more, note for note, although the voice asks for something new."""
        recipe = self.recipe
        if self.loop is None or not recipe.before or recipe.novelty[0] <= 0:
            return False
        return distance(self.loop.notes, recipe.before) == 0

    @property
    def good(self) -> bool:
        """Whether there is a loop, which is new, and inside its bands."""
        inside = self.novelty is None or not self.novelty.amiss
        return self.loop is not None and inside and not self.is_the_loop_before

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message."""
        data = {
            "recipe": self.recipe.as_json(),
            "loop": self.loop and self.loop.as_json(),
            "refused": dict(self.refused),
            "clipped": dict(self.clipped),
        }
        return data | ({"novelty": self.novelty.as_json()} if self.novelty else {})

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
            Novelty.from_json(data["novelty"]) if data.get("novelty") else None,
        )


def compose(engine: Engine, recipe: Recipe, memories: Memories, played: PlayedBefore | None = None) -> Composed:
    """Ask ``engine``, or the operator itself, for a loop, with further seeds while nothing that comes may be played.

    The answer's recipe is that of the attempt that came to something, with the candidate that was kept: composing it
    gives the same loop at once, whatever has been played by then.

    Args:
        engine: what runs models.
        recipe: what is asked for.
        memories: what models remember.
        played: what the voice has played, beside which its loops are to be new.

    Raises:
        ModelError: if the engine cannot run the recipe's model.
    """
    settled = recipe.choice is not None
    guarded = played is not None and played.bands is not None and recipe.drawn and not settled
    refused: Counter[str] = Counter()
    best: _Found | None = None
    attempt, warmer, candidates = recipe, 0, list[Candidate]()
    for number in range(_attempts(recipe, guarded=guarded)):
        if number:
            attempt = replace(_tempered(recipe, warmer), seed=derive_seed(recipe.seed, "attempt", number))
        candidates = list(_made(engine, attempt, memories))
        # A recipe of which a loop was kept may have been thinned out to make it.
        bent = [guard(attempt, one.notes, thin=settled) for one in candidates]
        refused.update(str(one.refusal) for one in bent if one.refusal)
        found: list[_Found] = []
        for one in _found(engine, attempt, candidates, bent, played, warmer, only_best=not guarded):
            if settled or not one.outside:
                return one.kept(refused, memories)
            found.append(one)
        if found:
            best = min((best, *found) if best else found, key=lambda one: one.outside)
            warmer += _WAY[found[0].amiss]
    if best is None:
        thinned = [guard(attempt, one.notes, thin=True) for one in candidates]
        best = next(_found(engine, attempt, candidates, thinned, played, warmer, only_best=True), None)
    return best.kept(refused, memories) if best else Composed(attempt, None, refused, Counter())


def derived(recipe: Recipe) -> Composed:
    """The loop of an operator that needs no engine: the same as :func:`compose` makes of it.

    Raises:
        ValueError: if the operator needs a model.
    """
    operator = OPERATORS[recipe.operator]
    if operator.derive is None:
        raise ValueError(f"a model composes what {recipe.operator!r} asks for")
    candidates = [Candidate(tuple(operator.derive(recipe)))]
    bent = [guard(recipe, candidates[0].notes)]
    made = next(_found(None, recipe, candidates, bent, None, 0, only_best=True), None)
    refused = Counter(str(one.refusal) for one in bent if one.refusal)
    return made.kept(refused, Memories()) if made else Composed(recipe, None, refused, Counter())


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate that passed the guard, and what its model remembers of it."""

    answer: Composed
    memory: Callable[[], bytes] | None

    @property
    def amiss(self) -> Amiss:
        """What is wrong with it beside other loops."""
        if self.answer.is_the_loop_before:
            return "alike"
        return self.answer.novelty.amiss if self.answer.novelty else ""

    @property
    def outside(self) -> float:
        """How far outside its bands it is; nothing is worse than the loop before once more."""
        if self.answer.is_the_loop_before:
            return math.inf
        return abs(self.answer.novelty.excess) if self.answer.novelty else 0.0

    def kept(self, refused: Mapping[str, int], memories: Memories) -> Composed:
        """The answer with it."""
        if self.memory:
            recipe = self.answer.recipe
            memories.keep(recipe.memory_after, self.memory(), f"{recipe.scene}/{recipe.voice}")
        return replace(self.answer, refused=refused)


def _found(
    engine: Engine | None,
    asked: Recipe,
    candidates: Sequence[Candidate],
    bent: Sequence[Guarded],
    played: PlayedBefore | None,
    warmer: int,
    *,
    only_best: bool,
) -> Iterator[_Found]:
    """The candidates that passed the guard, the best first."""
    operator = OPERATORS[asked.operator]
    maker = "" if engine is None or operator.derive else engine.name
    likelihoods = [candidate.log_likelihood for candidate in candidates]
    order = ranked(asked, bent, likelihoods, [candidate.notes for candidate in candidates])
    for choice, score in order[:1] if only_best else order:
        made = replace(asked, choice=choice, score=score, engine=maker, events=candidates[choice].events)
        clips = Counter({str(kind): count for kind, count in bent[choice].clips.items()})
        loop = bent[choice].loop
        loop = loop and touched(made, loop)
        loop = operator.finished(made, loop) if loop and operator.finished else loop
        novelty = played.novelty(made, loop) if played and loop else None
        told = novelty and replace(novelty, warmer=warmer)
        yield _Found(Composed(made, loop, {}, clips, told), candidates[choice].memory)


def _attempts(recipe: Recipe, *, guarded: bool) -> int:
    most = _GUARDED_CANDIDATES if guarded else _CANDIDATES
    return min(ATTEMPTS, max(1, most // recipe.candidates))


def _tempered(recipe: Recipe, warmer: int) -> Recipe:
    """The recipe, hotter by so many steps."""
    if not warmer:
        return recipe
    return replace(recipe, temperature=round(min(max(recipe.temperature * WARMER**warmer, _COLDEST), _HOTTEST), 4))


def _made(engine: Engine, recipe: Recipe, memories: Memories) -> Sequence[Candidate]:
    """What the operator makes itself, or a model composes."""
    operator = OPERATORS[recipe.operator]
    if operator.derive:
        return [Candidate(tuple(operator.derive(recipe)))]
    return [replace(one, notes=pedalled(recipe, one.notes)) for one in _generated(engine, recipe, memories)]


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
