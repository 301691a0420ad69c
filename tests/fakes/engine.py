"""An engine that composes without a model: recognisable, deterministic, and as bad as it is told to be."""

from __future__ import annotations

import random
from collections.abc import Sequence

from reverie.compose.engine import Bundle
from reverie.compose.recipe import Recipe
from reverie.models.errors import ModelError
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP


class DiceEngine:
    """Throws dice for every sixteenth; ``bad`` answers are given first, one for each call."""

    def __init__(self, bad: Sequence[Sequence[Note]] = ()) -> None:
        self.loaded: list[str] = []
        self.asked: list[Recipe] = []
        self._bad = list(bad)

    def load(self, bundle: Bundle) -> None:
        self.loaded.append(bundle.name)

    def generate(self, recipe: Recipe) -> Sequence[Note]:
        self.asked.append(recipe)
        if self._bad:
            return self._bad.pop(0)
        dice = random.Random(recipe.seed)
        return [
            Note(step * TICKS_PER_STEP, TICKS_PER_STEP, dice.randrange(40, 90), 100)
            for step in range(recipe.steps)
            if dice.random() < 0.3
        ]


class BrokenEngine(DiceEngine):
    """Fails whenever it is asked."""

    def generate(self, recipe: Recipe) -> Sequence[Note]:
        raise ModelError(f"{recipe.model} is broken")
