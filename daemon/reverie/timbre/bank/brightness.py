"""Keeps neighbouring samples of a bank alike in brightness, so that a melody does not change its colour at a border.

A model renders each pitch by itself, and one may come out brighter than the next, whatever lies between them. At the
key where one sample takes over from the other, both are compared as they are heard there; where they differ by more
than ears forgive, a gentle shelf makes the brighter one darker and the darker one brighter, by as little as suffices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.bank.zone import Sample
from reverie.timbre.sound import Sound

BRIGHT = 2000.0
"""Hz above which sound is bright."""
LIMIT = 2.0
"""dB by which neighbours may differ, measured in bands; of their whole spectra it is 3 then, which is hardly heard."""
MOST = 9.0
"""dB that a shelf lifts or lowers the heights by; beyond, it would make another sound."""
_CORNER = 1500.0
_BANDS_AN_OCTAVE = 24
_LOWEST = 20.0
_BANDS = 12 * _BANDS_AN_OCTAVE
"""Up to 80 kHz, beyond what any sound has."""
_STEEP = 24
_SWEEPS = 100
_NEAR = 0.05
_SEMITONES = 12

Array = NDArray[np.float64]


def evened(samples: Sequence[Sample]) -> list[Sound]:
    """The sounds of a bank's samples, in their order, each as bright as its neighbours of the same velocity.

    How much the velocities differ stays as it is, and so do the variations of a note. Silence has no neighbours.
    """
    layers: dict[int, dict[int, list[int]]] = {}
    for number, sample in enumerate(samples):
        if np.any(sample.sound.samples):
            layers.setdefault(sample.velocity, {}).setdefault(sample.pitch, []).append(number)
    sounds = [sample.sound for sample in samples]
    for notes in layers.values():
        keys = sorted(notes)
        shelves = even_shelves(keys, [spectrum_of([sounds[number] for number in notes[key]]) for key in keys])
        for key, shelf in zip(keys, shelves, strict=True):
            for number in notes[key]:
                sounds[number] = shelved(sounds[number], shelf)
    return sounds


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The energy of a sound in bands of half a semitone, and the mean frequency of each in Hz."""

    energy: Array
    hertz: Array

    def brightness(self, shelf: float, speed: float) -> float:
        """How much of it is bright, in dB of all of it, with a shelf of so many dB and played so much faster."""
        energy = self.energy * 10 ** (shelf * _shape(self.hertz) / 10)
        bright = energy @ (1 / (1 + (BRIGHT / (self.hertz * speed)) ** (2 * _STEEP)))
        return 10 * math.log10(max(float(bright), 1e-30) / max(float(energy.sum()), 1e-30))


def spectrum_of(sounds: Sequence[Sound]) -> Spectrum:
    """The spectrum of the variations of one note together."""
    energy, moment = np.zeros(_BANDS, np.float64), np.zeros(_BANDS, np.float64)
    for sound in sounds:
        size = 1 << (len(sound.samples) - 1).bit_length()
        power = np.square(np.abs(np.fft.rfft(sound.samples, size)))
        hertz = _frequencies(size, sound.rate)
        bands = np.rint(_BANDS_AN_OCTAVE * np.log2(np.maximum(hertz, _LOWEST) / _LOWEST)).astype(int)
        energy += np.bincount(bands, power, _BANDS)
        moment += np.bincount(bands, power * hertz, _BANDS)
    heard = energy > 0
    return Spectrum(energy[heard], np.maximum(moment[heard] / energy[heard], 1.0))


def even_shelves(pitches: Sequence[int], spectra: Sequence[Spectrum]) -> list[float]:
    """The shelf in dB of each of a bank's samples, from the lowest pitch: none where its neighbours are like it.

    Of two that differ by more than :data:`LIMIT`, each gives way by half of what is too much, again and again until all
    are near enough.
    """
    shelves = [0.0] * len(spectra)

    def heard(one: int, key: float) -> float:
        return spectra[one].brightness(shelves[one], 2 ** ((key - pitches[one]) / _SEMITONES))

    for _ in range(_SWEEPS):
        worst = 0.0
        for low, high in pairwise(range(len(pitches))):
            key = (pitches[low] + pitches[high]) / 2
            difference = heard(high, key) - heard(low, key)
            excess = max(0.0, abs(difference) - LIMIT)
            worst = max(worst, excess)
            for one, sign in ((low, 1), (high, -1)):
                shelf = shelves[one] + sign * math.copysign(excess / 2, difference)
                shelves[one] = min(MOST, max(-MOST, shelf))
        if worst < _NEAR:
            break
    return shelves


def shelved(sound: Sound, shelf: float) -> Sound:
    """A sound with its heights lifted by so many dB, or lowered; it begins and ends in nothing as it did.

    The filter has no phase: it rings for a millisecond about a click, and moves nothing in time.
    """
    if abs(shelf) < _NEAR:
        return sound
    size = 2 << (len(sound.samples) - 1).bit_length()
    gain = 10 ** (shelf * _shape(_frequencies(size, sound.rate)) / 20)
    samples = np.fft.irfft(np.fft.rfft(sound.samples, size) * gain)[: len(sound.samples)]
    samples[[0, -1]] = 0.0
    return Sound(samples.astype(np.float32), sound.rate)


def _frequencies(size: int, rate: int) -> Array:
    """Those of a spectrum of so many samples, in Hz."""
    return np.arange(size // 2 + 1, dtype=np.float64) * (rate / size)


def _shape(hertz: Array) -> Array:
    """How much of a shelf there is at a frequency: nothing at 0 Hz, half at the corner, all above."""
    square = np.square(hertz / _CORNER)
    return square / (1 + square)
