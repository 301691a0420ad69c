"""The pitch of tones that are known is measured within five cents; what has none is told to have none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.sound import Sound

CENTS = 0.05
RICH = (1.0, 0.6, 0.5, 0.3, 0.2)


def tone(
    pitch: float, rate: int, seconds: float = 1.0, partials: Sequence[float] = RICH, vibrato: float = 0.0
) -> NDArray[np.float64]:
    """``vibrato`` is in semitones to either side, five times a second."""
    time = np.arange(round(seconds * rate)) / rate
    hertz = 440 * 2 ** ((pitch + vibrato * np.sin(2 * np.pi * 5 * time) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    heard = [
        level * np.sin(number * phase + number)
        for number, level in enumerate(partials, 1)
        if number * hertz.max() < 0.45 * rate
    ]
    return 0.2 * np.sum(heard, axis=0)


def measured(samples: NDArray[np.float64], rate: int) -> float | None:
    return measure_pitch(Sound(samples.astype(np.float32), rate))


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("pitch", [24.0, 33.3, 45.0, 57.25, 60.0, 69.49, 81.0, 96.5, 105.0])
def test_a_tone_is_measured_within_five_cents(pitch: float, rate: int) -> None:
    assert measured(tone(pitch, rate), rate) == pytest.approx(pitch, abs=CENTS)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_fundamental_that_is_missing_is_heard(rate: int) -> None:
    assert measured(tone(50.2, rate, partials=(0, 0, 1, 1, 0.7, 0.5)), rate) == pytest.approx(50.2, abs=CENTS)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_the_middle_of_a_vibrato_counts(rate: int) -> None:
    assert measured(tone(64.1, rate, seconds=2.0, vibrato=0.4), rate) == pytest.approx(64.1, abs=CENTS)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_noise_ten_decibels_below_the_tone_does_not_matter(rate: int) -> None:
    samples = tone(60.3, rate)
    noise = np.random.default_rng(1).standard_normal(len(samples))
    samples += noise * np.sqrt(np.mean(samples**2)) / np.sqrt(10)
    assert measured(samples, rate) == pytest.approx(60.3, abs=CENTS)


def test_a_tone_that_dies_away_over_an_offset_is_measured() -> None:
    samples = tone(52.0, 16_000) * np.exp(-6 * np.arange(16_000) / 16_000) + 0.05
    assert measured(samples, 16_000) == pytest.approx(52.0, abs=CENTS)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("colour", ["white", "brown"])
def test_noise_has_no_pitch(colour: str, seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(16_000)
    assert measured(0.01 * (np.cumsum(noise) if colour == "brown" else noise), 16_000) is None


@pytest.mark.parametrize(
    "samples", [np.zeros(16_000), np.zeros(0), np.zeros(3), np.full(16_000, np.nan), np.eye(1, 16_000, 9)[0]]
)
def test_what_is_no_tone_has_no_pitch(samples: NDArray[np.float64]) -> None:
    assert measured(samples, 16_000) is None


def test_a_melody_has_no_pitch() -> None:
    assert measured(np.concatenate([tone(pitch, 16_000, 0.5) for pitch in (60, 64, 67, 72)]), 16_000) is None
