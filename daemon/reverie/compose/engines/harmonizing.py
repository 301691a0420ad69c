"""The engine of Coconet, in NumPy: four parts, of which a line is given, drawn again and again until they fit.

The given line is written in the scene, or what another voice plays; without one all parts are drawn. The model hears
the last bar of the loop before, so that parts lead on from it.

Coconet tells no two notes of one pitch apart, and has no rests: what a part keeps is one note. It is struck again where
the chord changes or, as the voice says, at bar lines, on beats, or with the given line. A written line is played as it
is written. Where a given line rests, the part that it is goes on unheard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.compose.chord_places import ChordPlaces
from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.given_parts import GivenParts
from reverie.compose.operators.part_steps import REDRAWN
from reverie.compose.parts_steering import part_bias
from reverie.compose.recipe import Recipe
from reverie.models.coconet.gibbs import FIRST_SHARE, GibbsPlan, draw_parts
from reverie.models.coconet.part_network import NONE, Coconet
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.music.time import TICKS_PER_STEP

PASSES, SHORTEST, STRUCK = "passes", "shortest", "struck"
"""Settings: how often places are drawn; the shortest note in sixteenths; where what is kept is struck again."""

MOST_CANDIDATES = 4
"""Each costs passes of the whole network, and all of them fit what is given."""
DEFAULT_PASSES, DEFAULT_SHORTEST = 32, 2
REDRAWN_SHARE = 0.5
"""How much of a loop is forgotten at first where some places of it are drawn again."""


class HarmonizingEngine:
    """Composes all candidates of a recipe at once."""

    name = "numpy"

    def __init__(self) -> None:
        self._models: dict[str, Coconet] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        try:
            self._models[model.sha256] = Coconet(read_model(model))
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Draw the parts of a recipe, up to four times at once.

        Raises:
            ModelError: if the model was not loaded.
        """
        del memory
        model = self._models.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        score = GivenParts.of(recipe, model.design)
        count = min(recipe.candidates, MOST_CANDIDATES)
        places = _Places.of(recipe, score)
        plan = GibbsPlan(
            round(_number(recipe, PASSES, DEFAULT_PASSES)),
            recipe.temperature,
            REDRAWN_SHARE if recipe.operator == REDRAWN else FIRST_SHARE,
            places.groups,
        )
        drawn = draw_parts(
            model,
            np.repeat(places.joined(score)[None], count, axis=0),
            np.repeat(score.free[None], count, axis=0),
            plan,
            np.random.default_rng(recipe.seed),
            part_bias(recipe, score, model.design.pitches),
        )
        ends = recipe.bars * recipe.metre.bar_ticks
        return [
            Candidate(score.notes(parts, ends, places.strikes), float(likelihood))
            for parts, likelihood in zip(drawn.parts, drawn.log_likelihoods, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Places:
    """Which steps are drawn together, and in which steps of the loop what is kept is struck again."""

    groups: NDArray[np.intp]
    strikes: frozenset[int]

    @classmethod
    def of(cls, recipe: Recipe, score: GivenParts) -> _Places:
        metre, ticks = recipe.metre, score.step_ticks
        steps = range(score.steps)
        bars = {-(-bar * metre.bar_ticks // ticks) for bar in range(recipe.bars)}
        changes = _changes(recipe, score)
        beats = {-(-(bar * metre.bar_ticks + beat) // ticks) for bar in range(recipe.bars) for beat in metre.beats}
        struck = {
            "bars": bars,
            "beats": beats,
            "line": {step for step, one in enumerate(score.given) if one and one.begins},
            "never": set[int](),
        }.get(str(recipe.settings.get(STRUCK, "")), changes if recipe.harmony else bars)
        length = max(round(_number(recipe, SHORTEST, DEFAULT_SHORTEST)) * TICKS_PER_STEP // ticks, 1)
        begins = np.zeros(len(score.parts), np.bool_)
        begins[: score.context] = True
        since = 0
        for step in steps:
            if step in bars or step in changes:
                since = 0
            begins[score.context + step] = since % length == 0
            since += 1
        begins[0] = True
        return cls(np.cumsum(begins) - 1, frozenset(struck))

    def joined(self, score: GivenParts) -> NDArray[np.intp]:
        """The known parts, but for what changes within a group: notes of the loop before that are too short."""
        firsts = np.flatnonzero(np.diff(self.groups, prepend=-1))
        low = np.minimum.reduceat(score.parts, firsts, axis=0)[self.groups]
        high = np.maximum.reduceat(score.parts, firsts, axis=0)[self.groups]
        return np.where(score.free & (low != high), NONE, score.parts)


def _changes(recipe: Recipe, score: GivenParts) -> set[int]:
    """The steps in which another chord begins."""
    if not recipe.harmony:
        return set()
    places = ChordPlaces(recipe.harmony, recipe.metre)
    found: set[int] = set()
    tick: int | None = 0 if places.changes_at(0) else places.next_change(0)
    while tick is not None and tick < score.steps * score.step_ticks:
        found.add(-(-tick // score.step_ticks))
        tick = places.next_change(tick)
    return found


def _number(recipe: Recipe, name: str, otherwise: float) -> float:
    value = recipe.settings.get(name, otherwise)
    return float(value) if isinstance(value, int | float) else otherwise
