"""The grid of time and frequency on which a sound is described."""

from __future__ import annotations

import functools
import math
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Array | NDArray[np.integer[Any]] | NDArray[np.floating[Any]]

RATE = 48_000
"""Hz at which sounds are taken apart and put together."""
HOP = 240
"""Samples from one frame to the next: 5 ms, in which a hand can hardly move."""
BANDS = 48
"""Bands of noise, as wide as ears hear them apart (Glasberg and Moore, 1990), from 0 Hz to half the rate."""
FLOOR = -120.0
"""dB below full scale at which nothing is left."""

EULER, TINY = 0.5772, 1e-30
"""By how much the mean logarithm of the power of noise is below the logarithm of its mean; and what counts as none.
Logarithms are averaged, since a single bin with a trace of a tone in it would count for all others."""

_ERB_SCALE, _ERB_CORNER = 21.4, 0.00437


def decibels(amplitude: Array) -> Array:
    """Amplitudes in dB, at least :data:`FLOOR`."""
    return 20 * np.log10(np.maximum(amplitude, 10 ** (FLOOR / 20)))


def amplitude(level: Array) -> Array:
    """Levels in dB as amplitudes; what is at the floor is nothing."""
    return np.where(level > FLOOR, 10 ** (level / 20), 0.0)


def windows(samples: Array, size: int) -> Array:
    """The frames of a sound [frames, size], each around its moment; beyond the ends there is nothing."""
    count = frame_count(len(samples))
    padded = np.zeros((count - 1) * HOP + size)
    before = size // 2
    padded[before : before + len(samples)] = samples[: len(padded) - before]
    return sliding_window_view(padded, size)[::HOP]


def frame_count(samples: int) -> int:
    """Frames of so many samples; the first is around the first of them."""
    return 1 + samples // HOP


def straight(at: Numbers, known: Numbers, values: Numbers) -> Array:
    """Values ``at`` places, along straight lines between those that are ``known``."""
    return np.asarray(np.interp(at, known, values), np.float64)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def over_gaps(table: Array, known: NDArray[np.bool_]) -> Array:
    """A table whose gaps are filled, row by row, with straight lines between what is ``known``."""
    filled = table.copy()
    columns = np.arange(table.shape[1])
    for row in np.flatnonzero(~known.all(axis=1) & known.any(axis=1)):
        filled[row] = straight(columns, np.flatnonzero(known[row]), table[row][known[row]])
    return filled


@functools.cache
def hann(size: int) -> Array:
    """A periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size), np.float64)


@functools.cache
def band_edges() -> Array:
    """The edges of the bands in Hz [BANDS + 1], evenly along the scale of equivalent rectangular bandwidths."""
    last = _ERB_SCALE * math.log10(1 + _ERB_CORNER * RATE / 2)
    steps = np.linspace(0.0, last, BANDS + 1, dtype=np.float64)
    return (10 ** (steps / _ERB_SCALE) - 1) / _ERB_CORNER


@functools.cache
def band_centres() -> Array:
    """The middles of the bands in Hz [BANDS]."""
    edges = band_edges()
    return (edges[:-1] + edges[1:]) / 2


@functools.cache
def between_bands(bins: int) -> Array:
    """How bins, evenly from 0 Hz to half the rate, lie between the middles of bands [BANDS, bins]."""
    place = straight(np.linspace(0, RATE / 2, bins), band_centres(), np.arange(BANDS))
    return np.maximum(0.0, 1.0 - np.abs(place - np.arange(BANDS)[:, None]))


def band_power(frames: Array) -> Array:
    """The power in each band [frames, bands] of windows of a sound [frames, size]."""
    size = frames.shape[1]
    power = np.square(np.abs(np.fft.rfft(frames * hann(size), axis=1)))
    # A bin of a Hann window hears noise of variance 1 with 3/8 of its size as mean power.
    density = power / (0.375 * size) / (RATE / 2)
    return density @ _shares(power.shape[1])


@functools.cache
def _shares(bins: int) -> Array:
    """How many Hz of each bin lie in each band [bins, bands]."""
    width = RATE / 2 / (bins - 1)
    low = (np.arange(bins)[:, None] - 0.5) * width
    edges = band_edges()
    return np.maximum(0.0, np.minimum(low + width, edges[1:]) - np.maximum(low, edges[:-1]))
