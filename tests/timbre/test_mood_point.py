"""The choice of a bank for what moods want: pure, so that it is tried with whatever there may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath, ThereAndBackPath, TimbrePath
from reverie.timbre.mood_point import nearest, place_at, wished_point
from reverie.timbre.path import last_place, place, weights

POINT = st.floats(0, 1)
PATHS: list[TimbrePath] = [
    LinePath(kind="line", steps=7),
    ThereAndBackPath(kind="there_and_back", steps=2),
    ThereAndBackPath(kind="there_and_back", steps=6),
    GridPath(kind="grid", side=2),
    GridPath(kind="grid", side=4),
    GridPath(kind="grid", side=3, walk="round"),
]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_the_step_of_a_place_s_number_sounds_as_all_steps_that_are_there(path: TimbrePath) -> None:
    sources = 4 if path.kind == "grid" else 3
    last = last_place(path)
    assert last is not None
    assert [place(path, step) for step in range(last + 1)] == [*range(last + 1)]
    for step in range(4 * last + 5):
        assert 0 <= place(path, step) <= last
        assert weights(path, sources, place(path, step)) == weights(path, sources, step)


@pytest.mark.parametrize("path", [RandomWalkPath(kind="random_walk"), GridPath(kind="grid", walk="random")], ids=repr)
def test_a_path_of_chance_has_no_places(path: TimbrePath) -> None:
    assert last_place(path) is None
    with pytest.raises(ValueError, match="no places"):
        place(path, 3)


@given(POINT, st.integers(1, 40), st.data())
def test_the_nearest_of_what_there_is_is_chosen_and_what_plays_stays_where_another_is_as_near(
    point: float, last: int, data: st.DataObject
) -> None:
    places = data.draw(st.sets(st.integers(0, last), min_size=1))
    now = data.draw(st.none() | st.integers(0, last))
    chosen = nearest(point, last, places, now)
    assert chosen in places
    distances = {one: abs(one / last - point) for one in places}
    assert distances[chosen] <= min(distances.values()) + 1e-9
    if now in places and distances[now] == min(distances.values()):
        assert chosen == now
    assert nearest(point, last, places, chosen) == chosen, "it is not left again for one that is as near"


@given(POINT, st.integers(1, 40))
def test_the_place_at_a_point_is_the_nearest_of_all(point: float, last: int) -> None:
    assert place_at(point, last) == nearest(point, last, range(last + 1))
    assert place_at(0, last) == 0
    assert place_at(1, last) == last


def test_nothing_is_near_where_there_is_nothing_and_of_two_the_lower_is_taken_or_what_plays() -> None:
    assert nearest(0.5, 2, ()) is None
    assert nearest(0.5, 3, {1, 2}) == 1
    assert nearest(0.5, 3, {1, 2}, 2) == 2


@given(POINT, POINT, st.floats(0.01, 1))
def test_a_wish_lies_between_the_pace_and_the_mood_and_nearer_to_it_the_more_it_weighs(
    own: float, point: float, weight: float
) -> None:
    found = wished_point(own, {"fear": point}, {"fear": weight, "joy": 1 - weight})
    assert found is not None
    assert min(own, point) - 1e-9 <= found <= max(own, point) + 1e-9
    more = wished_point(own, {"fear": point}, {"fear": min(weight * 1.5, 1.0)})
    assert more is not None
    assert abs(more - point) <= abs(found - point) + 1e-9
    whole = wished_point(own, {"fear": point}, {"fear": 1.0})
    assert whole == pytest.approx(point)


def test_without_a_mood_that_wants_a_point_there_is_no_wish() -> None:
    assert wished_point(0.3, {"fear": 0.9}, {}) is None
    assert wished_point(0.3, {"fear": 0.9}, {"joy": 1.0}) is None
    assert wished_point(0.3, {}, {"fear": 1.0}) is None
    assert wished_point(0.3, {"fear": 0.9}, {"fear": 0.0}) is None
    assert wished_point(0.0, {"fear": 1.0, "joy": 0.5}, {"fear": 0.5, "joy": 0.5}) == pytest.approx(0.75)
