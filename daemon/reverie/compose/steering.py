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

from reverie.compose.density_wish import density_wish
from reverie.compose.harmony_wish import Motion, harmony_wish, motion_of
from reverie.compose.metre_wish import metre_wish
from reverie.compose.own_strokes_wish import own_strokes_wish
from reverie.compose.recipe import Recipe
from reverie.compose.relation_wish import relation_wish
from reverie.compose.wishes import PITCHES, Weights, Wish
from reverie.models.encodings.base import Encoding
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF
from reverie.models.lstm import Array
from reverie.models.recurrent.model import Bias

WISHES: Sequence[Wish] = (harmony_wish, relation_wish, density_wish, metre_wish, own_strokes_wish)
"""All that a recipe can wish for; each says nothing (None) of a recipe that does not."""

_EXCLUDED = np.float32(-1e4)
"""Minus infinity where numbers are multiplied: e to it is 0."""
_MOST_MADE_UP = np.float32(2.5)
"""Where no note that is wanted has much of a chance, holding on is better than forcing one."""
_LEAST = np.float32(1e-30)
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
        """Make all tables that do not depend on what is drawn, so that a step costs little."""
        self._encoding, self._drawing = encoding, drawing
        self._classes = encoding.classes[0]
        repeats = encoding.repeats if isinstance(encoding, _LooksBack) else 0
        self._own = self._classes - repeats
        start = encoding.start()
        self._class_of = {encoding.event(start, label): label for label in range(self._own)}
        notes = [label for event, label in self._class_of.items() if event >= 0]
        played = np.array([drawing.played(event) for event in self._class_of if event >= 0])
        self._hold, self._off = self._class_of[NO_EVENT], self._class_of[NOTE_OFF]
        self._row = {event: row for row, event in enumerate(event for event in self._class_of if event >= 0)}
        self._none = len(played)
        self._row_of_pitch = {int(pitch): row for row, pitch in enumerate(played)}
        steps = len(weights.rests)
        self._is_note = np.zeros(self._own, np.float32)
        self._is_note[notes] = 1.0
        self._absolute = np.zeros((steps, self._own), np.float32)
        self._absolute[:, notes] = weights.begins[:, played]
        self._absolute[:, self._off] = weights.rests
        self._holds = np.hstack([weights.holds[:, played], weights.rests[:, None]])
        self._pitch = np.zeros((steps, len(played) + 1, self._own), np.float32)
        self._pitch[:, :, notes] = _after_each(weights, motion, played)
        self._sounding: list[int] = []
        self._before: list[int] = []

    def __call__(self, number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Array]) -> Array:
        """Log-weights (classes, batch) of the event ``number``; ``events`` are those drawn before it."""
        self._follow(states, events)
        before, rows = np.array(self._before), range(len(states))
        own, pitch = chances[0][: self._own], self._pitch[number][before].T
        factor = np.exp(pitch) * self._is_note[:, None]
        meant = {
            label: [self._class_of[self._encoding.event(state, label)] for state in states]
            for label in range(self._own, self._classes)
        }
        wanted, left = self._is_note @ own, (factor * own).sum(axis=0)
        for label, labels in meant.items():
            wanted += chances[0][label] * self._is_note[labels]
            left += chances[0][label] * factor[labels, rows]
        bias = np.empty((self._classes, len(states)), np.float32)
        bias[: self._own] = pitch + self._absolute[number][:, None]
        bias[: self._own] += self._is_note[:, None] * made_up_for(wanted, left)
        bias[self._hold] = self._holds[number][self._sounding]
        for label, labels in meant.items():
            bias[label] = bias[labels, rows]
        return bias

    def _follow(self, states: Sequence[Any], events: Sequence[Any]) -> None:
        """Keep, for each passage, the row of the note that sounds, and of the note that came last."""
        if not events:
            sounds, before = self._drawing.sounds, self._drawing.before
            row = self._none if sounds is None else self._row[sounds]
            came = self._none if before is None else self._row_of_pitch.get(before, self._none)
            self._sounding = [row] * len(states)
            self._before = [came if row == self._none else row] * len(states)
        for number, event in enumerate(events):
            if event >= 0:
                self._sounding[number] = self._before[number] = self._row[event]
            elif event == NOTE_OFF:
                self._sounding[number] = self._none


def _after_each(weights: Weights, motion: Motion | None, played: NDArray[np.intp]) -> Array:
    """Log-weights (steps, notes before and none, notes) of the pitch of a note that begins."""
    pitches = weights.pitches[:, None, played]
    if motion is None:
        return np.repeat(pitches, len(played) + 1, axis=1)
    apart = np.abs(played[:, None] - played)
    none = np.zeros((1, len(played)), np.float32)
    far = np.vstack([(apart > _STEP).astype(np.float32), none])
    near = np.vstack([((apart > 0) & (apart <= _STEP)).astype(np.float32), none])
    pending = np.hstack([motion.pending[:, played], np.zeros((len(pitches), 1), np.float32)])[:, :, None]
    resolved = near * motion.goals[:, None, played]
    weighed = pitches + motion.leaps[:, None, played] * far + pending * (1.0 - resolved)
    return weighed.astype(np.float32)


def made_up_for(wanted: Array | np.float32, left: Array | np.float32) -> Array:
    """What is added to the weights of all notes, so that one begins as likely as the model wants it.

    Args:
        wanted: the chance of it, in each passage.
        left: what pitches that are not wanted have left of it.
    """
    return np.minimum(np.log((wanted + _LEAST) / (left + _LEAST)), _MOST_MADE_UP)
