"""Spots and points of paths: where a hand may put a timbre, and what lies around it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath, ThereAndBackPath, TimbrePath, Walk
from reverie.timbre.path import weights
from reverie.timbre.spots import around, between, far, lasts, nearest, point_of, spot_of, walked

LINE = LinePath(kind="line", steps=11)
BACK = ThereAndBackPath(kind="there_and_back", steps=5)
WALKS: tuple[Walk, ...] = ("rows", "round", "random")
SHARES = st.floats(0, 1)


def grid(walk: Walk = "rows", side: int = 5) -> GridPath:
    return GridPath(kind="grid", side=side, walk=walk)


@pytest.mark.parametrize("path", [LINE, BACK])
def test_a_spot_of_a_line_is_its_place(path: TimbrePath) -> None:
    last = lasts(path)[0]
    for step in range(3 * last):
        spot = spot_of(path, step)
        assert spot is not None
        assert weights(path, 2, step)[1] == pytest.approx(point_of(path, spot)[0])


@pytest.mark.parametrize("walk", WALKS)
def test_a_spot_of_a_grid_has_the_mixture_of_its_point_whatever_the_walk(walk: Walk) -> None:
    path = grid(walk)
    for step in range(100):
        spot = spot_of(path, step)
        assert spot is not None
        x, y = point_of(path, spot)
        corners = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
        assert weights(path, 4, step) == pytest.approx(corners)
        assert weights(*_sources(walked(path, spot))) == pytest.approx(corners), "and so has what is asked for"


def _sources(asked: tuple[TimbrePath, int]) -> tuple[TimbrePath, int, int]:
    return asked[0], 4, asked[1]


def test_every_spot_of_a_grid_can_be_asked_for() -> None:
    path = grid("round", side=4)
    spots = [(column, row) for column in range(4) for row in range(4)]
    assert len({walked(path, spot)[1] for spot in spots}) == 16
    assert [spot_of(*walked(path, spot)) for spot in spots] == spots


def test_a_path_of_chance_has_neither_spots_nor_axes() -> None:
    path = RandomWalkPath(kind="random_walk")
    assert (lasts(path), spot_of(path, 3)) == ((), None)


@given(x=SHARES, y=SHARES)
def test_around_a_point_of_a_grid_lie_its_spot_and_all_beside_it_the_nearest_first(x: float, y: float) -> None:
    path, point = grid(), (x, y)
    spots = around(path, point)
    distances = [far(path, point, one) for one in spots]
    everywhere = [(column, row) for column in range(5) for row in range(5)]
    assert distances == sorted(distances)
    assert distances[0] == min(far(path, point, one) for one in everywhere)
    assert 4 <= len(spots) <= 9
    assert all(max(abs(one[0] - spots[0][0]), abs(one[1] - spots[0][1])) <= 2 for one in spots)


@given(point=SHARES)
def test_between_two_spots_of_a_line_the_share_of_the_second_is_how_near_it_is(point: float) -> None:
    at, beside, share = between(LINE, (point,))
    assert 0 <= share <= 0.5
    if beside is None:
        assert point * 10 == pytest.approx(at[0], abs=1e-6)
    else:
        assert abs(beside[0] - at[0]) == 1
        assert at[0] * (1 - share) + beside[0] * share == pytest.approx(point * 10, abs=1e-6)


@given(x=SHARES, y=SHARES)
def test_between_spots_of_a_grid_the_second_lies_along_the_axis_that_is_further_away(x: float, y: float) -> None:
    at, beside, share = between(grid(), (x, y))
    offsets = [x * 4 - at[0], y * 4 - at[1]]
    assert share == pytest.approx(max(map(abs, offsets)), abs=1e-6)
    if beside is not None:
        assert math.dist(at, beside) == 1
        assert (beside[0] - at[0]) * offsets[0] + (beside[1] - at[1]) * offsets[1] > 0


def test_of_two_that_are_equally_near_the_one_that_is_played_stays() -> None:
    spots = [(0,), (1,)]
    assert nearest(LINE, (0.05,), spots, (1,)) == (1,)
    assert nearest(LINE, (0.05,), spots, (0,)) == (0,)
    assert nearest(LINE, (0.05,), spots) == (0,)
    assert nearest(LINE, (0.05,), []) is None
