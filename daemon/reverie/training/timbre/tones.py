# pyright: basic
# np.interp has no complete type.
"""Tones of the project's own making, which widen the space of timbres that the default model learns.

Every tone is drawn from a seed, and sounds at any pitch with the same character: its formants stay where they are, its
envelope is as long, and what is random is the same noise. Nothing here was taken from a recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

RATE = 16_000
_SECONDS = 3.0
_RELEASE = 0.25
_HIGHEST = 0.475
"""The share of the rate above which no partial sounds, so that none is mirrored at half the rate."""
_MOST_PARTIALS = 64
_GRID = 128
"""Points in time at which slow curves are known; between them they are straight."""


@dataclass(frozen=True, slots=True)
class Formant:
    """A resonance: hertz at the beginning and at the end of a tone, its width, and how strong it is."""

    begin: float
    end: float
    width: float
    gain: float


@dataclass(frozen=True, slots=True)
class Tone:
    """What a tone is made of, at whatever pitch.

    ``ratios`` are the partials' frequencies in units of the fundamental (all harmonics if empty), ``slope`` how
    quickly they become softer, ``even`` the level of the even ones, ``attack`` seconds, ``decay`` how much softer it
    becomes a second (in nats) and ``damping`` how much sooner so for each higher partial. ``vibrato`` is in cents;
    ``glide`` and ``fall`` are the semitones by which it begins and ends lower. ``breath`` is the level of noise around
    the partials.
    """

    slope: float = 1.0
    even: float = 1.0
    ratios: tuple[float, ...] = ()
    attack: float = 0.02
    decay: float = 0.5
    damping: float = 0.0
    formants: tuple[Formant, ...] = ()
    vibrato: float = 0.0
    glide: float = 0.0
    fall: float = 0.0
    breath: float = 0.0
    seed: int = 0


def sound(
    tone: Tone, pitch: float, seconds: float = _SECONDS, rate: int = RATE, partials: int = _MOST_PARTIALS
) -> Array:
    """The tone at a MIDI pitch, float32 at ``rate`` Hz, its highest peak at 0.7, with so many harmonics at most."""
    count = int(seconds * rate)
    t = np.arange(count) / rate
    f0 = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    bent = tone.vibrato / 100.0 * np.sin(2 * np.pi * 5.3 * t) * np.minimum(t / 0.6, 1.0)
    bent -= tone.glide * np.exp(-t / 0.06)
    bent -= tone.fall * np.clip(2.0 * t / seconds - 1.0, 0.0, 1.0) ** 1.5
    turns = np.cumsum(f0 * 2.0 ** (bent / 12.0)) / rate
    rng = np.random.default_rng(tone.seed)
    noise = _slow_noise(rng, count, rate) if tone.breath else np.zeros(count, np.float32)
    out = np.zeros(count)
    ratios = tone.ratios or tuple(range(1, partials + 1))
    for number, ratio in enumerate(ratios, 1):
        if f0 * ratio > _HIGHEST * rate:
            continue
        level = number**-tone.slope * (tone.even if number % 2 == 0 else 1.0)
        shape = level * _resonance(tone.formants, f0 * ratio, t) * np.exp(-tone.damping * (number - 1) * t)
        wobble = tone.breath * noise * number**0.3
        phase = 2 * np.pi * rng.random() if tone.ratios else 0.0
        out += shape * np.cos(2 * np.pi * ratio * turns + phase + wobble)
    envelope = np.minimum(t / tone.attack, 1.0) ** 0.7 * np.exp(-tone.decay * t)
    envelope *= np.clip((seconds - t) / _RELEASE, 0.0, 1.0)
    out *= envelope
    return (0.7 * out / max(float(np.abs(out).max()), 1e-9)).astype(np.float32)


def flute(rng: np.random.Generator) -> Tone:
    """Breath, a strong fundamental, a slow attack."""
    return Tone(
        slope=rng.uniform(1.8, 3.2), even=rng.uniform(0.3, 1.2), attack=rng.uniform(0.04, 0.15),
        decay=rng.uniform(0.0, 0.4), vibrato=rng.uniform(0.0, 18.0), breath=rng.uniform(0.05, 0.3),
        formants=(Formant(rng.uniform(400, 900), rng.uniform(400, 900), 400.0, 1.0),), seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def reed(rng: np.random.Generator) -> Tone:
    """Many harmonics, the odd ones strong, and two resonances."""
    return Tone(
        slope=rng.uniform(0.5, 1.4), even=rng.uniform(0.1, 1.0), attack=rng.uniform(0.02, 0.08),
        decay=rng.uniform(0.0, 0.6), vibrato=rng.uniform(0.0, 10.0),
        formants=_vowel(rng, moves=False), seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def pluck(rng: np.random.Generator) -> Tone:
    """A string: bright at first, and the high harmonics gone first."""
    return Tone(
        slope=rng.uniform(0.4, 1.5), even=rng.uniform(0.3, 1.0), attack=0.004, decay=rng.uniform(0.8, 3.0),
        damping=rng.uniform(0.1, 1.2), formants=_vowel(rng, moves=False), seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def bell(rng: np.random.Generator) -> Tone:
    """Partials of a bar or a plate; the lowest is the pitch."""
    kinds = ((1.0, 2.76, 5.40, 8.93), (1.0, 2.0, 2.4, 3.0, 4.0, 5.33), (1.0, 3.93, 9.5), (1.0, 2.0, 3.01, 4.1, 5.43))
    ratios = kinds[int(rng.integers(len(kinds)))]
    return Tone(
        slope=rng.uniform(1.2, 2.4), ratios=ratios, attack=0.003, decay=rng.uniform(0.6, 3.0),
        damping=rng.uniform(0.2, 2.0), seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def meow(rng: np.random.Generator) -> Tone:
    """A voice whose mouth opens and closes: formants that move."""
    return Tone(
        slope=rng.uniform(0.2, 0.9), attack=rng.uniform(0.05, 0.15), decay=rng.uniform(0.3, 1.2),
        formants=_vowel(rng, moves=True), vibrato=rng.uniform(0.0, 12.0), glide=rng.uniform(0.0, 1.5),
        seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def voice(rng: np.random.Generator) -> Tone:
    """A sung vowel."""
    return Tone(
        slope=rng.uniform(0.6, 1.2), attack=rng.uniform(0.05, 0.12), decay=rng.uniform(0.0, 0.3),
        formants=_vowel(rng, moves=False), vibrato=rng.uniform(5.0, 25.0), breath=rng.uniform(0.0, 0.08),
        seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


FAMILIES: tuple[Callable[[np.random.Generator], Tone], ...] = (flute, reed, pluck, bell, meow, voice)


def drawn(count: int, seed: int) -> list[Tone]:
    """``count`` tones, of each family in turn."""
    rng = np.random.default_rng(seed)
    return [FAMILIES[number % len(FAMILIES)](rng) for number in range(count)]


def _vowel(rng: np.random.Generator, *, moves: bool) -> tuple[Formant, ...]:
    formants: list[Formant] = []
    for low, high, width in ((300, 900, 120), (900, 2400, 200), (2400, 3800, 300)):
        begin = float(rng.uniform(low, high))
        end = float(rng.uniform(low, high)) if moves else begin
        formants.append(Formant(begin, end, width * rng.uniform(0.8, 1.6), rng.uniform(0.4, 1.0)))
    return tuple(formants)


def _resonance(formants: tuple[Formant, ...], hertz: float, t: NDArray[np.float64]) -> NDArray[np.float64] | float:
    """How strongly a partial at ``hertz`` is heard, over time."""
    if not formants:
        return 1.0
    grid = np.linspace(0.0, 1.0, _GRID)
    heard: NDArray[np.float64] = np.full(_GRID, 0.08)
    for formant in formants:
        # There and, for two thirds of the tone, on the way to where it ends.
        centre = formant.begin + (formant.end - formant.begin) * np.minimum(grid * 1.5, 1.0)
        heard += formant.gain / (1.0 + ((hertz - centre) / formant.width) ** 2)
    return np.interp(t / t[-1], grid, heard)


def _slow_noise(rng: np.random.Generator, count: int, rate: int) -> Array:
    """Noise below 60 Hz or so, of variance 1."""
    points = rng.standard_normal(int(count / rate * 120) + 2)
    return np.interp(np.linspace(0, len(points) - 1, count), np.arange(len(points)), points).astype(np.float32)
