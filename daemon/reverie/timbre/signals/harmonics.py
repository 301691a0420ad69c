"""The harmonics of a sound, and the noise between them.

Time is bent until every period is equally long. Then a window of a whole number of periods has each harmonic in a bin
of its own, and in the bins between, where a Hann window is blind for harmonics, there is only noise.
"""

from __future__ import annotations

import numpy as np
import soxr

from reverie.timbre.signals.frames import (
    BANDS,
    EULER,
    HOP,
    RATE,
    TINY,
    Array,
    band_edges,
    decibels,
    hann,
    over_gaps,
    straight,
)

HIGHEST = 20_000.0
"""Hz above which no harmonic is looked for."""

_FINER = 4
"""Times the rate at which samples are read between samples."""
_TONAL_SECONDS, _NOISE_SECONDS = 0.015, 0.035
"""The windows that harmonics and noise are heard through are at least so long, and 2 and 4 periods."""
_BLIND = 2
"""Bins beside a harmonic's that hear it, too."""


def harmonics(samples: Array, contour: Array) -> Array:
    """Levels of the harmonics in dB [frames, harmonics], as many as there is room for below :data:`HIGHEST`."""
    hertz = float(np.median(contour))
    bent = _Bent(samples, contour)
    periods = _whole(_TONAL_SECONDS * hertz, 2)
    spectra = bent.spectra(periods)
    count = max(1, min(int(HIGHEST / hertz), bent.period // 2 - 1))
    power = spectra[:, periods : periods * count + 1 : periods]
    if periods > 2 * _BLIND:
        power = np.maximum(power - _beside(spectra, periods, count), 0.0)
    return decibels(np.sqrt(power))


def noise_between(samples: Array, contour: Array) -> Array:
    """The noise between the harmonics [frames, bands]: dB of its RMS in each band."""
    bent = _Bent(samples, contour)
    periods = _whole(_NOISE_SECONDS * float(np.median(contour)), 4)
    spectra = bent.spectra(periods)
    number = np.arange(spectra.shape[1])
    beside = np.minimum(number % periods, periods - number % periods)
    bins = np.flatnonzero(beside >= np.maximum(_BLIND, periods // 3))
    # A bin hears as much noise as its window lets through: 1.5 bins of a Hann window, of squared amplitudes.
    density = spectra[:, bins] / 2 / (1.5 / periods)
    hertz = bins[None, :] / periods * contour[:, None]
    return decibels(np.sqrt(_in_bands(hertz, density / contour[:, None])))


class _Bent:
    """A sound whose periods are made equally long."""

    def __init__(self, samples: Array, contour: Array) -> None:
        moments = np.arange(len(contour)) * HOP
        hertz = straight(np.arange(len(samples) + 1), moments, contour)
        turns = np.concatenate([[0.0], np.cumsum(hertz[:-1])]) / RATE
        self.period = 1 << max(2, int(np.ceil(np.log2(RATE / contour.min()))))
        steps = np.arange(0.0, turns[-1], 1 / self.period)
        fine = np.asarray(soxr.resample(samples, 1, _FINER, "VHQ"), np.float64)  # pyright: ignore[reportUnknownMemberType]
        at = straight(steps, turns, np.arange(len(turns))) * _FINER
        self._samples = straight(at, np.arange(len(fine)), fine)
        self._centres = np.rint(straight(moments, np.arange(len(turns)), turns) * self.period).astype(int)

    def spectra(self, periods: int) -> Array:
        """Squared amplitudes of sines [frames, bins], each bin ``1 / periods`` of the fundamental wide."""
        size = periods * self.period
        padded = np.pad(self._samples, size // 2 + 1)
        picked = np.lib.stride_tricks.sliding_window_view(padded, size)[
            np.minimum(self._centres + 1, len(padded) - size)
        ]
        return np.square(np.abs(np.fft.rfft(picked * hann(size), axis=1)) * (4 / size))


def _whole(periods: float, of: int) -> int:
    return max(1, int(np.ceil(periods / of))) * of


def _beside(spectra: Array, periods: int, count: int) -> Array:
    """Squared amplitudes of the noise around each harmonic, as much as is in the harmonic's bin: [frames, count]."""
    middle = periods * np.arange(1, count + 1)
    bins = [spectra[:, middle + side * offset] for side in (-1, 1) for offset in range(_BLIND, periods // 2 + 1)]
    return np.mean(bins, axis=0)


def _in_bands(hertz: Array, density: Array) -> Array:
    """Power in each band [frames, bands] of densities at frequencies [frames, bins] that rise along each row."""
    edges = band_edges()
    frames = len(density)
    band = np.searchsorted(edges, hertz, side="right") - 1
    inside = (band >= 0) & (band < BANDS)
    place = (np.arange(frames)[:, None] * BANDS + band)[inside]
    logs = np.log(np.maximum(density[inside], TINY))
    summed = np.bincount(place, logs, frames * BANDS).reshape(frames, BANDS)
    counted = np.bincount(place, minlength=frames * BANDS).reshape(frames, BANDS)
    return np.exp(over_gaps(summed / np.maximum(counted, 1) + EULER, counted > 0)) * np.diff(edges)
