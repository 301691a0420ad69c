"""Loudness as EBU Tech 3341 wants it: its test signals of sines, made here, within its 0.1 LU.

The peaks are those of its cases 15 to 19.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.measure.loudness import LoudnessMeter, MeasuredLoudness

Sound = NDArray[Any]
RATES = (44_100, 48_000)
CASES = {
    1: [(-23.0, 20.0)],
    2: [(-33.0, 20.0)],
    3: [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
    4: [(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)],
    5: [(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
}
EXPECTED = {1: -23.0, 2: -33.0, 3: -23.0, 4: -23.0, 5: -23.0}


def sine(level: float, seconds: float, rate: int, hertz: float = 1000.0, degrees: float = 0.0) -> Sound:
    """A stereo sine whose peak is ``level`` dB of full scale."""
    turns = np.arange(round(seconds * rate)) * hertz / rate + degrees / 360
    one = 10 ** (level / 20) * np.sin(2 * np.pi * turns)
    return np.column_stack([one, one])


def measured(sound: Sound, rate: int, block: int = 10_007) -> MeasuredLoudness:
    meter = LoudnessMeter(rate, sound.shape[1])
    for start in range(0, len(sound), block):
        meter.add(sound[start : start + block])
    return meter.loudness()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", CASES)
def test_the_cases_of_the_ebu_are_measured_as_they_are_meant(case: int, rate: int) -> None:
    sound = np.concatenate([sine(level, seconds, rate) for level, seconds in CASES[case]])
    assert measured(sound, rate).lufs == pytest.approx(EXPECTED[case], abs=0.1)


def test_a_sine_in_one_channel_is_3_lu_softer_than_in_both() -> None:
    both = sine(-20, 10, 48_000)
    left = both * [1, 0]
    assert measured(both, 48_000).lufs - measured(left, 48_000).lufs == pytest.approx(3.01, abs=0.01)
    assert measured(left[:, :1], 48_000).lufs == pytest.approx(measured(left, 48_000).lufs, abs=1e-6)


HEAD = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
LOW_CUT = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))


def filtered(sound: Sound) -> Sound:
    """Sound of 48 kHz through the filters of the recommendation, sample by sample."""
    for above, below in (HEAD, LOW_CUT):
        out = np.zeros(len(sound))
        for n in range(len(sound)):
            out[n] = sum(above[k] * sound[n - k] for k in range(3) if n >= k)
            out[n] -= sum(below[k] * out[n - k] for k in (1, 2) if n >= k)
        sound = out
    return sound


def test_it_weighs_as_the_recommendation_s_filters_do() -> None:
    sound = np.random.default_rng(2).normal(0, 0.1, 19_200)
    power = np.square(filtered(sound)).mean()
    assert measured(sound[:, np.newaxis], 48_000).lufs == pytest.approx(-0.691 + 10 * math.log10(power), abs=0.001)


@pytest.mark.parametrize(("hertz", "gain"), [(30, -8.4), (60, -2.9), (1000, 0.7), (4000, 3.95), (10_000, 4.0)])
@pytest.mark.parametrize("rate", RATES)
def test_lows_count_less_and_highs_more_at_any_rate(rate: int, hertz: float, gain: float) -> None:
    assert measured(sine(-20, 4, rate, hertz), rate).lufs == pytest.approx(-20.691 + gain, abs=0.15)


@pytest.mark.parametrize(
    ("divisor", "degrees", "level", "expected"),
    [(4, 0, -6.0, -6.0), (4, 45, -6.0, -6.0), (6, 60, -6.0, -6.0), (8, 67.5, -6.0, -6.0), (4, 45, 3.0, 3.0)],
)
def test_a_true_peak_is_found_between_the_samples(divisor: int, degrees: float, level: float, expected: float) -> None:
    rate = 48_000
    sound = sine(level, 1, rate, rate / divisor, degrees)
    ramp = np.minimum(np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / 2000, 1)[:, np.newaxis]
    found = measured(sound * ramp, rate)
    assert -0.4 < found.true_peak - expected < 0.2
    if degrees == 45:
        assert found.peak == pytest.approx(expected - 3.01, abs=0.05)


def test_silence_has_no_loudness_and_blocks_no_say() -> None:
    silent = measured(np.zeros((48_000, 2)), 48_000)
    assert silent == MeasuredLoudness(-math.inf, -math.inf, -math.inf)
    assert measured(np.zeros((0, 2)), 48_000) == silent
    sound = np.random.default_rng(1).normal(0, 0.1, (100_000, 2))
    one, other = measured(sound, 44_100, 1_000), measured(sound, 44_100, 90_000)
    assert one.lufs == pytest.approx(other.lufs, abs=1e-9)
    assert one.peak == other.peak
