"""The wish of harmony: chord tones where the ear expects them, and a way to them elsewhere.

How much it binds is the recipe's strictness: at 0 the voice is free, at 1 nothing else is drawn on strong places, and
between the two the weights grow as the odds do, so that half of it is a leaning. Off the strong places even the
strictest voice may pass over what is no chord tone: short, by step, and on to a chord tone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reverie.compose.chord_places import (
    STRONG,
    ChordPlaces,
    avoid_notes,
    bass_tones,
    beat_ticks,
    place_weight,
)
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.sounding_bass import sounding_bass
from reverie.compose.wishes import PITCHES, Weights
from reverie.models.lstm import Array
from reverie.music.harmony import OCTAVE, ChordSpan
from reverie.music.time import TICKS_PER_STEP

_FIRMEST = 4.0
"""Beyond this, weights of what may pass do not grow: a strictness of 0.8."""

_NO_CHORD_TONE, _OFF_SCALE = 1.5, 2.0
_AVOID = 0.5
_ROUGH = 0.9
_HELD, _HELD_AVOID = 0.1, 0.4
_LEAP, _UNRESOLVED = 0.4, 0.5
_OUT_OF_REGISTER = 1.5
_BASS_ELSEWHERE, _BASS_SECOND, _BASS_AGAIN, _BASS_SILENT, _APPROACH = 1.5, 0.7, 0.5, 0.5, 0.4
_BASS_ROUGH = 1.8
"""Log-weights at a strictness of 0.5, to be multiplied by its odds."""

_CLASSES = np.arange(PITCHES) % OCTAVE
_APPROACHES = (1, -1, 2, -2, 7)
"""From where a bass comes to its next tone, in semitones above it: by step, or by a fifth."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What a note's welcome owes to the note before it, for each sixteenth of a loop, by the voice's MIDI pitches.

    ``leaps``: the log-weight of a note, if it is reached by more than a step. ``pending``: of any note after that one,
    unless it comes by step and is one of the ``goals`` (0 or 1).
    """

    leaps: Array
    pending: Array
    goals: Array

    def at(self, steps: Sequence[int]) -> Motion:
        """Those of some sixteenths, in the given order."""
        return Motion(self.leaps[steps], self.pending[steps], self.goals[steps])


def harmony_wish(recipe: Recipe) -> Weights | None:
    """What the harmony of a recipe asks of its voice; None for drums, and for a voice that is free of it."""
    if not _binds(recipe):
        return None
    places = ChordPlaces(recipe.harmony, recipe.metre)
    weights = Weights.even(recipe.bars * recipe.metre.bar_steps)
    hard, soft = _odds(recipe.strictness)
    low = recipe.traits.outermost == "lowest"
    register = _register(recipe.limits, soft)
    bass, rough = sounding_bass(recipe), _BASS_ROUGH if low else _ROUGH
    for step in range(len(weights.rests)):
        tick = step * TICKS_PER_STEP
        chord, changes = places.at(tick), places.changes_at(tick)
        weight = STRONG if changes else place_weight(recipe.metre, tick)
        weights.pitches[step] = _begins(chord, weight, hard, soft) + register
        weights.holds[step] = _holds(chord, weight, hard, soft)
        if weight >= STRONG:
            less = _times(_among(bass.rough(chord, tick)), -rough * soft * bass.weight_at(tick))
            weights.pitches[step] += less
            weights.holds[step] += less
        if low and changes:
            firm = _bass(chord, hard, soft)
            weights.pitches[step] += firm
            weights.holds[step] += firm
            weights.rests[step] = -_BASS_SILENT * soft
        elif low and weight >= STRONG:
            weights.pitches[step] += _times(1.0 - _among((chord.bass,)), -_BASS_AGAIN * soft)
        elif low and (target := _approached(places, recipe, tick)) is not None:
            _approach(weights.pitches[step], chord, target, soft, register)
    return weights


def motion_of(recipe: Recipe) -> Motion | None:
    """How the notes of a recipe's voice shall follow each other; None where harmony does not bind it."""
    if not _binds(recipe):
        return None
    places = ChordPlaces(recipe.harmony, recipe.metre)
    steps = recipe.bars * recipe.metre.bar_steps
    _, soft = _odds(recipe.strictness)
    tones = np.zeros((steps, PITCHES), np.float32)
    walks = np.ones((steps, 1), np.float32)
    for step in range(steps):
        tick = step * TICKS_PER_STEP
        tones[step] = _among(places.at(tick).tones)
        if recipe.traits.outermost == "lowest" and _approached(places, recipe, tick) is not None:
            walks[step] = 0.0
    others = (1.0 - tones) * walks
    return Motion(-_LEAP * np.float32(soft) * others, -_UNRESOLVED * np.float32(soft) * (1.0 - tones), tones)


def _binds(recipe: Recipe) -> bool:
    return bool(recipe.harmony) and recipe.strictness > 0 and recipe.traits.pitched


def _odds(strictness: float) -> tuple[float, float]:
    """How much what is ruled out weighs, which has no bound, and what may pass, which has one."""
    odds = strictness / (1.0 - strictness) if strictness < 1 else float("inf")
    return odds, min(odds, _FIRMEST)


@lru_cache(maxsize=512)
def _among(classes: tuple[int, ...] | frozenset[int]) -> Array:
    """1 for each pitch of these classes, else 0."""
    return np.isin(_CLASSES, list(classes)).astype(np.float32)


def _times(where: Array, weight: float) -> Array:
    """``weight``, which may be infinite, where there is a 1."""
    return np.where(where > 0, np.float32(weight), np.float32(0.0))


@lru_cache(maxsize=512)
def _begins(chord: ChordSpan, weight: float, hard: float, soft: float) -> Array:
    others = 1.0 - _among(chord.tones)
    force = hard if weight >= STRONG else soft * weight
    return (
        _times(others, -_NO_CHORD_TONE * force)
        + _times(_among(avoid_notes(chord)), -_AVOID * soft)
        + _times(1.0 - _among(chord.scale), -_OFF_SCALE * hard)
    )


@lru_cache(maxsize=512)
def _holds(chord: ChordSpan, weight: float, hard: float, soft: float) -> Array:
    if weight >= STRONG:
        return _begins(chord, weight, hard, soft)
    others, clashing = 1.0 - _among(chord.tones), 1.0 - _among(chord.scale) + _among(avoid_notes(chord))
    return _times(others, -_HELD * soft) + _times(clashing, -_HELD_AVOID * soft)


@lru_cache(maxsize=512)
def _register(limits: LoopLimits, soft: float) -> Array:
    """Pitches that the guard would move by octaves, which breaks a line."""
    pitches = np.arange(PITCHES)
    return _times(((pitches < limits.low) | (pitches > limits.high)).astype(np.float32), -_OUT_OF_REGISTER * soft)


@lru_cache(maxsize=512)
def _bass(chord: ChordSpan, hard: float, soft: float) -> Array:
    """At a change the bass says which chord it is."""
    first, *others = bass_tones(chord)
    return _times(1.0 - _among((first, *others)), -_BASS_ELSEWHERE * hard) + _times(
        _among(frozenset(others)), -_BASS_SECOND * soft
    )


def _approached(places: ChordPlaces, recipe: Recipe, tick: int) -> ChordSpan | None:
    """The chord that begins within a beat, which the bass may walk to from here."""
    change = places.next_change(tick)
    return places.at(change) if change is not None and change - tick <= beat_ticks(recipe.metre) else None


def _approach(pitches: Array, chord: ChordSpan, target: ChordSpan, soft: float, register: Array) -> None:
    """On the last places before a change, the bass is welcome a step or a fifth from the next chord's bass."""
    scale = {*chord.scale, *target.scale}
    ways = [one for above in _APPROACHES if (one := (target.bass + above) % OCTAVE) in scale]
    near = _among(frozenset(ways)) > 0
    pitches[near] = np.float32(_APPROACH * soft) + register[near]
