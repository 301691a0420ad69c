"""Sounds whose parts are known, for tests of what takes sounds apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RATE = 48_000


def hertz(pitch: float) -> float:
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def times(seconds: float) -> Array:
    return np.arange(round(seconds * RATE)) / RATE


def harmonic(pitch: float | Array, levels: Sequence[float], seconds: float = 1.0) -> Array:
    """Harmonics with levels in dB at a pitch, or along pitches [samples]."""
    turns = np.cumsum(np.broadcast_to(440.0 * 2.0 ** ((np.asarray(pitch) - 69.0) / 12.0), len(times(seconds)))) / RATE
    return np.sum(
        [10 ** (level / 20) * np.sin(2 * np.pi * number * turns + number) for number, level in enumerate(levels, 1)],
        axis=0,
    )


def ringing(partials: Sequence[tuple[float, float, float]], seconds: float = 1.0) -> Array:
    """Partials of (Hz, dB, dB a second) that die away."""
    t = times(seconds)
    return np.sum(
        [10 ** ((level - fall * t) / 20) * np.sin(2 * np.pi * at * t + at) for at, level, fall in partials], axis=0
    )


def noise(level: float, seconds: float = 1.0, seed: int = 1) -> Array:
    """White noise of a level in dB (RMS)."""
    return 10 ** (level / 20) * np.random.default_rng(seed).standard_normal(len(times(seconds)))
