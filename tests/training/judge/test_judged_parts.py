"""What is said of four parts: figures that change when the relation of the parts is broken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fakes.coconet import SMALL, coconet, random_variables
from reverie.models.coconet.part_network import NONE
from reverie.training.coconet_records import grids_within, record_of
from reverie.training.judge.part_counting import NearestPlace
from reverie.training.judge.part_likelihood import hidden_losses, hidden_places
from reverie.training.judge.part_measures import PartMeasures, shuffled

CHORALE = np.array([[24, 19, 16, 0], [24, 21, 17, 5], [23, 19, 14, -1], [24, 19, 16, 0]]) + 12


def test_parts_that_keep_their_order_cross_nowhere_and_parts_of_another_do() -> None:
    assert PartMeasures.of([CHORALE]).crossed == 0
    turned = CHORALE[:, [1, 0, 2, 3]]
    assert PartMeasures.of([turned]).crossed == pytest.approx(1 / 3)


def test_seconds_sevenths_and_tritones_are_rough() -> None:
    assert PartMeasures.of([np.array([[24, 19, 16, 12]])]).rough == 0
    assert PartMeasures.of([np.array([[23, 19, 18, 12]])]).rough == pytest.approx(3 / 6)


def test_only_what_moves_alike_in_fifths_and_octaves_is_parallel() -> None:
    assert PartMeasures.of([np.array([[24, 17, 5, 0], [26, 19, 5, 0]])]).parallel == 1
    assert PartMeasures.of([np.array([[24, 17, 5, 0], [26, 18, 5, 0]])]).parallel == 0
    assert PartMeasures.of([np.array([[24, 17, 5, 0], [24, 17, 5, 0]])]).parallel == 0


def test_rests_are_neither_moves_nor_crossings() -> None:
    found = PartMeasures.of([np.array([[24, 19, 16, 0], [NONE, 19, 16, 0], [12, 19, 16, 0]])])
    assert found.moving == 0
    assert found.crossed == pytest.approx(1 / 8)


def test_wide_moves_are_those_beyond_a_fifth() -> None:
    found = PartMeasures.of([np.array([[24, 19, 16, 0], [24, 19, 16, 8], [24, 19, 16, 1]])])
    assert (found.moving, found.wide) == (pytest.approx(2 / 8), pytest.approx(1 / 2))


def test_shuffled_passages_have_their_lower_parts_under_another_soprano() -> None:
    one, other = CHORALE, CHORALE + 3
    first, second = shuffled([one, other])
    assert (first[:, 0] == other[:, 0]).all()
    assert (first[:, 1:] == one[:, 1:]).all()
    assert (second[:, 0] == one[:, 0]).all()


def test_counting_knows_that_parts_stay_and_guesses_by_frequency_where_nothing_is_known() -> None:
    counted = NearestPlace([np.repeat(CHORALE, 4, axis=0)] * 50, 49)
    grid = np.repeat(CHORALE, 4, axis=0)
    hidden = np.zeros(grid.shape, np.bool_)
    hidden[2, 1] = True
    assert counted.losses(grid, hidden)[0] < 0.6
    hidden[:] = True
    blind = counted.losses(grid, hidden)
    assert len(blind) == grid.size
    assert 0.6 < blind.mean() < math.log(49)


def test_any_number_of_places_is_hidden_as_likely_and_rests_are_not_asked_for() -> None:
    chance = np.random.default_rng(1)
    counts = [int(hidden_places((8, 4), chance).sum()) for _ in range(2000)]
    assert min(counts) == 1
    assert max(counts) == 32
    assert np.mean(counts) == pytest.approx(16.5, abs=0.7)
    model = coconet(SMALL, random_variables(layers=5, filters=4))
    parts = np.full((3, 8, 4), 4)
    parts[:, :, 3] = NONE
    found = hidden_losses(model, parts, np.random.default_rng(2))
    assert 0 < found.events <= 3 * 8 * 3
    assert all(1 < loss < 4 for loss in found.losses)


def test_examples_are_read_in_the_nearest_key_that_a_model_has() -> None:
    (found,) = grids_within(SMALL, [record_of(np.array([[54, 51, 0, 46]]))])
    assert found.tolist() == [[8, 5, NONE, 0]]
    assert list(grids_within(SMALL, [record_of(np.array([[72, 60, 0, 48]]))])) == []
