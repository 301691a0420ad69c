"""How four parts are steered while a Coconet draws them: by harmony, relations and density, by register and by order.

The wishes are those of all voices (:mod:`reverie.compose.steering`). Where no other voice is the bass, the lowest part
has a bass's: it says which chord it is. A step has the wish of the sixteenth in which it begins.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reverie.compose.engines.given_parts import GivenParts
from reverie.compose.recipe import Recipe
from reverie.compose.steering import wishes_of
from reverie.models.coconet.design import PARTS
from reverie.models.coconet.gibbs import PartBias
from reverie.models.coconet.part_network import NONE, Parts, Places
from reverie.models.coconet.weights import Array
from reverie.music.notes import MAX_MIDI
from reverie.music.time import TICKS_PER_STEP

_EXCLUDED = np.float32(-1e4)
_CROSSED, _MET = np.float32(-4.0), np.float32(-1.5)
"""Log-weights of a pitch beyond that of the part above or below, and of the same pitch."""


def part_bias(recipe: Recipe, score: GivenParts, pitches: int) -> PartBias:
    """What a recipe wishes for of parts that are drawn, beside the model's own taste.

    Args:
        recipe: whose wishes.
        score: what is told to the model.
        pitches: how many the model has.
    """
    begins, holds = _tables(recipe, score, pitches)
    reach = _reach(recipe, score, pitches)
    begins, holds = begins + reach, holds + reach

    def bias(parts: Parts, forgotten: Places) -> Array:
        known = np.where(forgotten, NONE, parts)
        before = np.concatenate([np.full_like(parts[:, :1], NONE), parts[:, :-1]], axis=1)
        held = before[..., None] == np.arange(pitches)
        return np.where(held, holds, begins) + _ordered(known, pitches)

    return bias


def _tables(recipe: Recipe, score: GivenParts, pitches: int) -> tuple[Array, Array]:
    """Log-weights (steps, parts, pitches) of notes that begin, and of notes that are held."""
    shape = (score.context + score.steps, PARTS, pitches)
    begins, holds = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    lowest = any(relation.suits for relation in recipe.relations)
    own = wishes_of(recipe)
    if own is None:
        return begins, holds
    below = own if lowest or not recipe.harmony else wishes_of(replace(recipe, kind="bass")) or own
    last = len(own.rests) - 1
    steps = [min(step * score.step_ticks // TICKS_PER_STEP, last) for step in range(score.steps)]
    played = np.clip(np.arange(pitches) + score.shift, 0, MAX_MIDI)
    for part in range(PARTS):
        there = (below if part == PARTS - 1 else own).at(steps)
        begins[score.context :, part] = np.maximum((there.begins + there.pitches)[:, played], _EXCLUDED)
        holds[score.context :, part] = np.maximum(there.holds[:, played], _EXCLUDED)
    return begins, holds


def _reach(recipe: Recipe, score: GivenParts, pitches: int) -> Array:
    """What the voice plays stays in its register, as far as the model has pitches there."""
    played = np.arange(pitches) + score.shift
    outside = (played < recipe.limits.low) | (played > recipe.limits.high)
    reach = np.zeros((1, PARTS, pitches), np.float32)
    if not outside.all():
        reach[0, list(score.played)] = np.where(outside, _EXCLUDED, np.float32(0.0))
    return reach


def _ordered(known: Parts, pitches: int) -> Array:
    """Parts stay in their order: none goes beyond the nearest that is known above it, and below it."""
    own = np.arange(pitches)
    highest = np.minimum.accumulate(np.where(known == NONE, pitches, known), axis=-1)
    lowest = np.maximum.accumulate(known[..., ::-1], axis=-1)[..., ::-1]
    bias = np.zeros((*known.shape, pitches), np.float32)
    bias[..., 1:, :] += _beyond(own - highest[..., :-1, None])
    bias[..., :-1, :] += _beyond(lowest[..., 1:, None] - own)
    return bias


def _beyond(by: Parts) -> Array:
    return np.where(by > 0, _CROSSED, np.where(by == 0, _MET, np.float32(0.0)))
