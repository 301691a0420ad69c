"""Steering: what a model draws is drawn by more than its own taste, step by step, while it composes.

A *wish* says in log-weights how welcome each thing is in each sixteenth of the loop: that a note of some pitch (or a
stroke of some drum) begins, that one is held, that nothing sounds. The wishes of a recipe are added up, and added to
what the model finds likely. How likely the model itself finds what came of it is counted without them
(:class:`reverie.models.recurrent.model.PassageStream`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from reverie.compose.harmony_wish import Motion, harmony_wish, motion_of
from reverie.compose.recipe import Recipe
from reverie.compose.wishes import PITCHES, Weights, Wish
from reverie.models.encodings.base import Encoding
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF
from reverie.models.lstm import Array
from reverie.models.recurrent.model import Bias

WISHES: Sequence[Wish] = (harmony_wish,)
"""All that a recipe can wish for; each says nothing (None) of a recipe that does not."""

NOTHING = PITCHES
"""In place of a pitch: nothing sounds, or nothing sounded yet."""
_EXCLUDED = np.float32(-1e4)
"""Minus infinity where numbers are multiplied: e to it is 0."""
_MOST_MADE_UP = np.float32(2.5)
"""Where no note that is wanted has much of a chance, holding on is better than forcing one."""
_LEAST = np.finfo(np.float32).tiny
_STEP = 2
"""Semitones of a melodic step, at most."""


@runtime_checkable
class _LooksBack(Protocol):
    """An encoding whose last classes repeat an earlier event, and so mean something else in each passage."""

    repeats: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where the drawing of a recipe begins and how the model speaks.

    ``step`` is the sixteenth of the loop in which the first drawn event happens, ``unit`` the length of each in
    sixteenths, and ``count`` how many follow. ``played`` gives the voice's pitch for a pitch of the model's. ``sounds``
    is the model's pitch that sounds already, and ``before`` the voice's own last pitch.
    """

    step: int
    unit: int
    count: int
    played: Callable[[int], int]
    sounds: int | None = None
    before: int | None = None


def wishes_of(recipe: Recipe) -> Weights | None:
    """All that a recipe wishes for, added up; None where it leaves the model alone."""
    wanted = [weights for wish in WISHES if (weights := wish(recipe)) is not None]
    return sum(wanted[1:], wanted[0]) if wanted else None


def is_steered(recipe: Recipe) -> bool:
    """Whether anything but the model's taste has a say in what is drawn."""
    return recipe.drawn and wishes_of(recipe) is not None


def steering(recipe: Recipe, encoding: Encoding[Any, Any], drawing: Drawing) -> Bias | None:
    """The bias of each step and passage for a recipe; None where it wishes for nothing."""
    weights = wishes_of(recipe)
    if weights is None:
        return None
    steps = [min(drawing.step + number * drawing.unit, len(weights.rests) - 1) for number in range(drawing.count)]
    weights = weights.at(steps)
    if recipe.traits.drums:
        return _drum_bias(encoding, weights)
    motion = motion_of(recipe)
    return MelodyBias(encoding, weights, motion and motion.at(steps), drawing)


def _drum_bias(encoding: Encoding[Any, Any], weights: Weights) -> Bias:
    """One row of log-weights for each step: a class weighs what all its strokes weigh together."""
    state = encoding.start()
    struck = np.zeros((encoding.classes[0], PITCHES), np.float32)
    for label in range(encoding.classes[0]):
        struck[label, list(encoding.event(state, label))] = 1.0
    table: Array = np.maximum(weights.begins, _EXCLUDED) @ struck.T
    silent = ~struck.any(axis=1)
    table[:, silent] += np.maximum(weights.rests, _EXCLUDED)[:, None]

    def bias(number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Array]) -> Array:
        del states, events, chances
        return table[number]

    return bias


class MelodyBias:
    """The bias of a tune, which depends on what sounds in each passage and on what came before.

    Two labels of some encodings repeat the event of one or two bars ago: they weigh what that event weighs. Whether a
    note begins is the model's to say, where the wish is only about its pitch: what is taken from the notes that are not
    wanted goes to the others, and not to holding on and resting.
    """

    def __init__(self, encoding: Encoding[Any, Any], weights: Weights, motion: Motion | None, drawing: Drawing) -> None:
        """Make all tables that do not depend on what is drawn."""
        self._encoding = encoding
        self._drawing = drawing
        repeats = encoding.repeats if isinstance(encoding, _LooksBack) else 0
        own = encoding.classes[0] - repeats
        self._classes = encoding.classes[0]
        self._repeats = range(own, self._classes)
        start = encoding.start()
        self._class_of = {encoding.event(start, label): label for label in range(own)}
        pitches = [event for event in self._class_of if event >= 0]
        self._notes = [self._class_of[event] for event in pitches]
        self._hold, self._off = self._class_of[NO_EVENT], self._class_of[NOTE_OFF]
        self._played = {event: drawing.played(event) for event in pitches}
        played = np.array([self._played[event] for event in pitches])
        self._begins, self._pitches = weights.begins[:, played], weights.pitches[:, played]
        self._holds = np.hstack([weights.holds, weights.rests[:, None]])
        self._rests = weights.rests
        self._motion = motion
        if motion is not None:
            apart = np.abs(np.arange(PITCHES)[:, None] - played)
            none = np.zeros((1, len(played)), np.float32)
            self._far = np.vstack([(apart > _STEP).astype(np.float32), none])
            self._near = np.vstack([((apart > 0) & (apart <= _STEP)).astype(np.float32), none])
            self._leaps, self._goals = motion.leaps[:, played], motion.goals[:, played]
            self._pending = np.hstack([motion.pending, np.zeros((len(motion.pending), 1), np.float32)])
        self._sounding: list[int] = []
        self._before: list[int] = []

    def __call__(self, number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Array]) -> Array:
        """Log-weights (classes, batch) of the event ``number``; ``events`` are those drawn before it."""
        self._follow(states, events)
        sounding, before = np.array(self._sounding), np.array(self._before)
        shape = (self._classes, len(states))
        bias, pitch, begins = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
        notes = np.repeat(self._pitches[number][:, None], len(states), axis=1)
        if self._motion is not None:
            notes += self._leaps[number][:, None] * self._far[before].T
            pending = self._pending[number][before]
            if pending.any():
                notes += pending * (1.0 - self._near[before].T * self._goals[number][:, None])
        pitch[self._notes] = notes
        begins[self._notes] = True
        bias[self._notes] = self._begins[number][:, None]
        bias[self._hold] = self._holds[number][sounding]
        bias[self._off] = self._rests[number]
        rows = range(len(states))
        for label in self._repeats:
            meant = [self._class_of[self._encoding.event(state, label)] for state in states]
            for one in (bias, pitch, begins):
                one[label] = one[meant, rows]
        return bias + pitch + begins * _made_up_for(chances[0], pitch, begins)

    def _follow(self, states: Sequence[Any], events: Sequence[Any]) -> None:
        if not events:
            sounds = self._drawing.sounds
            played = NOTHING if sounds is None else self._played[sounds]
            before = self._drawing.before
            if played != NOTHING:
                before = played
            self._sounding = [played] * len(states)
            self._before = [NOTHING if before is None else before] * len(states)
        for row, event in enumerate(events):
            if event >= 0:
                self._sounding[row] = self._before[row] = self._played[event]
            elif event == NOTE_OFF:
                self._sounding[row] = NOTHING


def _made_up_for(chances: Array, pitch: Array, begins: NDArray[np.bool_]) -> Array:
    """What has to be added to the weights of all notes (batch,), so that one begins as likely as before."""
    notes = chances * begins
    before, after = notes.sum(axis=0), (notes * np.exp(pitch)).sum(axis=0)
    share = np.where(after > 0, before / np.where(after > 0, after, 1), 1)
    return np.clip(np.log(np.maximum(share, _LEAST)), -_MOST_MADE_UP, _MOST_MADE_UP).astype(np.float32)
