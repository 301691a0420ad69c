"""The wish of relations: where notes begin and which they are, by what the voice hears of others.

What the other does in a bar may change from turn to turn of the loop; what it does in half of the turns is wished half.
Log-weights are those of a relation of weight 1. They lean and do not force, but for doubling: the candidates and their
scores (:mod:`reverie.compose.relation_scores`) decide among what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from reverie.compose.heard_music import HeardBar, heard_bars
from reverie.compose.recipe import Recipe
from reverie.compose.relation_scores import NEAR, busy_quarter
from reverie.compose.relations import Relation, RelationKind
from reverie.compose.wishes import PITCHES, Weights
from reverie.models.lstm import Array
from reverie.music.harmony import fold

_LOCK_ON, _LOCK_OFF = 1.5, -5.0
_ANSWER_ON, _ANSWER_BESIDE, _ANSWER_REST = -3.5, -0.4, 0.2
_AVOID_ONSET, _AVOID_BUSY, _AVOID_PITCH = -3.0, -1.5, -1.5
_IMITATE_ON, _IMITATE_OFF, _IMITATE_AWAY = 2.0, -1.2, -0.35
_DOUBLE_ON, _DOUBLE_OFF, _DOUBLE_AWAY = 4.0, -3.0, -1.0
_FILL_REST, _FILL_PLAYS = 0.6, -0.4
_FARTHEST = 6
"""Semitones from the pitch that is meant beyond which it does not matter how far."""
_STROKES = 0.5
"""Of drums, whose strokes weigh their sum: a moment is not twice as good for two of them."""

Wisher = Callable[[Weights, int, HeardBar, Relation, Recipe, float], None]
"""Adds to weights, from a step on, what is wished for a bar of which another is heard, so many times."""


def relation_wish(recipe: Recipe) -> Weights | None:
    """What the relations of a recipe wish for; None where nothing is heard of any."""
    asked = [one for one in recipe.relations if one.weight and one.kind in _WISHERS]
    heard = [(one, pairs) for one in asked if (pairs := heard_bars(recipe, one))]
    if not heard:
        return None
    bar_steps = recipe.metre.bar_steps
    weights = Weights.even(recipe.bars * bar_steps)
    for relation, pairs in heard:
        turns = [sum(number == bar for number, _ in pairs) for bar in range(recipe.bars)]
        for bar, other in pairs:
            if other.onsets:
                share = relation.weight / turns[bar] * (_STROKES if recipe.traits.drums else 1.0)
                _WISHERS[relation.kind](weights, bar * bar_steps, other, relation, recipe, share)
    return weights


def _lock(weights: Weights, first: int, other: HeardBar, _: Relation, __: Recipe, share: float) -> None:
    _begin(weights, first, other, share * _LOCK_ON, share * _LOCK_OFF)


def _answer(weights: Weights, first: int, other: HeardBar, _: Relation, __: Recipe, share: float) -> None:
    struck = other.struck
    for step in range(len(other.sounding)):
        beside = {step - 1, step + 1} & struck
        wish = _ANSWER_ON if step in struck else _ANSWER_BESIDE if beside else _ANSWER_REST
        weights.begins[first + step] += share * wish


def _avoid(weights: Weights, first: int, other: HeardBar, relation: Relation, _: Recipe, share: float) -> None:
    struck = other.struck
    for step, sounding in enumerate(other.sounding):
        if relation.of == "register":
            for pitch in sounding:
                weights.pitches[first + step, max(pitch - NEAR + 1, 0) : pitch + NEAR] += share * _AVOID_PITCH
        elif relation.of == "density":
            weights.begins[first + step] += share * _AVOID_BUSY * busy_quarter(struck, step)
        elif step in struck:
            weights.begins[first + step] += share * _AVOID_ONSET


def _imitate(weights: Weights, first: int, other: HeardBar, relation: Relation, recipe: Recipe, share: float) -> None:
    if recipe.traits.drums:
        for step in range(len(other.sounding)):
            weights.begins[first + step] += share * _IMITATE_OFF
        for step, drum in other.onsets:
            weights.begins[first + step, drum] += share * (_IMITATE_ON - _IMITATE_OFF)
        return
    _begin(weights, first, other, share * _IMITATE_ON, share * _IMITATE_OFF)
    _near(weights, first, other, relation, recipe, share * _IMITATE_AWAY)


def _double(weights: Weights, first: int, other: HeardBar, relation: Relation, recipe: Recipe, share: float) -> None:
    _begin(weights, first, other, share * _DOUBLE_ON, share * _DOUBLE_OFF)
    _near(weights, first, other, relation, recipe, share * _DOUBLE_AWAY)


def _fill(weights: Weights, first: int, other: HeardBar, _: Relation, __: Recipe, share: float) -> None:
    struck = other.struck
    for step in range(len(other.sounding)):
        weights.begins[first + step] += share * (_FILL_PLAYS if busy_quarter(struck, step) else _FILL_REST)


_WISHERS: Mapping[RelationKind, Wisher] = {
    "lock": _lock,
    "answer": _answer,
    "imitate": _imitate,
    "avoid": _avoid,
    "double": _double,
    "fill": _fill,
}
"""By kind of relation. What suits is a matter of the harmony, which has its own wish."""


def _begin(weights: Weights, first: int, other: HeardBar, there: float, elsewhere: float) -> None:
    """Wish that something begins where the other does, or elsewhere."""
    struck = other.struck
    for step in range(len(other.sounding)):
        weights.begins[first + step] += there if step in struck else elsewhere


def _near(weights: Weights, first: int, other: HeardBar, relation: Relation, recipe: Recipe, away: float) -> None:
    """Wish for the pitches that are meant, in the voice's register, the less the further from them."""
    meant: dict[int, list[int]] = {}
    for step, pitch in other.onsets:
        folded = fold(pitch + relation.interval, recipe.limits.low, recipe.limits.high)
        if folded is not None:
            meant.setdefault(step, []).append(folded)
    for step, pitches in meant.items():
        weights.pitches[first + step] += away * _apart(pitches)


def _apart(pitches: Sequence[int]) -> Array:
    """How far each MIDI pitch is from the nearest of these, up to where it does not matter."""
    every = np.abs(np.arange(PITCHES)[:, None] - np.array(pitches)).min(axis=1)
    return np.minimum(every, _FARTHEST).astype(np.float32)
