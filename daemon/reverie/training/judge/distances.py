"""How far two sets of figures are apart: Wasserstein's first distance, in the unit of the figures.

It is the least that the values of one set must be moved, on average, to become those of the other. It needs no bins,
knows that 3 notes a bar are nearer to 4 than to 9, and goes on growing where histograms no longer overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 20
"""How often as many training loops as were generated are drawn, to say what chance and the split come to."""
MOST_RATIO = 2.0
"""How many times that distance generated music may be away."""
FEWEST = 20
"""Loops without which nothing is said of a measure."""

Figures = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SetDistance:
    """How far generated loops, and training loops, are from held-out music in one measure.

    ``generated`` and ``training`` are in the measure's unit; the latter is the mean over draws of as many training
    loops as were generated. ``loops`` are how many had the measure: generated, held out.
    """

    generated: float
    training: float
    means: tuple[float, float, float]
    loops: tuple[int, int]

    @property
    def ratio(self) -> float | None:
        """How many times farther generated loops are than training loops; None if too few loops had the measure."""
        if min(self.loops) < FEWEST:
            return None
        if self.training > 0:
            return self.generated / self.training
        return 0.0 if self.generated == 0 else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether generated loops are no farther than twice as far as training loops."""
        return None if self.ratio is None else self.ratio <= MOST_RATIO


def wasserstein(one: Sequence[float] | Figures, other: Sequence[float] | Figures) -> float:
    """Wasserstein's first distance of two samples, of any sizes: the area between their cumulative distributions.

    Raises:
        ValueError: if one of them is empty.
    """
    first, second = np.sort(np.asarray(one, np.float64)), np.sort(np.asarray(other, np.float64))
    if not len(first) or not len(second):
        raise ValueError("a distance needs a value or more on either side")
    values = np.sort(np.concatenate([first, second]))
    heights = [np.searchsorted(one, values[:-1], side="right") / len(one) for one in (first, second)]
    return float((np.abs(heights[0] - heights[1]) * np.diff(values)).sum())


def set_distance(
    generated: Sequence[Sequence[float]], held_out: Sequence[Sequence[float]], training: Sequence[Sequence[float]]
) -> SetDistance | None:
    """Compare the figures of loops: of each loop one, or as many as it has notes.

    Returns:
        None where one of the sets has no figure at all.
    """
    sets = [_known(loops) for loops in (generated, held_out, training)]
    if not all(sets):
        return None
    made, held, known = sets
    target = np.concatenate(held)
    drawn = np.random.default_rng(0)
    draws: list[float] = []
    for _ in range(DRAWS):
        picked = drawn.choice(len(known), size=min(len(made), len(known)), replace=False)
        draws.append(wasserstein(np.concatenate([known[int(place)] for place in picked]), target))
    return SetDistance(
        generated=wasserstein(np.concatenate(made), target),
        training=float(np.mean(draws)),
        means=tuple(float(np.concatenate(one).mean()) for one in (made, held, known)),  # pyright: ignore[reportArgumentType]
        loops=(len(made), len(held)),
    )


def _known(loops: Sequence[Sequence[float]]) -> list[Figures]:
    """The figures of those loops that have any."""
    return [np.asarray(one, np.float64) for one in loops if len(one)]
