"""Partials and noise made sound again.

All harmonics of a frame are one period, looked up as fast as the pitch wants it: a hundred harmonics cost as much as
one. Partials that are no harmonics are sines of their own.
"""

from __future__ import annotations

import numpy as np

from reverie.timbre.signals.frames import HOP, RATE, Array, amplitude, band_edges, between_bands, straight

_FINENESS, _SHORTEST = 8, 64
"""Samples of a period for each harmonic, and at least: so that straight lines between them are near enough."""
_RANGE = 100.0
"""dB below its strongest harmonic at which a period's others no longer count for phases."""
_AT_ONCE = 16
"""Sines that are made together."""


def harmonic_sound(levels: Array, contour: Array, count: int) -> Array:
    """So many samples of harmonics with ``levels`` in dB [frames, harmonics] over a ``contour`` in Hz [frames].

    Their phases are those of a body that answers at once (minimum phase), as those of strings, reeds and throats nearly
    are. What would lie above half the rate is left out.
    """
    moments = np.arange(count) / HOP
    hertz = _along(contour, moments)
    number = np.arange(1, levels.shape[1] + 1)
    heard = np.where(number * contour[:, None] < RATE / 2, amplitude(levels), 0.0)
    used = int(np.flatnonzero(heard.any(axis=0)).max(initial=-1)) + 1
    if not used:
        return np.zeros(count)
    heard, levels = heard[:, :used], levels[:, :used]
    size = max(_SHORTEST, 1 << int(np.ceil(np.log2(_FINENESS * used))))
    spectra = np.zeros((len(heard), size // 2 + 1), np.complex64)
    spectra[:, 1 : used + 1] = heard * np.exp(1j * _minimum_phase(levels)) * (size / 2)
    # Straight lines between samples are softer than what they stand for, by the square of this.
    spectra[:, 1 : used + 1] /= np.sinc(number[:used] / size) ** 2
    periods = np.fft.irfft(spectra, axis=1).astype(np.float32)
    periods = np.concatenate([periods, periods[:, :1]], axis=1)
    turns = np.cumsum(hertz) / RATE
    place = (turns - np.floor(turns)) * size
    below = place.astype(np.intp)
    between = (place - below).astype(np.float32)
    frame = np.minimum(moments.astype(np.intp), len(periods) - 1)
    after = np.minimum(frame + 1, len(periods) - 1)
    share = (moments - frame).astype(np.float32)
    flat, width = periods.ravel(), size + 1
    early, late = frame * width + below, after * width + below
    first = flat[early] + between * (flat[early + 1] - flat[early])
    second = flat[late] + between * (flat[late + 1] - flat[late])
    return np.asarray(first + share * (second - first), np.float64)


def partial_sound(levels: Array, hertz: Array, count: int) -> Array:
    """So many samples of sines with ``levels`` in dB and frequencies in Hz, both [frames, partials]."""
    out = np.zeros(count)
    moments = np.arange(count) / HOP
    frame = np.minimum(moments.astype(np.intp), len(levels) - 1)
    after = np.minimum(frame + 1, len(levels) - 1)
    share = (moments - frame)[:, None]
    strength = np.where(hertz < RATE / 2, amplitude(levels), 0.0)
    for first in range(0, levels.shape[1], _AT_ONCE):
        loud = strength[:, first : first + _AT_ONCE]
        if not loud.any():
            continue
        pitch = hertz[:, first : first + _AT_ONCE]
        turns = np.cumsum(pitch[frame] + share * (pitch[after] - pitch[frame]), axis=0) / RATE
        # Each begins in a phase of its own, so that many do not make a click together.
        turns += (np.arange(first, first + loud.shape[1]) * 0.618034) % 1
        sine = np.sin((2 * np.pi * (turns - np.floor(turns))).astype(np.float32))
        out += np.sum((loud[frame] + share * (loud[after] - loud[frame])) * sine, axis=1)
    return out


def noise_sound(levels: Array, count: int, chance: np.random.Generator) -> Array:
    """So many samples of noise with ``levels`` in dB [frames, bands], each moment of it drawn by ``chance``."""
    size = 2 * HOP
    bins = HOP + 1
    width = RATE / size
    density = amplitude(levels) / np.sqrt(np.diff(band_edges()))
    shape = (density @ between_bands(bins)).astype(np.float32) * np.float32(np.sqrt(width))
    drawn = chance.standard_normal((2, len(levels), bins), np.float32)
    # A bin of variance 1 in both of its parts gives a sine of mean square 2 / 2.
    spectra = shape * (drawn[0] + 1j * drawn[1]) * np.float32(size / 2)
    spectra[:, 0] = spectra[:, -1] = 0.0
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size).astype(np.float32)
    made = np.fft.irfft(spectra, axis=1) * window
    out = np.zeros((len(levels) + 1) * HOP)
    out[: len(levels) * HOP] += made[:, :HOP].ravel()
    out[HOP:] += made[:, HOP:].ravel()
    out = out[HOP:]  # a frame is around its moment
    return np.pad(out, (0, max(0, count - len(out))))[:count]


def _along(values: Array, moments: Array) -> Array:
    return straight(moments, np.arange(len(values)), values)


def _minimum_phase(levels: Array) -> Array:
    """The phases [frames, harmonics] that belong to levels in dB, by the folded cepstrum."""
    top = levels.max(axis=1, keepdims=True)
    nats = np.maximum(levels, top - _RANGE) * (np.log(10) / 20)
    spectrum = np.concatenate([nats[:, :1], nats, nats[:, -1:]], axis=1)  # from 0 to half the rate of the period
    size = 2 * (spectrum.shape[1] - 1)
    cepstrum = np.fft.irfft(spectrum, size, axis=1)
    cepstrum[:, 1 : size // 2] *= 2
    cepstrum[:, size // 2 + 1 :] = 0.0
    return np.fft.rfft(cepstrum, axis=1).imag[:, 1 : levels.shape[1] + 1]
