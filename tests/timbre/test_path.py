"""Paths between sounds: every step is a mixture, and near the one before."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath, ThereAndBackPath, TimbrePath
from reverie.timbre.path import ends, following, period, weights

Walk = Literal["rows", "round", "random"]
SEEDS = st.integers(0, 2**32 - 1)
STEPS = st.integers(0, 100_000)


def grid(side: int, walk: Walk, seed: int = 1) -> GridPath:
    return GridPath(kind="grid", side=side, walk=walk, seed=seed)


def line(steps: int) -> LinePath:
    return LinePath(kind="line", steps=steps)


def back(steps: int) -> ThereAndBackPath:
    return ThereAndBackPath(kind="there_and_back", steps=steps)


def walk(stride: float = 0.1, seed: int = 1) -> RandomWalkPath:
    return RandomWalkPath(kind="random_walk", stride=stride, seed=seed)


@st.composite
def paths(draw: st.DrawFn) -> tuple[TimbrePath, int, float]:
    """A path, how many sources it has, and how much of its mixture one step may change."""
    sources = draw(st.integers(2, 16))
    steps, side = draw(st.integers(2, 200)), draw(st.integers(2, 33))
    stride, seed = draw(st.floats(0.01, 0.5)), draw(SEEDS)
    pace = min((sources - 1) / (steps - 1), 1.0)
    kinds: list[tuple[TimbrePath, int, float]] = [
        (line(steps), sources, pace),
        (back(steps), sources, pace),
        (grid(side, "rows"), 4, 1 / (side - 1)),
        (grid(side, "round"), 4, 1 / (side - 1)),
        (grid(side, "random", seed), 4, 2 / (side - 1)),
        (walk(stride, seed), sources, stride),
    ]
    return draw(st.sampled_from(kinds))


def change(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How much of a mixture is another in the next."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 2


@given(paths(), STEPS)
def test_each_step_is_a_mixture_and_near_the_one_before(case: tuple[TimbrePath, int, float], step: int) -> None:
    path, sources, stride = case
    one, other = weights(path, sources, step), weights(path, sources, step + 1)
    for shares in (one, other):
        assert len(shares) == sources
        assert min(shares) >= 0
        assert sum(shares) == pytest.approx(1.0)
    assert change(one, other) <= stride + 1e-9


@given(paths(), st.lists(st.integers(0, 5000), min_size=2, max_size=8))
def test_a_step_does_not_depend_on_those_before_it(case: tuple[TimbrePath, int, float], steps: list[int]) -> None:
    path, sources, _ = case
    asked = {step: weights(path, sources, step) for step in steps}
    assert all(weights(path, sources, step) == asked[step] for step in sorted(steps))


@given(paths(), STEPS)
def test_what_has_a_period_comes_by_the_same_points_again(case: tuple[TimbrePath, int, float], step: int) -> None:
    path, sources, _ = case
    lap = period(path)
    if lap is not None:
        assert weights(path, sources, step + lap) == weights(path, sources, step)


@given(st.integers(2, 50), st.integers(2, 8))
def test_there_and_back_is_a_line_and_the_same_line_backwards(steps: int, sources: int) -> None:
    there = [weights(line(steps), sources, step) for step in range(steps)]
    assert [weights(back(steps), sources, step) for step in range(2 * steps - 1)] == [*there, *there[-2::-1]]


def test_a_line_passes_by_every_source_and_stays_at_the_last() -> None:
    assert [weights(line(5), 3, step) for step in range(7)] == [
        (1.0, 0.0, 0.0),
        (0.5, 0.5, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, 0.5, 0.5),
        (0.0, 0.0, 1.0),
        (0.0, 0.0, 1.0),
        (0.0, 0.0, 1.0),
    ]
    assert ends(line(5))
    assert [following(line(5), step) for step in (0, 3, 4, 9)] == [1, 4, 0, 0]


def test_no_other_path_ends() -> None:
    for path in (back(5), grid(3, "rows"), walk()):
        assert not ends(path)
        assert following(path, 1000) == 1001


@pytest.mark.parametrize("side", [2, 3, 11])
def test_rows_come_by_every_point_of_a_grid_once_each_way(side: int) -> None:
    points = [weights(grid(side, "rows"), 4, step) for step in range(side**2)]
    assert len(set(points)) == side**2
    assert points[0] == (1, 0, 0, 0)
    corner = 2 if side % 2 == 0 else 3  # the last row of an even number is gone from right to left
    assert points[-1][corner] == 1


def test_a_way_round_comes_by_the_corners_in_a_circle() -> None:
    points = [weights(grid(5, "round"), 4, step) for step in range(0, 20, 4)]
    assert points == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0), (1, 0, 0, 0)]


def test_a_walk_of_chance_gets_about() -> None:
    steps = [weights(walk(0.25, seed=3), 3, step) for step in range(0, 4000, 4)]
    assert steps[0] == (1, 0, 0)
    for source in range(3):
        shares = [shares[source] for shares in steps]
        assert 0.2 < sum(shares) / len(shares) < 0.5
        assert max(shares) > 0.9
    on_grid = {weights(grid(5, "random", 3), 4, step) for step in range(2000)}
    assert len(on_grid) == 25


@pytest.mark.parametrize("make", [lambda seed: walk(seed=seed), lambda seed: grid(7, "random", seed)])
def test_another_seed_is_another_walk(make: Any) -> None:
    walks = [tuple(weights(make(seed), 4, step) for step in range(100)) for seed in range(5)]
    assert len(set(walks)) == 5
    assert walks[2] == tuple(weights(make(2), 4, step) for step in range(100))


def test_a_walk_of_chance_is_the_same_on_every_machine() -> None:
    """Drawn once and written down: a library that draws otherwise would render every bank anew."""
    assert weights(walk(0.5, seed=7), 3, 5) == pytest.approx(
        (0.12767177321660567, 0.5467695681377656, 0.32555865864562883), abs=1e-12
    )
    assert [weights(grid(5, "random", 7), 4, step) for step in (4, 8)] == [
        (0.25, 0.0, 0.75, 0.0),
        (0.25, 0.25, 0.25, 0.25),
    ]


@pytest.mark.parametrize(("sources", "step"), [(1, 0), (2, -1)])
def test_there_is_no_path_from_one_source_and_no_step_before_the_first(sources: int, step: int) -> None:
    with pytest.raises(ValueError, match="no path"):
        weights(line(5), sources, step)


def test_each_leg_of_a_walk_begins_where_the_one_before_has_ended() -> None:
    points = [weights(walk(0.5, seed=11), 5, step) for step in range(50)]
    assert all(change(one, other) <= 0.5 for one, other in itertools.pairwise(points))
    assert any(change(one, other) > 0.1 for one, other in itertools.pairwise(points))
