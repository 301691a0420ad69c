"""Measures of a note's sound, for tests that listen."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Exact = NDArray[np.float64]

_FRAME = 2048
_HOP = 512
_LOWEST, _HIGHEST = 55.0, 1400.0
_THRESHOLD = 0.15
_QUIET = 1e-5
_FLOOR = 1e-3


def pitch(samples: Array, rate: int) -> float | None:
    """The MIDI pitch of a note, with its fraction, from the waveform alone; None if it has none.

    YIN (de Cheveigné and Kawahara, 2002), and the median of its frames, each counted as often as it is loud.
    """
    first, last = int(rate / _HIGHEST), math.ceil(rate / _LOWEST)
    found: list[tuple[float, float]] = []
    for frame in np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)[::_HOP]:
        energy = float(np.mean(frame**2))
        if energy > _QUIET and (lag := _lag(frame, first, last)):
            found.append((69.0 + 12.0 * math.log2(rate / lag / 440.0), energy))
    if not found:
        return None
    pitches, weights = np.array(sorted(found)).T
    return float(pitches[np.searchsorted(np.cumsum(weights), weights.sum() / 2)])


def spectrum(samples: Array, rate: int) -> Exact:
    """Amplitudes in 32 bands from 60 Hz up, each a fifth of an octave or so, in 12 slices of time: [slices, bands]."""
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)[::_HOP]
    power = np.abs(np.fft.rfft(windows * np.hanning(_FRAME), axis=1)) ** 2
    edges = np.geomspace(60.0, rate / 2, 33) * _FRAME / rate
    bands = np.stack(
        [power[:, int(low) : max(int(high), int(low) + 1)].sum(axis=1) for low, high in itertools.pairwise(edges)],
        axis=1,
    )
    return np.sqrt(np.stack([part.mean(axis=0) for part in np.array_split(bands, 12)]))


def centroid(samples: Array, rate: int) -> float:
    """The mean of all frequencies (Hz), each weighted by its amplitude; 60 dB below the loudest nothing is heard."""
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), _FRAME)[::_HOP]
    amplitude = np.abs(np.fft.rfft(windows * np.hanning(_FRAME), axis=1))
    amplitude[amplitude < _FLOOR * amplitude.max()] = 0.0
    return float((amplitude * np.fft.rfftfreq(_FRAME, 1 / rate)).sum() / amplitude.sum())


def distance(one: Array, other: Array, rate: int) -> float:
    """The log-spectral distance of two notes in dB; what is 60 dB below a note's loudest counts as silence."""
    levels = [
        20 * np.log10(np.maximum(heard / heard.max(), _FLOOR)) for heard in (spectrum(one, rate), spectrum(other, rate))
    ]
    return float(np.sqrt(np.mean((levels[0] - levels[1]) ** 2)))


def spearman(values: list[float]) -> float:
    """How nearly a sequence only rises: the correlation of its ranks with its order, from -1 to 1."""
    ranks = np.argsort(np.argsort(values))
    return float(np.corrcoef(ranks, np.arange(len(values)))[0, 1])


def _lag(frame: Exact, first: int, last: int) -> float | None:
    size = len(frame) - last - 1
    spectra = np.fft.rfft(frame, 2 * len(frame)), np.fft.rfft(frame[:size], 2 * len(frame))
    common = np.fft.irfft(spectra[0] * np.conj(spectra[1]))[: last + 2]
    squares = np.concatenate([[0.0], np.cumsum(frame**2)])
    lags = np.arange(last + 2)
    differences = squares[size] + squares[lags + size] - squares[lags] - 2 * common
    normed = np.ones(last + 2)
    normed[1:] = differences[1:] * lags[1:] / np.maximum(np.cumsum(differences[1:]), 1e-12)
    low = np.flatnonzero(normed[first : last + 1] < _THRESHOLD)
    if not len(low):
        return None
    best = first + int(low[0])
    while best < last and normed[best + 1] < normed[best]:
        best += 1
    before, at, after = normed[best - 1 : best + 2]
    bend = before - 2 * at + after
    return best + (0.5 * (before - after) / bend if bend > 0 else 0.0)
