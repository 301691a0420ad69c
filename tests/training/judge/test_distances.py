"""Distances of sets of figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.training.judge.distances import set_distance, wasserstein

SAMPLE = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


@given(SAMPLE, SAMPLE)
def test_it_is_none_for_equal_sets_and_the_same_both_ways(one: list[float], other: list[float]) -> None:
    assert wasserstein(one, sorted(one, reverse=True)) == pytest.approx(0, abs=1e-9)
    assert wasserstein(one, other) == pytest.approx(wasserstein(other, one), abs=1e-9)


@given(SAMPLE, st.floats(-50, 50))
def test_it_is_by_how_much_all_was_moved(sample: list[float], by: float) -> None:
    assert wasserstein(sample, [value + by for value in sample]) == pytest.approx(abs(by), abs=1e-6)


@given(SAMPLE, SAMPLE)
@settings(deadline=None)
def test_it_is_that_of_scipy(one: list[float], other: list[float]) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert wasserstein(one, other) == pytest.approx(stats.wasserstein_distance(one, other), abs=1e-9)


def test_an_empty_set_has_no_distance() -> None:
    with pytest.raises(ValueError, match="on either side"):
        wasserstein([], [1.0])


def test_loops_like_training_loops_are_met_and_moved_ones_are_missed() -> None:
    drawn = np.random.default_rng(0)
    training, held_out, good = (drawn.normal(5, 1, (count, 1)).tolist() for count in (800, 150, 200))
    met = set_distance(good, held_out, training)
    assert met is not None
    assert met.met
    assert met.loops == (200, 150)
    bad = set_distance([[figure + 1] for (figure,) in good], held_out, training)
    assert bad is not None
    assert bad.met is False
    assert bad.generated == pytest.approx(1, abs=0.3)


def test_too_few_loops_say_nothing() -> None:
    few = set_distance([[1.0]] * 30, [[1.0]] * 19, [[1.0]] * 30)
    assert few is not None
    assert few.met is None
    assert few.ratio is None
    assert set_distance([[1.0]], [[]], [[1.0]]) is None


def test_sets_without_any_spread_are_met_only_where_they_are_the_same() -> None:
    same = set_distance([[1.0]] * 30, [[1.0]] * 30, [[1.0]] * 30)
    other = set_distance([[2.0]] * 30, [[1.0]] * 30, [[1.0]] * 30)
    assert same is not None
    assert other is not None
    assert (same.ratio, other.ratio) == (0.0, float("inf"))
