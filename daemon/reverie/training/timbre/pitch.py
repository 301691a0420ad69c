# pyright: basic
# Slices of arrays of unknown length have no complete types.
"""The pitch of a note, as it is measured and not as it is labelled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_FRAME = 4096
_HOP = 2048
_LOWEST, _HIGHEST = 50.0, 2200.0
_QUIET = 1e-4
_CLEAR = 0.6
_NEAR_BEST = 0.9


def pitch_of(samples: Array, rate: int) -> float | None:
    """The pitch of a note as a MIDI number with its fraction; None where it has none.

    The normalised square difference of McLeod and Wyvill ("A smarter way to find pitch", 2005), frame by frame; the
    median over all frames that are clear, each counted as often as it is loud.
    """
    found: list[tuple[float, float]] = []
    for begin in range(0, max(1, len(samples) - _FRAME), _HOP):
        frame = samples[begin : begin + _FRAME].astype(np.float64)
        energy = float(frame @ frame)
        if len(frame) < _FRAME or energy < _QUIET:
            continue
        hertz = _period(frame, rate)
        if hertz:
            found.append((69.0 + 12.0 * math.log2(hertz / 440.0), energy))
    if not found:
        return None
    found.sort()
    pitches, weights = np.array(found).T
    return float(pitches[np.searchsorted(np.cumsum(weights), weights.sum() / 2)])


def periodic(samples: Array, rate: int, pitch: float) -> tuple[float, float]:
    """How clearly a note repeats at about the period of ``pitch`` (1 is wholly), and by how many cents it is above.

    The mean over its frames, each weighted by its energy; a period may be half a semitone off.
    """
    lag = rate / (440.0 * 2.0 ** ((pitch - 69.0) / 12.0))
    low, high = math.floor(lag * 2 ** (-0.6 / 12)), math.ceil(lag * 2 ** (0.6 / 12)) + 1
    total: NDArray[np.float64] = np.zeros(high + 2)
    weight = 0.0
    for begin in range(0, max(1, len(samples) - _FRAME), _HOP):
        frame = samples[begin : begin + _FRAME].astype(np.float64)
        energy = float(frame @ frame)
        if len(frame) == _FRAME and energy >= _QUIET:
            total += energy * _clarity(frame)[: high + 2]
            weight += energy
    if not weight:
        return 0.0, 0.0
    total /= weight
    best = low + int(np.argmax(total[low : high + 1]))
    before, at, after = map(float, total[best - 1 : best + 2])
    bend = before - 2 * at + after
    exact = best + (min(0.5, max(-0.5, 0.5 * (before - after) / bend)) if bend < 0 else 0.0)
    return at, 1200.0 * math.log2(lag / exact)


def _clarity(frame: NDArray[np.float64]) -> NDArray[np.float64]:
    """How like a frame is to itself so many samples later, from -1 to 1, up to half its length."""
    size = len(frame)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 2 * size)) ** 2)[: size // 2]
    squares = np.concatenate([[0.0], np.cumsum(frame**2)])
    lags = np.arange(size // 2)
    return 2.0 * correlation / np.maximum(squares[size - lags] + squares[size] - squares[lags], 1e-12)


def _period(frame: NDArray[np.float64], rate: int) -> float | None:
    clarity = _clarity(frame)
    first, last = int(rate / _HIGHEST), min(int(rate / _LOWEST), len(clarity) - 2)
    below = np.flatnonzero(clarity[:last] < 0)
    if not len(below):
        return None
    begin = max(first, int(below[0]))
    inner = clarity[begin : last + 1]
    peaks = begin + 1 + np.flatnonzero((inner[1:-1] >= inner[:-2]) & (inner[1:-1] > inner[2:]))
    if not len(peaks) or clarity[peaks].max() < _CLEAR:
        return None
    lag = int(peaks[clarity[peaks] >= _NEAR_BEST * clarity[peaks].max()][0])
    before, at, after = map(float, clarity[lag - 1 : lag + 2])
    return rate / (lag + 0.5 * (before - after) / (before - 2 * at + after))
