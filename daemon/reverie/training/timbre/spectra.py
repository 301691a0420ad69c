# pyright: basic
# SciPy has no types.
"""Specgrams for training: of a few frames only, or their magnitudes only.

The same numbers as :mod:`reverie.models.gansynth.specgrams` gives for a whole note.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy import sparse

from reverie.models.gansynth.mel import linear_to_mel
from reverie.training.timbre.tones import RATE

Array = NDArray[np.float32]

BINS, FRAMES, HOP, WINDOW = 1024, 128, 512, 2048
BEFORE = HOP * (FRAMES - 1) + WINDOW - 64_000
"""Samples of silence in front of a note."""
_TINY = 1e-6


def power(samples: NDArray[np.int16]) -> Array:
    """The logarithm of power in mel bands, [FRAMES, BINS], of a whole note at full scale 32767."""
    return _logarithm(_transformed(samples, 0, FRAMES)[1:])


def specgram(samples: NDArray[np.int16], first: int, count: int) -> tuple[Array, Array]:
    """The logarithm of power and the advance of phase (half turns), [count, BINS] each, from frame ``first`` on."""
    found = _transformed(samples, first, count)
    turned = np.angle(found[1:] * np.conj(found[:-1])) @ _to_mel() / np.float32(np.pi)
    return _logarithm(found[1:]), (np.mod(turned + 1.0, 2.0) - 1.0).astype(np.float32)


def _transformed(samples: NDArray[np.int16], first: int, count: int) -> NDArray[np.complex64]:
    """The spectra of ``count`` frames and of the one before them."""
    begin = (first - 1) * HOP - BEFORE
    end = begin + count * HOP + WINDOW
    padded = np.zeros(end - begin, np.float32)
    low, high = max(begin, 0), min(end, len(samples))
    if high > low:
        padded[low - begin : high - begin] = samples[low:high]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.asarray(scipy.fft.rfft(windows * _window(), axis=1))[:, 1:]


def _logarithm(spectra: NDArray[np.complex64]) -> Array:
    squares = spectra.real * spectra.real + spectra.imag * spectra.imag
    return np.log(squares @ _to_mel() + np.float32(_TINY))


@functools.cache
def _window() -> Array:
    return ((0.5 - 0.5 * np.cos(2.0 * np.pi / WINDOW * np.arange(WINDOW))) / 32767.0).astype(np.float32)


@functools.cache
def _to_mel() -> sparse.csc_matrix:
    return sparse.csc_matrix(linear_to_mel(BINS, RATE).astype(np.float32))
