"""Beam search as Magenta's generators do it: branches are drawn by chance, and the likeliest kept.

After ``magenta/common/beam_search.py`` in Magenta 2.1.4.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reverie.models.recurrent.model import CarriedPassages, RecurrentModel
from reverie.models.recurrent.sampling import Uniforms


@dataclass(frozen=True, slots=True)
class BeamResult:
    """The likeliest passage: its new events, their log-likelihood, and what to go on from."""

    events: tuple[Any, ...]
    log_likelihood: float
    carried: CarriedPassages


def beam_search(
    model: RecurrentModel,
    carried: CarriedPassages,
    count: int,
    uniforms: Uniforms,
    temperature: float = 1.0,
    *,
    size: int = 1,
    branches: int = 1,
    every: int = 1,
    control: Callable[[int], Any] | None = None,
) -> BeamResult:
    """Draw ``count`` events.

    Args:
        model: what draws them.
        carried: one passage to go on from.
        count: how many events.
        uniforms: where chance comes from.
        temperature: above 1 is wilder, below 1 is tamer.
        size: how many passages are kept.
        branches: how many ways each of them goes on.
        every: how many events are drawn before some are dropped.
        control: what the event of a number, from 0, stands under, where the encoding is conditional.
    """
    beam = carried.take([0] * size)
    events: list[tuple[Any, ...]] = [()] * size
    scores = np.zeros(size)
    drawn = 0
    while drawn < count:
        if drawn:
            best = _best(scores, size)
            beam, events, scores = beam.take(best), [events[row] for row in best], scores[best]
        rows = list(range(size)) * branches
        stream = model.stream(beam.take(rows))
        events = [events[row] for row in rows]
        # The first turn is the shorter one, so that all others are of equal length.
        for number in range(drawn, drawn + (every if drawn else (count - 1) % every + 1)):
            controls = None if control is None else (control(number),) * stream.batch
            new = stream.draw(uniforms, temperature, controls)
            events = [(*before, event) for before, event in zip(events, new, strict=True)]
            drawn += 1
        scores = scores[rows] + stream.log_likelihoods
        beam = stream.carried
    [winner] = _best(scores, 1)
    return BeamResult(events[winner], float(scores[winner]), beam.take([winner]))


def _best(scores: Any, size: int) -> list[int]:
    return heapq.nlargest(size, range(len(scores)), key=lambda row: scores[row])
