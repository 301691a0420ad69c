"""How far a note's magnitudes are from those of a sound, and in which direction they are nearer.

The log-spectral distance: both are brought to levels in dB below their loudest place, on grids of slices of time and
bands of frequency, a coarse one for the envelope and finer ones for what is within it. What is 60 dB below the loudest
counts as silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reverie.models.gansynth.convolution import Array
from reverie.models.gansynth.specgrams import Specgrams

GRIDS = ((8, 16), (12, 32), (24, 96))
"""Slices of time and bands of frequency."""
FLOOR = np.float32(1e-6)
"""Power below a grid's loudest place that counts as silence."""
_LOWEST = 60.0
"""Hertz below which nothing is compared."""
_DECIBELS = np.float32(10.0 / np.log(10.0))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Means over ``slices`` (slices, frames) of sums over ``bands`` (bins, bands)."""

    slices: Array
    bands: Array

    def levels(self, power: Array) -> Array:
        """Power [frames, bins] in dB below its loudest place, [slices, bands]."""
        cells = self.slices @ power @ self.bands
        return _DECIBELS * np.log(cells / np.maximum(cells.max(), FLOOR) + FLOOR)

    def slope(self, power: Array, wanted: Array) -> tuple[float, Array]:
        """The mean square of what levels differ by from those that are ``wanted``, and its gradient by power."""
        cells = self.slices @ power @ self.bands
        loudest = np.maximum(cells.max(), FLOOR)
        shares = cells / loudest + FLOOR
        differences: Array = _DECIBELS * np.log(shares) - wanted
        by_share: Array = (2.0 * _DECIBELS / differences.size) * differences / shares
        by_cell: Array = by_share / loudest
        by_cell.reshape(-1)[cells.argmax()] -= np.sum(by_share * cells) / loudest**2
        by_power = self.slices.T @ by_cell @ self.bands.T
        return float(np.mean(differences * differences)), by_power.astype(np.float32, copy=False)


class Likeness:
    """Compares the first ``frames`` frames of specgrams."""

    def __init__(self, specgrams: Specgrams, frames: int) -> None:
        self._powers = specgrams.powers
        self._grids = tuple(
            Grid(_slices(slices, frames), _bands(bands, specgrams.hertz, specgrams.rate / 2)) for slices, bands in GRIDS
        )

    def levels(self, magnitudes: Array) -> tuple[Array, ...]:
        """What a note's magnitudes [frames, bins] are compared by."""
        power = np.exp(self._powers * magnitudes)
        return tuple(grid.levels(power) for grid in self._grids)

    def slope(self, magnitudes: Array, wanted: tuple[Array, ...]) -> tuple[float, Array]:
        """The square of the distance in dB, and its gradient by the magnitudes."""
        power = np.exp(self._powers * magnitudes)
        square, gradient = 0.0, np.zeros_like(power)
        for grid, levels in zip(self._grids, wanted, strict=True):
            part, by_power = grid.slope(power, levels)
            square += part / len(self._grids)
            gradient += by_power
        gradient *= power
        gradient *= np.float32(self._powers / len(self._grids))
        return square, gradient


def _slices(count: int, frames: int) -> Array:
    count = min(count, frames)
    out = np.zeros((count, frames), np.float32)
    for number, part in enumerate(np.array_split(np.arange(frames), count)):
        out[number, part] = 1.0 / len(part)
    return out


def _bands(count: int, hertz: Array, highest: float) -> Array:
    """Which bin belongs to which band; where bins are wider than bands, some bands have none and are left out."""
    edges = np.geomspace(_LOWEST, highest, count + 1)
    band = np.searchsorted(edges, hertz, side="right") - 1
    out = np.zeros((len(hertz), count), np.float32)
    heard = np.flatnonzero((band >= 0) & (hertz <= highest))
    out[heard, np.minimum(band[heard], count - 1)] = 1.0
    return np.ascontiguousarray(out[:, out.any(axis=0)])
