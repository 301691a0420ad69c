"""Takes a sound apart, once, and sets it at any pitch.

A sound is either harmonic, as voices, strings and pipes are, or is followed partial by partial, as bells, metal and
drums. What is left of both is noise. A body stays as large as it is when the pitch moves: the levels of harmonics are
read off the spectrum at their new frequencies, so formants stay. Only what is told by number, as that a clarinet has
odd harmonics, goes along with the pitch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reverie.timbre.signals.contour import pitch_contour
from reverie.timbre.signals.frames import (
    BANDS,
    FLOOR,
    HOP,
    Array,
    amplitude,
    band_centres,
    band_power,
    decibels,
    straight,
    windows,
)
from reverie.timbre.signals.harmonics import HIGHEST, harmonics, noise_between
from reverie.timbre.signals.sound_parts import NEVER, SoundParts, shortened
from reverie.timbre.signals.synthesis import harmonic_sound, partial_sound
from reverie.timbre.signals.tracks import Tracks, find_tracks, noise_beside
from reverie.timbre.sound import AS_IT_IS

MOST_HARMONICS = 400

_HARMONIC_ENERGY, _HARMONIC_PARTIALS = 0.85, 0.75
"""The shares of its energy, and of its partials as ears weigh them, that are harmonics where a sound is harmonic."""
_AT_HARMONIC = 0.08
"""How far a partial may be from a harmonic, in units of the fundamental."""
_DOUBT = 4.0
"""Times the power that partials explain: so much of what is heard there may be theirs."""
_ONSET = 8
"""Frames after the attack in which what partials cannot follow is noise."""
_SOONER = 0.5
"""Octaves by which what dies away is shorter for each octave that it is higher, as with strings and bars; one that is
lower is not drawn out beyond what was recorded."""
_STEADY = 9
"""Frames over which noise is averaged."""
_PARITY = 32
_STEEPEST = 18.0
"""dB an octave, at most, by which a spectrum goes on below its fundamental, and by which that falls as it goes up."""
_WEAKER = 12.0
"""dB that harmonics lose by another pitch at most: with less, a flute two octaves up would be its own breath."""
_BEGUN, _ENDING = 6.0, 12.0
"""dB below its loudest moment at which a sound has begun, and at which it ends."""
_HELD = 6.0
"""dB below its loudest moment at which a sound is at least half of its time, if it is held; else it dies away."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A sound taken apart; ``pitch`` is its own, None where it has none. ``tracks`` are empty where it is harmonic."""

    pitch: float | None
    contour: Array
    harmonics: Array
    parity: Array
    tracks: Tracks
    noise: Array
    attack: int
    release: int

    def at(self, pitch: float | None, *, transposed: bool = True) -> SoundParts:
        """The sound in a note of a MIDI pitch; without one, or where it is not ``transposed``, it stays as it is."""
        own = AS_IT_IS if self.pitch is None else self.pitch
        moved = 0.0 if pitch is None or not transposed else pitch - own
        reference = AS_IT_IS if pitch is None else pitch
        hertz = _hertz(reference)
        harmonic = len(self.parity) > 0
        parts = SoundParts(
            contour=_semitones(self.contour, hertz) + moved
            if harmonic
            else np.full(len(self.noise), own + moved - reference),
            harmonics=self._harmonics_at(moved, MOST_HARMONICS if pitch is None else harmonics_at(pitch)),
            partials=self.tracks.levels,
            intervals=_semitones(self.tracks.hertz, hertz) + moved,
            noise=self.noise if self.pitch is not None else _moved(self.noise, moved),
            attack=self.attack,
            release=self.release,
        )
        dies = self.release == NEVER and moved > 0
        return shortened(parts, 2.0 ** (-_SOONER * moved / 12)) if dies else parts

    def _harmonics_at(self, moved: float, count: int) -> Array:
        if not len(self.parity):
            return np.full((len(self.noise), count), FLOOR)
        place = np.arange(1, count + 1) * 2.0 ** (moved / 12)
        smooth = self.harmonics - self.parity
        read = _read_off(smooth, place)
        if moved > 0:  # a whistle has nothing at twice its frequency, and is a whistle there too
            read[:, 0] = np.maximum(read[:, 0], smooth[:, 0] - _STEEPEST * moved / 12)
        levels = np.maximum(read + _numbered(self.parity, count), FLOOR)
        missing = max(0.0, _loudness(self.harmonics) - _loudness(levels) - _WEAKER)
        return np.where(levels > FLOOR, levels + missing, FLOOR)


def harmonics_at(pitch: float) -> int:
    """How many harmonics a sound has at a pitch."""
    return min(MOST_HARMONICS, max(1, int(HIGHEST / _hertz(pitch))))


def analyse(samples: Array, pitch: float | None) -> Analysis:
    """Take a sound at :data:`RATE` apart; ``pitch`` is its own as a MIDI number, None where it has none."""
    tracks = find_tracks(samples)
    attack, release = _landmarks(samples)
    if pitch is not None:
        contour = pitch_contour(samples, _hertz(pitch))
        levels = harmonics(samples, contour)
        if _is_harmonic(samples, contour, levels, tracks):
            tonal = harmonic_sound(levels, contour, len(samples))
            noise = _with_onset(noise_between(samples, contour), samples, tonal, attack)
            parity = _parity(levels)
            nothing = np.zeros((len(noise), 0))
            return Analysis(pitch, contour, levels, parity, Tracks(nothing, nothing), noise, attack, release)
    tonal = partial_sound(tracks.levels, tracks.hertz, len(samples))
    noise = _with_onset(noise_beside(samples, tracks), samples, tonal, attack)
    none = np.zeros(0)
    return Analysis(pitch, none, np.zeros((len(noise), 0)), none, tracks, noise, attack, release)


def _is_harmonic(samples: Array, contour: Array, levels: Array, tracks: Tracks) -> bool:
    energy = float(np.square(amplitude(levels)).sum()) / len(levels) / 2
    if energy < _HARMONIC_ENERGY * np.mean(np.square(samples)):
        return False
    place = tracks.hertz / contour[:, None]
    away = (np.abs(place - np.rint(place)) > _AT_HARMONIC) & (place < levels.shape[1])
    strange = np.sum(np.sqrt(np.mean(np.where(away, amplitude(tracks.levels), 0.0), axis=0)))
    own = np.sum(np.sqrt(np.mean(amplitude(levels), axis=0)))
    return bool(strange <= (1 - _HARMONIC_PARTIALS) * own)


def _landmarks(samples: Array) -> tuple[int, int]:
    """The frames at which a sound has begun, and from which it ends, if it is held until then."""
    level = decibels(np.sqrt(np.mean(np.square(windows(samples, 2 * HOP)), axis=1)))
    loud = np.flatnonzero(level >= level.max() - _BEGUN)
    lasting = np.flatnonzero(level >= level.max() - _ENDING)
    attack, release = int(loud[0]), int(lasting[-1])
    held = 2 * (release - attack) > len(level) and float(np.median(level[attack:release])) >= level.max() - _HELD
    return attack, release if held else NEVER


def _with_onset(noise: Array, samples: Array, tonal: Array, attack: int) -> Array:
    """The noise, and around its onset all that partials do not have: they cannot begin as suddenly as a sound does."""
    heard, explained = _in_bands(samples), _in_bands(tonal)
    missing = decibels(np.sqrt(np.maximum(heard - _DOUBT * explained, 0.0)))
    onset = np.arange(len(noise)) <= attack + _ONSET
    noise = np.minimum(noise, decibels(np.sqrt(heard)))
    return np.where(onset[:, None], np.maximum(missing, noise), _smoothed(noise))


def _smoothed(levels: Array) -> Array:
    """Levels in dB averaged over some frames: noise is steadier than what a short window catches of it."""
    window = np.hanning(_STEADY + 2)[1:-1]
    padded = np.pad(levels, ((_STEADY // 2, _STEADY // 2), (0, 0)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, _STEADY, axis=0) @ (window / window.sum())


def _in_bands(samples: Array) -> Array:
    """Power in each band [frames, bands], heard through a short window."""
    return band_power(windows(samples, 2 * HOP))


def _parity(levels: Array) -> Array:
    """By how many dB even harmonics differ from their odd neighbours all the time: half of it for each [harmonics]."""
    count = levels.shape[1]
    weight = amplitude(levels.max(axis=1))
    mean = np.average(np.maximum(levels, levels.max() - 80), axis=0, weights=weight + 1e-12)
    parity = np.zeros(count)
    if count < 6:  # noqa: PLR2004 - too few to tell
        return parity
    sign = np.where(np.arange(count) % 2 == 1, 1.0, -1.0)
    inner = (mean[1:-1] - (mean[:-2] + mean[2:]) / 2) / 2 * sign[1:-1]
    used = inner[:_PARITY]
    padded = np.pad(used, 2, mode="edge")
    steady = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    parity[1 : 1 + len(steady)] = steady
    parity[0] = steady[0]
    return parity * sign


def _numbered(parity: Array, count: int) -> Array:
    return np.pad(parity, (0, max(0, count - len(parity))))[:count]


def _read_off(levels: Array, place: Array) -> Array:
    """Levels between harmonics [frames, places]: straight in dB, and along their slope below the first."""
    count = levels.shape[1]
    below = np.clip(place.astype(int), 1, max(1, count - 1)) - 1
    after = np.minimum(below + 1, count - 1)
    share = np.clip(place - 1 - below, 0.0, 1.0)
    read = levels[:, below] * (1 - share) + levels[:, after] * share
    read = np.where(place > count, FLOOR, read)
    low = place < 1
    if low.any():
        read[:, low] = levels[:, :1] + _slope(levels)[:, None] * np.log2(place[low])
    return read


def _loudness(levels: Array) -> float:
    """DB of the mean power of harmonics."""
    power = float(np.square(amplitude(levels)).sum()) / len(levels)
    return 10 * math.log10(max(power, 10 ** (FLOOR / 10)))


def _slope(levels: Array) -> Array:
    """DB an octave by which the first harmonics fall, from 0 to -:data:`_STEEPEST` [frames]."""
    first = levels[:, :6]
    octaves = np.log2(np.arange(1, first.shape[1] + 1))
    centred = octaves - octaves.mean()
    if not centred.any():
        return np.zeros(len(levels))
    return np.clip(first @ centred / np.sum(np.square(centred)), -_STEEPEST, 0.0)


def _moved(noise: Array, semitones: float) -> Array:
    """Noise whose colour is so much higher."""
    if not semitones:
        return noise
    centres = band_centres()
    place = straight(centres / 2.0 ** (semitones / 12), centres, np.arange(BANDS))
    below = np.minimum(place.astype(int), BANDS - 2)
    share = place - below
    return noise[:, below] * (1 - share) + noise[:, below + 1] * share


def _hertz(pitch: float) -> float:
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def _semitones(hertz: Array, above: float) -> Array:
    return 12.0 * np.log2(hertz / above)
