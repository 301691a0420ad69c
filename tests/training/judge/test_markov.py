"""The Markov model's chances: by hand, and as chances must be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.training.judge.markov import MarkovModel

LABELS = st.lists(st.integers(0, 3), min_size=1, max_size=30)


def test_the_chances_are_those_of_witten_and_bell_by_hand() -> None:
    model = MarkovModel(classes=3, order=1)
    model.learn([[0, 0, 1, 0, 1, 1]])
    # Heard but not predicted: the first. Then 0 1 0 1 1: no 2, two 0s, three 1s, so 5 events of 2 kinds.
    unigram_of_1 = (3 + 2 * (1 / 3)) / (5 + 2)
    assert model.chance([2], 1) == pytest.approx(unigram_of_1)  # 2 was never a context
    # After 0 came 0, 1, 1: three events of two kinds.
    assert model.chance([0], 1) == pytest.approx((2 + 2 * unigram_of_1) / (3 + 2))
    unigram_of_2 = (0 + 2 * (1 / 3)) / (5 + 2)
    assert model.chance([0], 2) == pytest.approx((0 + 2 * unigram_of_2) / (3 + 2))


def test_a_longer_context_is_heard_where_it_was_seen() -> None:
    model = MarkovModel(classes=4)
    model.learn([[0, 1, 2, 3] * 20, [3, 1, 2, 0] * 20])
    assert model.chance([0, 1, 2], 3) > 0.8
    assert model.chance([3, 1, 2], 0) > 0.8


def test_what_is_learnt_from_nothing_is_even() -> None:
    model = MarkovModel(classes=5)
    assert model.chance([1, 2, 3], 4) == pytest.approx(1 / 5)
    assert model.log_chances([1, 2]) == pytest.approx([math.log(1 / 5)])


@given(st.lists(LABELS, max_size=5), LABELS, st.integers(0, 3), st.lists(LABELS, max_size=3))
def test_chances_add_up_to_one_whatever_was_learnt_and_fitted(
    learnt: list[list[int]], before: list[int], order: int, fitted: list[list[int]]
) -> None:
    model = MarkovModel(classes=4, order=order)
    model.learn(learnt)
    model.fit(fitted)
    assert sum(model.chance(before, label) for label in range(4)) == pytest.approx(1.0)


def test_fitting_makes_validation_music_likelier() -> None:
    drawn = np.random.default_rng(0)
    model = MarkovModel(classes=20)
    model.learn(drawn.integers(0, 20, (4, 100)).tolist())
    other = drawn.integers(0, 20, 400).tolist()
    before = model.log_chances(other).sum()
    model.fit([other])
    assert model.log_chances(other).sum() > before + 10
    assert model.weights[3] > 1  # contexts say nothing of random labels


def test_labels_may_have_several_heads() -> None:
    model = MarkovModel(classes=4, order=2)
    model.learn([[(0, 1), (1, 0)] * 10])
    assert model.chance([(1, 0), (0, 1)], (1, 0)) > 0.8


def test_a_model_without_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="a class or more"):
        MarkovModel(classes=0)


def test_what_can_be_said_in_several_ways_is_as_likely_as_all_of_them() -> None:
    model = MarkovModel(classes=4, order=2)
    model.learn([[0, 1, 2, 3, 1, 2, 0, 3] * 10])
    one, other = (model.chance([0, 1], label) for label in (2, 3))
    assert np.exp(model.log_chances([0, 1, 2], [(0,), (1,), (2, 3)]))[-1] == pytest.approx(one + other)
    assert model.log_chances([0, 1, 2], [(0,), (1,), (0, 1, 2, 3)])[-1] == pytest.approx(0.0)


def test_weights_are_fitted_to_what_is_meant() -> None:
    model = MarkovModel(classes=4, order=1)
    model.learn([[0, 1] * 20])
    model.fit([[0, 2] * 20], [[(0,), (1, 2)] * 20])
    meant = model.log_chances([0, 2], [(0,), (1, 2)])[-1]
    assert meant > np.log(0.9)  # 2 was never heard, and 1 means the same
