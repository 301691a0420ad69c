"""What can be wished for while a model draws: log-weights for each sixteenth of a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.compose.recipe import Recipe
from reverie.models.lstm import Array
from reverie.music.notes import MAX_MIDI

PITCHES = MAX_MIDI + 1


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-weights for each sixteenth of a loop, by MIDI pitch as the voice plays it (by drum, where it is drums).

    ``begins`` (steps, 128): a note begins, or a drum is struck; strokes together weigh their sum. ``pitches``
    (steps, 128): if a note begins, it is of this pitch; they leave it to the model whether one does, and drums have
    none. ``holds`` (steps, 128): the note that sounds goes on. ``rests`` (steps,): nothing sounds. Minus infinity
    excludes.
    """

    begins: Array
    pitches: Array
    holds: Array
    rests: Array

    @classmethod
    def even(cls, steps: int) -> Weights:
        """Nothing is wished for in so many sixteenths."""
        return cls(
            np.zeros((steps, PITCHES), np.float32),
            np.zeros((steps, PITCHES), np.float32),
            np.zeros((steps, PITCHES), np.float32),
            np.zeros(steps, np.float32),
        )

    def __add__(self, other: Weights) -> Weights:
        """Both wishes at once."""
        return Weights(
            self.begins + other.begins,
            self.pitches + other.pitches,
            self.holds + other.holds,
            self.rests + other.rests,
        )

    def at(self, steps: Sequence[int]) -> Weights:
        """Those of some sixteenths, in the given order."""
        return Weights(self.begins[steps], self.pitches[steps], self.holds[steps], self.rests[steps])


Wish = Callable[[Recipe], Weights | None]
"""What a recipe wishes for in all sixteenths of its loop, from its first bar to its last; None for nothing."""
