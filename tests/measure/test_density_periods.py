from __future__ import annotations

import random

import numpy as np
import pytest

from fakes.pieces import Hand, piece
from reverie.measure.density_periods import Series, autocorrelation, counts, density_period, prominences


def on_and_off(lengths: list[int], bars: int) -> Series:
    """A voice that plays eight notes a bar for so many bars, rests for as many as come next, and so on."""
    found = list[float]()
    for number, length in enumerate(lengths):
        found += [8.0 * (number % 2 == 0)] * length
    return np.array(found[:bars])


def noisy(series: Series, spread: float = 1.0) -> Series:
    dice = random.Random(3)
    return series + np.array([dice.gauss(0, spread) for _ in series])


def test_what_comes_back_every_32_bars_has_that_period() -> None:
    found = density_period(noisy(on_and_off([16] * 64, 1024)))
    assert found
    assert found.period == 32
    assert found.at_period == pytest.approx(0.94, abs=0.03)
    assert found.rise > 1.5
    assert found.largest > 0.9
    assert found.later is not None
    assert found.later > 0.9


def test_with_the_lengths_drawn_the_period_is_gone_and_the_short_lags_stay_alike() -> None:
    dice = random.Random(5)
    lengths = [dice.choice([9, 13, 16, 21, 28, 34]) for _ in range(80)]
    found = density_period(noisy(on_and_off(lengths, 1024)))
    assert found
    assert found.lag == 4
    assert found.largest > 0.5, "any music in sections is"
    assert found.later is not None
    assert found.later < 0.2
    assert found.rise < 0.4


def test_with_the_bars_shuffled_nothing_is_left() -> None:
    series = noisy(on_and_off([16] * 64, 1024))
    mixed = series.tolist()
    random.Random(1).shuffle(mixed)
    found = density_period(np.array(mixed))
    assert found
    assert found.largest < 0.15
    assert found.largest == pytest.approx(found.by_chance, abs=0.05)
    assert found.rise == pytest.approx(found.rise_by_chance, abs=0.1)


def test_a_line_that_only_falls_rises_nowhere() -> None:
    assert prominences(np.array([0.9 - lag / 100 for lag in range(60)])) == {}
    peak = np.array([0.5, 0.2, 0.1, 0.4, 0.3, 0.6, 0.0])
    assert prominences(peak) == pytest.approx({4: 0.1, 6: 0.5})


def test_what_never_changes_or_is_too_short_has_no_figure() -> None:
    assert density_period(np.full(64, 3.0)) is None
    assert density_period(np.array([1.0, 2.0, 3.0])) is None
    short = density_period(np.array([1.0, 2.0, 3.0, 5.0] * 8))
    assert short
    assert short.later is None
    assert len(autocorrelation(np.array([float(one) for one in range(10)]))) == 5


def test_the_correlation_is_of_the_bars_that_have_a_partner() -> None:
    series = np.array([1.0, 2, 3, 4, 1, 2, 3, 4])
    assert autocorrelation(series)[3] == pytest.approx(1.0)
    assert autocorrelation(series)[1] == pytest.approx(float(np.corrcoef(series[:-2], series[2:])[0, 1]))


def test_silent_bars_count() -> None:
    notes: list[Hand] = [(0, 1, 60), (1, 1, 60), (8, 1, 60)]
    music = piece(4, one=("melody", notes), two=("drums", [(8, 1, 36)]))
    assert counts(music, music.voices).tolist() == [2, 0, 2, 0]
    assert counts(music, music.of_role("drums")).tolist() == [0, 0, 1, 0]
