"""Partials that are no harmonics, as of bells, metal and drums: peaks of spectra, followed from frame to frame.

After McAulay and Quatieri, "Speech analysis/synthesis based on a sinusoidal representation" (1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reverie.timbre.signals.frames import (
    BANDS,
    EULER,
    FLOOR,
    RATE,
    TINY,
    Array,
    band_edges,
    decibels,
    hann,
    over_gaps,
    straight,
    windows,
)

MOST = 64
"""Partials at a time; ears take no more apart."""

_SIZE, _PADDED = 2048, 4096
_BELOW_FRAME, _BELOW_ALL = 50.0, 70.0
"""dB below the loudest of their frame, and of all, at which peaks are still partials."""
_CLEAR = 9.0
"""dB by which a sine's peak is above what is two bins beside it; noise has such peaks seldom."""
_FAR = 0.05
"""How far a partial moves from one frame to the next at most, as a share of its frequency, or :data:`_FAR_HERTZ`."""
_FAR_HERTZ = 12.0
_FEWEST = 20
"""Frames that a partial lasts at least: twice the window, in which noise has peaks as well."""
_LOWEST = 25.0
_BESIDE = 3
"""Bins of a window beside a peak that hear it."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Partials: ``levels`` in dB and ``hertz``, both [frames, partials]; a partial that is silent is at the floor."""

    levels: Array
    hertz: Array


def find_tracks(samples: Array) -> Tracks:
    """The partials of a sound, the strongest first."""
    spectra = _spectra(samples)
    top = float(spectra.max(initial=FLOOR))
    open_tracks: list[_Track] = []
    done: list[_Track] = []
    for frame, spectrum in enumerate(spectra):
        hertz, levels = _peaks(spectrum, top)
        going: list[_Track] = []
        free = np.ones(len(hertz), bool)
        for track in sorted(open_tracks, key=lambda one: -one.levels[-1]):
            far = np.where(free, np.abs(hertz - track.hertz[-1]), np.inf)
            nearest = int(far.argmin()) if len(far) else -1
            if nearest >= 0 and far[nearest] <= max(_FAR_HERTZ, _FAR * track.hertz[-1]):
                free[nearest] = False
                track.add(float(hertz[nearest]), float(levels[nearest]))
                going.append(track)
            else:
                done.append(track)
        going += [_Track(frame, [float(hertz[one])], [float(levels[one])]) for one in np.flatnonzero(free)]
        open_tracks = going
    found = [track for track in done + open_tracks if len(track.hertz) >= _FEWEST]
    return _table(found, len(spectra))


def noise_beside(samples: Array, tracks: Tracks) -> Array:
    """The noise between the partials [frames, bands]: dB of its RMS in each band."""
    size = _SIZE
    power = np.square(np.abs(np.fft.rfft(windows(samples, size) * hann(size), axis=1)))
    # A bin of a Hann window hears noise of variance 1 with 3/8 of its size as mean power.
    density = power / (0.375 * size) / (RATE / 2)
    bins = power.shape[1]
    heard = np.zeros((len(power), bins + 2 * _BESIDE), bool)
    rows, partials = np.nonzero(tracks.levels > FLOOR)
    middle = np.rint(tracks.hertz[rows, partials] / (RATE / size)).astype(int)
    for offset in range(2 * _BESIDE + 1):
        heard[rows, np.clip(middle + offset, 0, bins + 2 * _BESIDE - 1)] = True
    free = ~heard[:, _BESIDE : _BESIDE + bins]
    band = np.clip(np.searchsorted(band_edges(), np.arange(bins) * RATE / size, side="right") - 1, 0, BANDS - 1)
    member = (band[:, None] == np.arange(BANDS)).astype(float)
    counted = free.astype(float) @ member
    mean = np.where(free, np.log(np.maximum(density, TINY)), 0.0) @ member / np.maximum(counted, 1)
    logs = over_gaps(mean + EULER, counted > 0)
    return decibels(np.sqrt(np.exp(logs) * np.diff(band_edges())))


@dataclass(slots=True)
class _Track:
    begin: int
    hertz: list[float]
    levels: list[float]

    def add(self, hertz: float, level: float) -> None:
        self.hertz.append(hertz)
        self.levels.append(level)

    @property
    def end(self) -> int:
        return self.begin + len(self.hertz)

    @property
    def weight(self) -> float:
        """How much of it there is to hear."""
        return float(np.sum(10 ** (np.asarray(self.levels) / 20)))


def _spectra(samples: Array) -> Array:
    """Levels of sines in dB [frames, bins]."""
    frames = windows(samples, _SIZE) * hann(_SIZE)
    return decibels(np.abs(np.fft.rfft(frames, _PADDED, axis=1)) * (4 / _SIZE))


def _peaks(spectrum: Array, top: float) -> tuple[Array, Array]:
    """The frequencies and levels of the partials in a frame."""
    least = max(float(spectrum.max()) - _BELOW_FRAME, top - _BELOW_ALL, FLOOR + 1)
    two = 2 * _PADDED // _SIZE
    inner = spectrum[two:-two]
    is_peak = (inner > spectrum[two - 1 : -two - 1]) & (inner >= spectrum[two + 1 : 1 - two]) & (inner > least)
    beside = np.maximum(spectrum[: -2 * two], spectrum[2 * two :])
    place = two + np.flatnonzero(is_peak & (inner - beside > _CLEAR))
    left, middle, right = spectrum[place - 1], spectrum[place], spectrum[place + 1]
    shift = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-9)
    hertz, levels = (place + shift) * (RATE / _PADDED), middle - 0.25 * (left - right) * shift
    kept = hertz > _LOWEST
    hertz, levels = hertz[kept], levels[kept]
    strongest = np.argsort(-levels)[:MOST]
    return hertz[strongest], levels[strongest]


def _table(found: list[_Track], frames: int) -> Tracks:
    """Tracks in as few columns as they fit in; a column holds its last frequency while it is silent."""
    found = sorted(found, key=lambda one: -one.weight)[: 4 * MOST]
    columns: list[list[_Track]] = []
    for track in sorted(found, key=lambda one: one.begin):
        free = [column for column in columns if column[-1].end < track.begin]
        if free:
            min(free, key=lambda column: abs(np.log(column[-1].hertz[-1] / track.hertz[0]))).append(track)
        else:
            columns.append([track])
    columns.sort(key=lambda column: -sum(track.weight for track in column))
    columns = columns[:MOST]
    levels = np.full((frames, len(columns)), FLOOR)
    hertz = np.ones((frames, len(columns)))
    for number, column in enumerate(columns):
        for track in column:
            levels[track.begin : track.end, number] = track.levels
            hertz[track.begin : track.end, number] = track.hertz
        known = np.flatnonzero(levels[:, number] > FLOOR)
        hertz[:, number] = straight(np.arange(frames), known, hertz[known, number])
    return Tracks(levels, hertz)
