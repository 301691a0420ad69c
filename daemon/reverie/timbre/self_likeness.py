"""How alike a sound is to itself some time later, by which periods are found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def self_likeness(frames: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """How alike each frame is to itself so many samples later, from -1 to 1: [frames, lags] of [frames, samples].

    McLeod's normalised square difference ("A smarter way to find pitch", 2005); a frame has more samples than ``lags``.
    """
    size = frames.shape[1]
    spectra = np.fft.rfft(frames, 1 << (size + lags).bit_length(), axis=1)
    products = np.fft.irfft(np.square(np.abs(spectra)), axis=1)[:, :lags]
    powers = np.cumsum(np.square(frames), axis=1)
    total = powers[:, -1:]
    before = np.concatenate([np.zeros_like(total), powers[:, : lags - 1]], axis=1)
    kept = powers[:, size - 1 - np.arange(lags)]
    return 2 * products / np.maximum(kept + total - before, 1e-30)
