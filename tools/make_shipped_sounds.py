#!/usr/bin/env python3
"""Make the sounds that ship with Reverie, voices, instruments and drums: all are computed, and none recorded.

They are mono FLAC files of 16 bits, and beside each is what :mod:`reverie.timbre.sources.source` reads of its origin.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.files import write_atomically
from reverie.training.timbre.tones import Formant, Tone, sound

RATE = 48_000
PEAK = 0.7

Samples = NDArray[np.float64]

TONES: dict[str, tuple[Tone, int, float]] = {
    "flute": (
        Tone(slope=2.4, even=0.7, attack=0.09, decay=0.1, vibrato=14.0, breath=0.15, seed=1,
             formants=(Formant(700, 700, 500, 1.0),)),
        72, 3.0,
    ),
    "cat": (
        Tone(slope=0.5, attack=0.12, decay=0.9, vibrato=8.0, glide=1.2, fall=3.0, breath=0.05, seed=2,
             formants=(Formant(420, 900, 160, 1.0), Formant(2300, 1200, 260, 0.9), Formant(3400, 2900, 400, 0.5))),
        67, 1.6,
    ),
    "bell": (
        Tone(slope=1.6, ratios=(1.0, 2.0, 3.01, 4.1, 5.43, 6.8, 8.2), attack=0.003, decay=1.2, damping=0.7, seed=3),
        76, 3.0,
    ),
    "voice": (
        Tone(slope=0.9, attack=0.1, decay=0.15, vibrato=16.0, breath=0.04, seed=4,
             formants=(Formant(700, 700, 130, 1.0), Formant(1150, 1150, 180, 0.7), Formant(2700, 2700, 300, 0.4))),
        60, 3.0,
    ),
    "bass": (
        Tone(slope=1.1, attack=0.006, decay=0.9, damping=0.12, seed=5,
             formants=(Formant(110, 110, 90, 1.0), Formant(750, 750, 300, 0.35))),
        33, 2.5,
    ),
    "pluck": (Tone(slope=0.9, even=0.8, attack=0.004, decay=1.6, damping=0.25, seed=6), 57, 2.5),
    "metal": (
        Tone(slope=0.7, ratios=(1.0, 1.483, 1.932, 2.546, 2.63, 3.897, 4.62, 5.91, 7.12, 9.3, 11.7), attack=0.001,
             decay=1.3, damping=0.35, seed=7),
        62, 2.5,
    ),
    "reed": (
        Tone(slope=0.8, even=0.15, attack=0.04, decay=0.1, vibrato=6.0, breath=0.03, seed=8,
             formants=(Formant(900, 900, 500, 1.0), Formant(2400, 2400, 500, 0.3))),
        60, 3.0,
    ),
}  # fmt: skip
"""By name: what each is made of, its pitch, and its seconds."""

ORIGIN = """\
author: The Reverie authors
licence: Apache-2.0
source: computed by tools/make_shipped_sounds.py
"""


def kick(chance: np.random.Generator) -> Samples:
    """A skin that is stretched by the blow and lets go, and the beater."""
    t = _time(0.5)
    turns = np.cumsum(48.0 + 120.0 * np.exp(-t / 0.028)) / RATE
    beater = _noise(chance, t, 300.0, 4000.0) * np.exp(-t / 0.004)
    return np.sin(2 * np.pi * turns) * np.exp(-t / 0.13) * np.minimum(t / 0.001, 1.0) + 0.5 * beater


def snare(chance: np.random.Generator) -> Samples:
    """Two modes of a skin, and the wires under it."""
    t = _time(0.4)
    skin = 0.6 * np.sin(2 * np.pi * 186 * t) * np.exp(-t / 0.06) + 0.4 * np.sin(2 * np.pi * 332 * t) * np.exp(-t / 0.04)
    wires = _noise(chance, t, 900.0, 14_000.0) * np.exp(-t / 0.085)
    return (skin + 1.3 * wires) * np.minimum(t / 0.001, 1.0)


def hat(chance: np.random.Generator) -> Samples:
    """Two plates that touch."""
    t = _time(0.18)
    return _plates(chance, t) * np.exp(-t / 0.028)


def open_hat(chance: np.random.Generator) -> Samples:
    """Two plates that swing apart."""
    t = _time(0.9)
    return _plates(chance, t) * np.exp(-t / 0.24)


def clap(chance: np.random.Generator) -> Samples:
    """A few hands, not quite together, in a room."""
    t = _time(0.4)
    beats = sum(np.where(t >= late, np.exp(-np.maximum(t - late, 0.0) / 0.006), 0.0) for late in (0.0, 0.011, 0.021))
    room = 0.7 * np.roll(np.exp(-t / 0.07), round(0.03 * RATE)) * (t > t[round(0.03 * RATE)])
    return _noise(chance, t, 700.0, 6000.0) * (beats + room)


def wind(chance: np.random.Generator) -> Samples:
    """Air around a corner: noise whose colour rises and falls."""
    t = _time(3.0)
    swell = np.sin(np.pi * np.minimum(t / 2.9, 1.0)) ** 0.7
    low, high = _noise(chance, t, 150.0, 700.0), _noise(chance, t, 700.0, 3000.0)
    return (
        (low + 0.6 * high * swell) * (0.3 + 0.7 * swell) * np.minimum(t / 0.2, 1.0) * np.minimum((3.0 - t) / 0.4, 1.0)
    )


NOISES: dict[str, Callable[[np.random.Generator], Samples]] = {
    "kick": kick, "snare": snare, "hat": hat, "open-hat": open_hat, "clap": clap, "wind": wind,
}  # fmt: skip
"""Sounds without a pitch, by name."""


def _time(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


def _noise(chance: np.random.Generator, t: Samples, low: float, high: float) -> Samples:
    """Noise between two frequencies in Hz, whose RMS is about 0.3."""
    spectrum = np.fft.rfft(chance.standard_normal(len(t)))
    hertz = np.fft.rfftfreq(len(t), 1 / RATE)
    passed = 1 / np.sqrt((1 + (low / np.maximum(hertz, 1.0)) ** 4) * (1 + (hertz / high) ** 4))
    shaped = np.fft.irfft(spectrum * passed, len(t))
    return 0.3 * shaped / np.sqrt(np.mean(np.square(shaped)))


def _plates(chance: np.random.Generator, t: Samples) -> Samples:
    """Metal that is hit: a crowd of partials that are no harmonics, and a hiss."""
    crowd = sum(np.sin(2 * np.pi * (hertz * t + chance.random())) for hertz in chance.uniform(3200.0, 12_000.0, 24))
    return (0.06 * crowd + _noise(chance, t, 6500.0, 16_000.0)) * np.minimum(t / 0.001, 1.0)


def main(arguments: list[str] | None = None) -> int:
    """Write them into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where they are to lie: daemon/reverie/shipped/sounds")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Samples] = {
        name: sound(tone, pitch, seconds, RATE, partials=400).astype(np.float64)
        for name, (tone, pitch, seconds) in TONES.items()
    }
    made |= {name: make(np.random.default_rng(number)) for number, (name, make) in enumerate(NOISES.items(), 20)}
    for name, samples in made.items():
        file = io.BytesIO()
        soundfile.write(file, PEAK * samples / np.abs(samples).max(), RATE, format="FLAC", subtype="PCM_16")
        write_atomically(folder / f"{name}.flac", file.getvalue())
        write_atomically(folder / f"{name}.licence.yaml", ORIGIN.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
