"""An engine that composes without a model: recognisable, deterministic, and as bad as it is told to be."""

from __future__ import annotations

import random
from collections.abc import Sequence

from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.models.errors import ModelError
from reverie.models.library.index import ModelFile
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP


class DiceEngine:
    """Throws dice for every sixteenth; ``bad`` answers are given first, one for each call."""

    name = "dice"

    def __init__(self, bad: Sequence[Sequence[Note]] = ()) -> None:
        self.loaded: list[str] = []
        self.asked: list[Recipe] = []
        self.remembered: list[bytes | None] = []
        self._bad = list(bad)

    def load(self, model: ModelFile) -> None:
        self.loaded.append(model.name)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        self.remembered.append(memory)
        if self._bad:
            return [Candidate(tuple(self._bad.pop(0)))]
        return [_thrown(recipe, number) for number in range(recipe.candidates)]


def _thrown(recipe: Recipe, number: int) -> Candidate:
    dice = random.Random(f"{recipe.seed} {number}" if number else recipe.seed)
    notes = tuple(
        Note(step * TICKS_PER_STEP, TICKS_PER_STEP, dice.randrange(40, 90), 100)
        for step in range(recipe.steps)
        if dice.random() < 0.3
    )
    return Candidate(notes, -dice.random(), f"{recipe.voice} {recipe.seed} {number}".encode)


class BrokenEngine(DiceEngine):
    """Fails whenever it is asked."""

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        raise ModelError(f"{recipe.model} is broken")
