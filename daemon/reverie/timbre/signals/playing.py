"""A note of a sound: as loud, as bright and as sudden as its key is struck, and never twice quite the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reverie.timbre.signals.frames import FLOOR, HOP, RATE, Array, band_centres, straight
from reverie.timbre.signals.sound_parts import SoundParts
from reverie.timbre.signals.synthesis import harmonic_sound, noise_sound, partial_sound
from reverie.timbre.sound import AS_IT_IS

LOUDEST = 127
_DARKER = 9.0
"""dB an octave above the pitch by which the softest note is darker than the loudest: half of what a piano does."""
_DULLER = 30.0
"""dB by which it is darker at most, at whatever frequency."""
_LESS_NOISE = 9.0
"""dB by which the softest note has less noise beside its tone."""
_SLOWER = 0.03
"""Seconds that the softest note takes longer to begin."""
_DETUNED, _UNEVEN = 4.0, 1.2
"""Cents and dB by which takes of a note differ, as standard deviations."""


def play(parts: SoundParts, pitch: float | None, velocity: int, seconds: float, seed: int, variation: int = 0) -> Array:
    """Samples of a note, as long as its sound is, but ``seconds`` at most; without a ``pitch`` it is as its sound is.

    ``velocity`` is MIDI's. Equal ``seed`` and ``variation`` give equal samples; the variation 0 is the sound itself.
    """
    count = max(1, min(parts.samples, round(seconds * RATE)))
    chance = np.random.default_rng((seed, variation))
    softness = 1.0 - min(max(velocity, 1), LOUDEST) / LOUDEST
    hertz = 440.0 * 2.0 ** (((AS_IT_IS if pitch is None else pitch) - 69.0) / 12.0)
    sound = _begun(_softened(_varied(parts, chance) if variation else parts, hertz, softness), softness)
    made = harmonic_sound(sound.harmonics, hertz * 2.0 ** (sound.contour / 12.0), count)
    if sound.partials.shape[1]:
        made += partial_sound(sound.partials, hertz * 2.0 ** (sound.intervals / 12.0), count)
    return (made + noise_sound(sound.noise, count, chance)) * (velocity / LOUDEST)


def _softened(parts: SoundParts, hertz: float, softness: float) -> SoundParts:
    """The sound as a softer hand has it: darker, with less noise."""
    if not softness:
        return parts
    number = np.arange(1, parts.harmonics.shape[1] + 1)
    return replace(
        parts,
        harmonics=_lowered(parts.harmonics, _dark(np.log2(number)) * softness),
        partials=_lowered(parts.partials, _dark(parts.intervals / 12.0) * softness),
        noise=_lowered(parts.noise, (_dark(np.log2(band_centres() / hertz)) + _LESS_NOISE) * softness),
    )


def _dark(octaves: Array) -> Array:
    return np.clip(_DARKER * octaves, 0.0, _DULLER)


def _lowered(levels: Array, by: Array) -> Array:
    return np.where(levels > FLOOR, np.maximum(levels - by, FLOOR), FLOOR)


def _begun(parts: SoundParts, softness: float) -> SoundParts:
    """The sound with a slower beginning."""
    if not softness:
        return parts
    moments = np.arange(parts.frames) * (HOP / RATE)
    by = -20 * np.log10(1.0 - np.exp(-(moments + 0.002) / (_SLOWER * softness)))[:, None]
    return replace(
        parts,
        harmonics=_lowered(parts.harmonics, by),
        partials=_lowered(parts.partials, by),
        noise=_lowered(parts.noise, by),
    )


def _varied(parts: SoundParts, chance: np.random.Generator) -> SoundParts:
    """The sound as it comes out another time: a little out of tune, some partials stronger, others weaker."""
    bent = chance.normal(0.0, _DETUNED / 100.0)
    harmonics = parts.harmonics + _curve(parts.harmonics.shape[1], chance)
    partials = parts.partials + chance.normal(0.0, _UNEVEN, parts.partials.shape[1])
    noise = parts.noise + _curve(parts.noise.shape[1], chance)
    return replace(
        parts,
        contour=parts.contour + bent,
        harmonics=np.where(parts.harmonics > FLOOR, harmonics, FLOOR),
        partials=np.where(parts.partials > FLOOR, partials, FLOOR),
        intervals=parts.intervals + bent,
        noise=np.where(parts.noise > FLOOR, noise, FLOOR),
    )


def _curve(count: int, chance: np.random.Generator) -> Array:
    """DB for each of so many columns; neighbours differ little."""
    points = chance.normal(0.0, 1.7 * _UNEVEN, count // 3 + 2)
    return straight(np.arange(count) / 3, np.arange(len(points)), points)
