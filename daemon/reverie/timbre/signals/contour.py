"""How the pitch of a sound moves: glides and vibrato, frame by frame.

McLeod's normalised square difference, as where a pitch is measured, but in short frames, and only near the pitch that
the sound is known to have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.self_likeness import self_likeness
from reverie.timbre.signals.frames import RATE, Array, straight, windows

_PERIODS, _SHORTEST = 3.5, 1200
"""Periods, and samples, that a frame has at least."""
_WIDEST = 1.5
"""How far the pitch may go from its middle, up and down: 7 semitones."""
_CLEAR = 0.85
"""How alike two periods must be for a frame to count; between such frames the contour is straight."""
_SAME = 0.06
"""How far the period of a closer look may be from that of the first."""
_LEFT_OUT = 0.03
"""Frames softer than this share of the loudest (-30 dB) do not count."""


def pitch_contour(samples: Array, hertz: float) -> Array:
    """The fundamental in Hz [frames] of a sound whose pitch is ``hertz`` for most of its time."""
    period = RATE / hertz
    size = max(_SHORTEST, round(_PERIODS * period))
    frames = windows(samples, size)
    first, last = max(2, int(period / _WIDEST)), int(period * _WIDEST) + 2
    likeness = self_likeness(frames, min(size - 2, last + 2))
    found = first + np.argmax(likeness[:, first:last], axis=1)
    rows = np.arange(len(frames))
    level = np.sqrt(np.mean(np.square(frames), axis=1))
    clear = (likeness[rows, found] > _CLEAR) & (level > _LEFT_OUT * level.max())
    if not clear.any():
        return np.full(len(frames), hertz)
    periods = _smoothed(_top(likeness, rows, found), clear)
    return RATE / _refined(frames, periods, clear)


def _top(likeness: Array, rows: NDArray[np.intp], lags: NDArray[np.intp]) -> Array:
    """Where the parabolas through peaks and their neighbours are highest."""
    left, middle, right = likeness[rows, lags - 1], likeness[rows, lags], likeness[rows, lags + 1]
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-12), 0.0)
    return lags.astype(np.float64) + np.clip(shift, -0.5, 0.5)  # further off, there is no peak but a slope


def _refined(frames: Array, periods: Array, clear: NDArray[np.bool_]) -> Array:
    """The periods measured over as many of them as a third of a frame has: a sample is much of a short one."""
    size = frames.shape[1]
    count = int(size / 3 / np.median(periods))
    if count <= 1:
        return periods
    around = np.arange(-round(0.4 * np.median(periods)) - 1, round(0.4 * np.median(periods)) + 2)
    lags = np.clip(np.rint(count * periods).astype(np.intp), 1 - around[0], size - 2 - around[-1])
    likeness = self_likeness(frames, int(lags.max() + around[-1] + 2))
    rows = np.arange(len(frames))
    best = lags + around[likeness[rows[:, None], lags[:, None] + around].argmax(axis=1)]
    found = _top(likeness, rows, best) / count
    return _smoothed(found, clear & (np.abs(found / periods - 1) < _SAME))


def _smoothed(periods: Array, clear: NDArray[np.bool_]) -> Array:
    """A median of five frames, and straight lines over those that are not clear."""
    known = np.flatnonzero(clear)
    if not len(known):
        return periods
    filled = straight(np.arange(len(periods)), known, periods[known])
    padded = np.pad(filled, 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
