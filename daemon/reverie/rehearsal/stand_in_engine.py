"""An engine that stands in for models: it takes bars of loops that they have composed, else it throws dice.

What comes of it is no music worth hearing, but it has the density, the register and the dynamics of the models' loops,
passes the same guards, and costs a hundredth of the time.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, repeat

from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.models.library.index import ModelFile
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP

STAND_IN = "stand-in"
"""The name of the engine, by which its loops are known."""
_KEPT = 64
"""Loops of each voice from which bars are taken."""
_DENSITY = 0.3
"""The share of sixteenths in which dice begin a note."""
_LOUD = 100
_CANDIDATES = 2


class StandInEngine:
    """Composes without models; the same recipe gives the same notes as long as the same loops were learned."""

    name = STAND_IN

    def __init__(self) -> None:
        self._learned: defaultdict[tuple[str, str], deque[Loop]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def load(self, model: ModelFile) -> None:
        """No model is needed."""
        del model

    def learn(self, scene: str, voice: str, loop: Loop) -> None:
        """Take bars of this loop from now on, where that voice is asked for."""
        self._learned[scene, voice].append(loop)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Two candidates at most: what is chosen among stand-ins says nothing."""
        del memory
        return [self._candidate(recipe, number) for number in range(min(recipe.candidates, _CANDIDATES))]

    def _candidate(self, recipe: Recipe, number: int) -> Candidate:
        dice = random.Random(f"{recipe.seed} {number}")
        learned = [one for one in self._learned[recipe.scene, recipe.voice] if one.metre == recipe.metre and one.notes]
        notes = _taken(recipe, learned, dice) if learned else _thrown(recipe, dice)
        return Candidate(notes, -dice.random())


def _taken(recipe: Recipe, learned: Sequence[Loop], dice: random.Random) -> tuple[Note, ...]:
    """Bars of learned loops, one after the other."""
    length, end = recipe.metre.bar_ticks, recipe.steps * TICKS_PER_STEP
    notes: list[Note] = []
    for begin in range(0, end, length):
        loop = dice.choice(learned)
        bar = dice.randrange(loop.bars)
        own = (one for one in loop.notes if bar * length <= one.start < (bar + 1) * length)
        notes += [replace(one, start=one.start - bar * length + begin, tied=False) for one in own]
    return tuple(one for one in notes if one.start < end)


def _thrown(recipe: Recipe, dice: random.Random) -> tuple[Note, ...]:
    """A note in each sixteenth in which dice say so, on a walk through the register."""
    limits = recipe.limits
    steps = (dice.randrange(-4, 5) for _ in repeat(None, recipe.steps))
    walk = accumulate(steps, lambda at, step: min(max(at + step, limits.low), limits.high), initial=_middle(recipe))
    return tuple(
        Note(step * TICKS_PER_STEP, TICKS_PER_STEP, pitch, _LOUD)
        for step, pitch in zip(range(recipe.steps), walk, strict=False)
        if dice.random() < _DENSITY
    )


def _middle(recipe: Recipe) -> int:
    return (recipe.limits.low + recipe.limits.high) // 2
