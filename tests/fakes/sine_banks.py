"""Banks that can be told from each other by ear, and what is heard of them in a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.zone import Sample, SampleLoop, Zone
from reverie.timbre.sound import Sound

RATE = 44_100
KEY = 60
FIRST_HARMONIC = 261.6256
PARTIALS = (1, 2, 3, 5, 7, 4)
"""The bank of each number sounds its key at this multiple of the key's own frequency."""


def bank(folder: Path, number: int) -> Path:
    """A soundfont whose one sample is a looped sine; which bank it is can be told by the frequency."""
    cycles = 64
    frequency = FIRST_HARMONIC * PARTIALS[number]
    length = round(RATE * cycles / frequency)
    tone = 0.3 * np.sin(2 * np.pi * cycles * np.arange(4 * length) / length)
    sample = Sample(Sound(tone.astype(np.float32), RATE), KEY, 100, loop=SampleLoop(length, 3 * length))
    path = folder / f"{number}.sf2"
    path.write_bytes(sf2_bytes([Zone(sample, "a.wav", (0, 127), (0, 127))], f"bank {number}", [], ""))
    return path


def heard(path: Path) -> NDArray[np.float64]:
    """The left channel from the first sound on."""
    samples = np.frombuffer(path.read_bytes()[: path.stat().st_size // 4 * 4], "<i2")[::2] / 32768
    return samples[np.flatnonzero(np.abs(samples) > 0.01)[0] :]


def level(samples: NDArray[np.float64], begin: float, end: float) -> float:
    return float(np.sqrt(np.mean(np.square(samples[round(begin * RATE) : round(end * RATE)]))))


def strength(samples: NDArray[np.float64], begin: float, end: float, hertz: float) -> float:
    """How loud what is within 3 % of a frequency is."""
    part = samples[round(begin * RATE) : round(end * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) / len(part)
    frequencies = np.fft.rfftfreq(len(part), 1 / RATE)
    return float(spectrum[np.abs(frequencies / hertz - 1) < 0.03].max(initial=0))
