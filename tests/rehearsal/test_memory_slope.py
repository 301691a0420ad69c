"""Slopes and their intervals, beside what is known of them."""

from __future__ import annotations

import random

import pytest

from reverie.rehearsal.memory_slope import slope


def test_a_line_has_its_slope_and_no_margin() -> None:
    found = slope([0, 1, 2, 3, 4], [1, 3, 5, 7, 9])
    assert found.value == pytest.approx(2)
    assert found.margin == pytest.approx(0, abs=1e-9)
    assert not found.is_about_nothing


def test_the_interval_is_that_of_a_textbook() -> None:
    # Anscombe's first set: slope 0.5001, its standard error 0.1179, nine degrees of freedom, t = 2.262.
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    found = slope(x, y)
    assert found.value == pytest.approx(0.5001, abs=1e-4)
    assert found.margin == pytest.approx(2.262 * 0.1179, rel=2e-3)


def test_an_interval_of_noise_has_nothing_in_it_nineteen_times_in_twenty() -> None:
    dice = random.Random(1)
    hits = sum(slope(range(20), [dice.gauss(0, 1) for _ in range(20)]).is_about_nothing for _ in range(1000))
    assert hits == pytest.approx(950, abs=25)


@pytest.mark.parametrize(("x", "y"), [([1, 2, 3], [1, 2, 3]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3, 4], [1, 2])])
def test_too_little_has_no_slope(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="points"):
        slope(x, y)
