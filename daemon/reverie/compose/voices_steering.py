"""How several voices are steered while a model draws them: by harmony, metre, density, and what others play.

The wishes are those of all voices (:mod:`reverie.compose.steering`); here they become log-weights of the classes of
polyphony. That something begins in a sixteenth is wished for once: of the notes of a chord the first has its weight,
and how many follow is left to the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reverie.compose.recipe import Recipe
from reverie.compose.steering import made_up_for, wishes_of
from reverie.compose.wishes import PITCHES, Weights
from reverie.models.encodings.polyphony import STEP_END, Kind, PolyphonicEvent, PolyphonyAlphabet
from reverie.models.lstm import Array

_ALPHABET = PolyphonyAlphabet()
_STEP_OVER = _ALPHABET.encode(STEP_END)
_NEW = _ALPHABET.encode(PolyphonicEvent(Kind.NEW_NOTE))
_HELD = _ALPHABET.encode(PolyphonicEvent(Kind.CONTINUED_NOTE))


@dataclass(frozen=True, slots=True)
class VoicesWeights:
    """Log-weights of each sixteenth, by the model's own pitches."""

    weights: Weights

    @classmethod
    def of(cls, recipe: Recipe, first: int, count: int, played: Callable[[int], int]) -> VoicesWeights | None:
        """What a recipe wishes for in ``count`` sixteenths from sixteenth ``first`` of its loop on; None for nothing.

        Args:
            recipe: whose wishes.
            first: the sixteenth that is drawn first.
            count: how many.
            played: gives the voice's pitch for a pitch of the model's.
        """
        wished = wishes_of(recipe)
        if wished is None:
            return None
        pitches = [played(pitch) for pitch in range(PITCHES)]
        there = wished.at([min(first + number, len(wished.rests) - 1) for number in range(count)])
        return cls(Weights(there.begins[:, pitches], there.pitches[:, pitches], there.holds[:, pitches], there.rests))

    def add(self, step: int, column: Array, chances: Array, *, begun: bool, said: bool) -> None:
        """Add what is wished for in a sixteenth to the log-weights of the classes of polyphony.

        Args:
            step: the sixteenth, from the first that is drawn.
            column: the log-weights (classes,), of which those of notes and of the end of the step change.
            chances: the model's own probabilities (classes,).
            begun: whether a note has begun in the sixteenth.
            said: whether anything sounds in it.
        """
        self.add_new(step, column[_NEW : _NEW + PITCHES], chances[_NEW : _NEW + PITCHES], begun=begun)
        column[_HELD : _HELD + PITCHES] += self.weights.holds[step]
        if not said:
            column[_STEP_OVER] += self.weights.rests[step]

    def add_new(self, step: int, new: Array, chances: Array, *, begun: bool) -> None:
        """Add what is wished for to the log-weights of notes that begin, (128,) as their ``chances``.

        That one begins stays as likely as the model wants it, where the wish is only about its pitch.
        """
        pitches = self.weights.pitches[step]
        own = np.where(np.isneginf(new), np.float32(0.0), chances)
        new += pitches + made_up_for(own.sum(), (own * np.exp(pitches)).sum())
        if not begun:
            new += self.weights.begins[step]
