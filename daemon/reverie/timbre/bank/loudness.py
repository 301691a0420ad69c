"""Measures how loud people hear a sound, and its peak between samples (ITU-R BS.1770-4)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reverie.measure.loudness import k_weighting
from reverie.timbre.sources.resample import resampled

_WINDOW, _HOP = 0.4, 0.1
_OVERSAMPLED = 4
_REFERENCE = 997.0
"""Hz at which the weighting is brought to 1, so that the loudness of such a sine is its RMS."""

Array = NDArray[np.float64]


def loudest(samples: Array, rate: int) -> float:
    """The K-weighted RMS of a sound's loudest 0.4 s, or of all of it if it is shorter; 1 is full scale.

    The weighting is one of magnitudes, without the phases of the standard's filters.
    """
    if not len(samples):
        return 0.0
    size = 1 << (2 * len(samples) - 1).bit_length()
    weighted = np.fft.irfft(np.fft.rfft(samples, size) * _weights(size, rate), size)
    power = np.concatenate([[0.0], np.cumsum(np.square(weighted[: len(samples)]))])
    window = min(round(_WINDOW * rate), len(samples))
    starts = np.append(np.arange(0, len(samples) - window, round(_HOP * rate)), len(samples) - window)
    return float(np.sqrt((power[starts + window] - power[starts]).max() / window))


def true_peak(samples: Array, rate: int) -> float:
    """The amplitude that a sound reaches, between its samples too."""
    between = resampled(samples, rate, _OVERSAMPLED * rate)
    return max(float(np.abs(samples).max(initial=0.0)), float(np.abs(between).max(initial=0.0)))


@lru_cache(maxsize=4)
def _weights(size: int, rate: int) -> Array:
    """The gains of a spectrum of ``size`` samples, which the notes of a bank have in common."""
    hertz = np.linspace(0.0, rate / 2, size // 2 + 1, dtype=np.float64)
    weights = _weight(hertz) / _weight(np.array([_REFERENCE], np.float64))
    weights.flags.writeable = False
    return weights


def _weight(hertz: Array) -> Array:
    """The gain of the standard's two filters."""
    return np.abs(k_weighting(hertz))
