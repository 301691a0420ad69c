"""How alike two sounds are, by measures that the field compares synthesizers with.

All take samples [n] at :data:`RATE` and bring them to one loudness; 0 is the same sound.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]

RATE = 16_000
_SIZES = (256, 512, 1024, 2048)
_FLOOR = 80.0
"""dB below the loudest bin of both sounds at which nothing is heard."""
_MELS, _COEFFICIENTS, _SIZE = 40, 13, 1024
_LOUDNESS = 0.1


def log_spectral_distance(one: Array, other: Array) -> float:
    """Mean difference in dB of the bins of spectra in four resolutions (windows of 16 to 128 ms)."""
    first, second = _alike_long(one, other)
    found: list[float] = []
    for size in _SIZES:
        spectra = _spectra(first, size), _spectra(second, size)
        floor = max(float(spectra[0].max()), float(spectra[1].max())) * 10 ** (-_FLOOR / 20)
        difference = 20 * np.log10(np.maximum(spectra[0], floor) / np.maximum(spectra[1], floor))
        found.append(float(np.sqrt(np.mean(np.square(difference), axis=1)).mean()))
    return float(np.mean(found))


def mfcc_distance(one: Array, other: Array) -> float:
    """Mean distance of 13 mel-frequency cepstral coefficients, without that of loudness, frame by frame."""
    first, second = (_cepstra(sound) for sound in _alike_long(one, other))
    return float(np.sqrt(np.sum(np.square(first - second), axis=1)).mean())


def long_term_distance(one: Array, other: Array) -> float:
    """Difference in dB of the mean spectra in 40 mel bands, whatever the level."""
    levels = [10 * np.log10(_mel_power(sound).mean(axis=0) + 1e-9) for sound in _alike_long(one, other)]
    difference = levels[0] - levels[1]
    return float(np.std(difference))


def _alike_long(one: Array, other: Array) -> tuple[Array, Array]:
    """Both as long as the longer one, and equally loud."""
    size = max(len(one), len(other))
    first, second = (np.pad(sound, (0, size - len(sound))) for sound in (one, other))
    return _levelled(first), _levelled(second)


def _levelled(samples: Array) -> Array:
    return samples * (_LOUDNESS / np.sqrt(np.mean(np.square(samples)) + 1e-12))


def _spectra(samples: Array, size: int) -> Array:
    """Amplitudes [frames, bins] through Hann windows that overlap by three quarters."""
    padded = np.pad(samples, (size // 2, size))
    return np.abs(np.fft.rfft(sliding_window_view(padded, size)[:: size // 4] * np.hanning(size), axis=1))


def _mel_power(samples: Array) -> Array:
    return np.square(_spectra(samples, _SIZE)) @ _mel_filters().T


def _cepstra(samples: Array) -> Array:
    power = _mel_power(samples)
    levels = 10 * np.log10(np.maximum(power, float(power.max()) * 10 ** (-_FLOOR / 10)))
    number = np.arange(1, _COEFFICIENTS + 1)
    cosines = np.cos(np.pi / _MELS * (np.arange(_MELS)[:, None] + 0.5) * number[None, :])
    return levels @ cosines * np.sqrt(2 / _MELS)


@functools.cache
def _mel_filters() -> Array:
    """Triangles [MELS, bins] that are evenly spaced along the mel scale."""
    hertz = np.fft.rfftfreq(_SIZE, 1 / RATE)
    lowest, highest = (2595 * math.log10(1 + edge / 700) for edge in (20.0, RATE / 2))
    mels: Array = np.linspace(lowest, highest, _MELS + 2, dtype=np.float64)
    edges = 700 * (10 ** (mels / 2595) - 1)
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling))
