"""Which of several loops is kept: the likelier, the fitter, and neither the last loop again nor a stranger to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from reverie.compose.chord_places import ChordPlaces
from reverie.compose.guard import Clip, Guarded
from reverie.compose.metre_score import metre_score
from reverie.compose.recipe import Recipe
from reverie.compose.relation_scores import RelationScores
from reverie.compose.sounding_bass import SoundingBass, sounding_bass
from reverie.music.harmony import OCTAVE, Key
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER

_ROUGH = 0.5
_WIDEST = 7
"""Semitones that a tune goes without anybody calling it a leap: a fifth."""
FIT_WEIGHT = 1.0
LIKELIHOOD_WEIGHT = 1.0
"""Equal: a model's likeliest loops are dull, and the fittest may be noise.

Likelihood counts by how many times less likely an event is on average than in the likeliest of the candidates, so that
what hardly differs hardly counts.
"""
RELATION_WEIGHT = 1.0
"""Of each relation, times the weight that the scene gives it: what is heard of one is heard of the whole."""


def ranked(
    recipe: Recipe, guarded: Sequence[Guarded], log_likelihoods: Sequence[float | None], raw: Sequence[Sequence[Note]]
) -> list[tuple[int, dict[str, float]]]:
    """The numbers of the loops that the guard did not refuse, and their scores, the one to keep first.

    A recipe that says which was kept means that one, whatever counts today.

    Args:
        recipe: what was asked.
        guarded: what the guard made of each answer.
        log_likelihoods: of each answer, the mean over its events; None where unknown.
        raw: what the model composed, before the guard.
    """
    passed = [number for number, one in enumerate(guarded) if one.loop]
    known = [value for number in passed if (value := log_likelihoods[number]) is not None]
    if recipe.choice in passed:
        passed = [recipe.choice]
    most = max(known, default=0.0)
    listening, bass = RelationScores(recipe), sounding_bass(recipe)
    found: list[tuple[int, dict[str, float]]] = []
    for number in passed:
        loop, likelihood = guarded[number].loop, log_likelihoods[number]
        if loop is None:
            continue
        score = fit(recipe, loop, guarded[number].clips, raw[number], bass)
        if likelihood is not None:
            score["log_likelihood"] = likelihood
        likely = 1.0 if likelihood is None else math.exp(likelihood - most)
        parts = [(FIT_WEIGHT, score["fit"]), (LIKELIHOOD_WEIGHT, likely)]
        for name, (weight, value) in listening(loop).items():
            score[name] = value
            parts.append((RELATION_WEIGHT * weight, value))
        score["total"] = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
        found.append((number, score))
    found.sort(key=lambda one: -one[1]["total"])
    return [(number, {name: round(value, 4) for name, value in score.items()}) for number, score in found]


def fit(
    recipe: Recipe, loop: Loop, clips: Mapping[Clip, int], raw: Sequence[Note], bass: SoundingBass | None = None
) -> dict[str, float]:
    """How well a loop is what was asked for: parts from 0 to 1 by name, and their mean as ``fit``.

    ``mended`` is the share of notes that the guard left alone, ``density`` is 1 in the middle of what is asked for and
    a half at its edges, ``key`` and ``register`` are the shares of the model's own notes that were in them, ``novelty``
    is 1 where the distance from the loop before is in the band. With harmony that binds, ``consonance`` is the share of
    strong places at which a chord tone sounds of those at which anything does, and ``contour`` that of the melody's
    ways which are a singer's. ``beat`` is how near the metre is to real music's, where the recipe asks for it.
    In free time, ``cut`` is the share of what sounds at the end that has sounded for an eighth. ``bass`` is what sounds
    below, where it is known.
    """
    parts = {
        "mended": 1.0 - min(sum(clips.values()) / max(len(raw), 1), 1.0),
        "density": _density(recipe, loop),
        "novelty": _novelty(recipe, loop),
    }
    if recipe.traits.pitched and raw:
        limits = recipe.limits
        parts["key"] = _in_key(recipe, raw)
        parts["register"] = sum(limits.low <= note.pitch <= limits.high for note in raw) / len(raw)
    if recipe.harmony and recipe.strictness > 0 and recipe.traits.pitched:
        parts |= {"consonance": _consonance(recipe, loop, bass or SoundingBass()), "contour": _contour(loop.notes)}
    if (beat := metre_score(recipe, loop)) is not None:
        parts["beat"] = beat
    if recipe.traits.free and recipe.drawn:
        parts["cut"] = _cut(loop)
    return parts | {"fit": sum(parts.values()) / len(parts)}


def _cut(loop: Loop) -> float:
    """How well a loop ends at its bar line: of what sounds there, the share that did not begin just before it."""
    ending = [note for note in loop.notes if note.end == loop.ticks]
    fresh = sum(note.length < TICKS_PER_QUARTER // 2 for note in ending)
    return 1.0 - fresh / len(ending) if ending else 1.0


def distance(one: Iterable[Note], other: Iterable[Note]) -> float:
    """How different two loops are: the share of their notes (by start and pitch) that only one of them has."""
    here, there = ({(note.start, note.pitch) for note in notes} for notes in (one, other))
    together = here | there
    return 1.0 - len(here & there) / len(together) if together else 0.0


def _in_key(recipe: Recipe, raw: Sequence[Note]) -> float:
    """The share of notes in the harmony's scales, or else in the scene's key."""
    if not recipe.harmony:
        key = Key(recipe.limits.tonic, recipe.limits.scale)
        return sum(note.pitch in key for note in raw) / len(raw)
    places = ChordPlaces(recipe.harmony, recipe.metre)
    return sum(note.pitch % OCTAVE in places.at(note.start).scale for note in raw) / len(raw)


def _consonance(recipe: Recipe, loop: Loop, bass: SoundingBass) -> float:
    """1 where nothing sounds on a strong place; a chord tone that is rough over the bass counts half."""
    places = ChordPlaces(recipe.harmony, recipe.metre)
    fits: list[float] = []
    for tick in places.held_against(loop.ticks, recipe.metre):
        chord = places.at(tick)
        sounding = [note.pitch % OCTAVE for note in loop.notes if note.start <= tick < note.end]
        rough = bass.rough(chord, tick)
        fits += [(one in chord.tones) * (_ROUGH if one in rough else 1.0) for one in sounding]
    return sum(fits) / len(fits) if fits else 1.0


def _contour(notes: Sequence[Note]) -> float:
    """How many of a tune's intervals are no wider than a fifth, or are leaps that are answered the other way."""
    ways = [after.pitch - before.pitch for before, after in pairwise(notes)]
    good = sum(
        abs(way) <= _WIDEST or (number + 1 < len(ways) and way * ways[number + 1] < 0)
        for number, way in enumerate(ways)
    )
    return good / len(ways) if ways else 1.0


def _density(recipe: Recipe, loop: Loop) -> float:
    least, most = recipe.limits.least, recipe.limits.most
    half = (most - least) / 2
    if half <= 0:
        return 1.0
    return max(0.0, 1.0 - 0.5 * abs(len(loop.notes) / loop.bars - least - half) / half)


def _novelty(recipe: Recipe, loop: Loop) -> float:
    """1 in the band; outside, the less the further from it."""
    if not recipe.before:
        return 1.0
    low, high = recipe.novelty
    apart = distance(loop.notes, recipe.before)
    if apart < low:
        return apart / low
    if apart > high:
        return (1.0 - apart) / (1.0 - high)
    return 1.0
