"""A Coconet, judged: how well it knows what is hidden, and what it adds to sopranos that it has never heard."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.gibbs import GibbsPlan, draw_parts
from reverie.models.coconet.part_network import NONE, Coconet
from reverie.models.library.bundle import Bundle
from reverie.training.coconet_records import grids_within
from reverie.training.errors import TrainingError
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.likelihood import short
from reverie.training.judge.part_counting import NearestPlace
from reverie.training.judge.part_likelihood import hidden_losses, hidden_places
from reverie.training.judge.part_measures import PartMeasures, shuffled
from reverie.training.workspace import Split, Workspace

_PASSES = 32
_ROWS = 8
_COUNTED = 4000
"""Training examples that are counted: more say the same."""


@dataclass(frozen=True, slots=True)
class PartJudgement:
    """What was found.

    Attributes:
        model: its name.
        places: hidden places that were asked for, of held-out ``examples``.
        loss, accuracy: in nats a place, the mean over examples; and the share of places whose pitch is the likeliest.
        counting: the loss of who only knows how far parts are from where they are near.
        measures: of what was held out, of what was drawn to its sopranos, and of parts under another's soprano.
    """

    model: str
    examples: int
    places: int
    loss: float
    accuracy: float
    counting: float
    measures: Mapping[str, PartMeasures]

    def as_text(self) -> str:
        """In words."""
        perplexity, counting = math.exp(self.loss), math.exp(self.counting)
        foretold = (
            f"{self.model}: of {self.places} hidden places of {self.examples} held-out examples it guesses"
            f" {self.accuracy:.1%} right; perplexity {perplexity:.3f}. Who counts how far parts are from the nearest"
            f" place that is known has {counting:.3f}"
        )
        lines = [
            foretold,
            f"{'':<34}{'crossed':>9}{'rough':>9}{'parallel':>9}{'moving':>9}{'wide':>9}",
        ]
        for name, found in self.measures.items():
            lines.append(f"{name:<34}" + "".join(f"{share:>9.1%}" for share in found))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain data: the figures."""
        return {
            "model": self.model,
            "examples": self.examples,
            "places": self.places,
            "perplexity": {"model": short(math.exp(self.loss)), "counting": short(math.exp(self.counting))},
            "accuracy": short(self.accuracy),
            "measures": {
                name: {key: short(share) for key, share in found._asdict().items()}
                for name, found in self.measures.items()
            },
        }


def judge_parts(
    bundle: Bundle, workspace: Workspace, count: int, seed: int, report: Callable[[int, int], None]
) -> PartJudgement:
    """Judge a Coconet by the examples of a workspace.

    Args:
        bundle: in the run-time format.
        workspace: has the examples of such a model.
        count: how many held-out examples are heard, at most.
        seed: draws which, what is hidden, and parts.
        report: is told how many are done, of how many.

    Raises:
        ModelError: if it is none.
        TrainingError: if there are no examples, or they are damaged.
    """
    model, chance = Coconet(bundle), np.random.default_rng(seed)
    held_out = _some(_grids(model, workspace, "test"), count, chance)
    if not held_out:
        raise TrainingError(f"{workspace.examples}: has no examples that are held out; make the dataset first")
    counted = NearestPlace(_some(_grids(model, workspace, "train"), _COUNTED, chance), model.design.pitches)
    losses, counting, drawn, right, places = list[float](), list[float](), list[NDArray[np.intp]](), 0, 0
    for first in range(0, len(held_out), _ROWS):
        rows = held_out[first : first + _ROWS]
        now = np.random.default_rng((seed, first))
        found = hidden_losses(model, np.stack(rows), now)
        losses += found.losses
        right, places = right + found.right, places + found.events
        now = np.random.default_rng((seed, first))
        hidden = [hidden_places(grid.shape, now) for grid in rows]
        by_count = (counted.losses(grid, one) for grid, one in zip(rows, hidden, strict=True))
        counting += [float(one.mean()) for one in by_count if len(one)]
        drawn += _harmonized(model, rows, chance)
        report(min(first + _ROWS, len(held_out)), len(held_out))
    measures = {
        "held out": PartMeasures.of(held_out),
        "drawn to its sopranos": PartMeasures.of(drawn),
        "under the soprano of another": PartMeasures.of(shuffled(held_out)),
    }
    accuracy = right / max(places, 1)
    name = bundle.card.name
    return PartJudgement(
        name, len(held_out), places, float(np.mean(losses)), accuracy, float(np.mean(counting)), measures
    )


def _harmonized(
    model: Coconet, grids: Sequence[NDArray[np.intp]], chance: np.random.Generator
) -> list[NDArray[np.intp]]:
    """The sopranos with parts of the model's own; where a soprano rests it is known to rest."""
    parts = np.stack(grids)
    free = np.ones(parts.shape, np.bool_)
    free[:, :, 0] = False
    drawn = draw_parts(model, np.where(free, NONE, parts), free, GibbsPlan(_PASSES), chance)
    return list(drawn.parts)


def _grids(model: Coconet, workspace: Workspace, split: Split) -> list[NDArray[np.intp]]:
    records = (record for path in workspace.shards(split) for record in records_in(path))
    return list(grids_within(model.design, records))


def _some(grids: Sequence[NDArray[np.intp]], count: int, chance: np.random.Generator) -> list[NDArray[np.intp]]:
    if len(grids) <= count:
        return list(grids)
    return [grids[place] for place in sorted(chance.choice(len(grids), count, replace=False).tolist())]
