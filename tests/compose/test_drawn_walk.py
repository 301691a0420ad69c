"""A walk by chance, any bar of which can be asked for."""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.drawn_walk import DrawnWalk, Stay, WalkChapter, WalkState

MONTH = 1_000_000
FOUR = (
    WalkState((16, 24, 28), ((1, 1.0),)),
    WalkState((8, 12), ((1, 1.0), (2, 2.0))),
    WalkState((1, 3), ((1, 1.0), (3, 1.0))),
    WalkState((5,), ((2, 3.0), (3, 1.0))),
)


def _stays(walk: DrawnWalk, bars: int) -> list[Stay]:
    found = [walk.at(0)]
    while found[-1].end_bar < bars:
        found.append(walk.at(found[-1].end_bar))
    return found


def test_states_follow_each_other_without_a_gap_and_are_counted() -> None:
    found = _stays(DrawnWalk(FOUR, seed=1), 20_000)
    times = Counter[int]()
    end = 0
    for number, stay in enumerate(found):
        assert (stay.number, stay.first_bar, stay.times) == (number, end, times[stay.state])
        assert stay.bars in FOUR[stay.state].bars
        times[stay.state] += 1
        end = stay.end_bar


def test_only_ways_with_a_weight_are_gone_and_as_often_as_the_weight_says() -> None:
    found = _stays(DrawnWalk((*FOUR[:1], WalkState((1,), ((1, 1.0), (2, 2.0), (0, 0.0))), *FOUR[2:]), seed=2), 60_000)
    ways = Counter((one.state, after.state) for one, after in itertools.pairwise(found))
    assert (1, 0) not in ways
    assert ways[1, 2] / ways[1, 1] == pytest.approx(2, rel=0.1)
    assert ways[3, 2] / ways[3, 3] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_any_bar_of_a_month_is_the_same_in_whatever_order_it_is_asked_for(seed: int) -> None:
    in_turn, at_random = DrawnWalk(FOUR, seed), DrawnWalk(FOUR, seed)
    bars = Random(seed).sample(range(MONTH), 200)
    wanted = {bar: in_turn.at(bar) for bar in sorted(bars)}
    assert {bar: at_random.at(bar) for bar in bars} == wanted
    assert all(stay.first_bar <= bar < stay.end_bar for bar, stay in wanted.items())


def test_what_is_kept_is_bounded() -> None:
    walk = DrawnWalk((WalkState((1, 2), ((0, 1.0),)),), seed=3)
    for bar in range(0, 3 * MONTH, 1000):
        walk.at(bar)
    assert len(walk._kept.marks) <= 513
    assert len(walk._kept.blocks) <= 8
    assert walk.at(5) == DrawnWalk(walk.states, 3).at(5)


def test_another_seed_is_another_walk() -> None:
    assert DrawnWalk(FOUR, 1) == DrawnWalk(FOUR, 1) != DrawnWalk(FOUR, 2)
    assert _stays(DrawnWalk(FOUR, 1), 1000) != _stays(DrawnWalk(FOUR, 2), 1000)


@pytest.mark.parametrize("bad", [((), ((0, 1.0),)), ((0,), ((0, 1.0),)), ((1,), ()), ((1,), ((0, 0.0),))])
def test_a_walk_comes_out_of_every_state(bad: tuple[tuple[int, ...], tuple[tuple[int, float], ...]]) -> None:
    with pytest.raises(ValueError, match="state"):
        WalkState(*bad)


@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_order_is_no_matter(bars: list[int], seed: int) -> None:
    one, other = DrawnWalk(FOUR, seed), DrawnWalk(FOUR, seed)
    assert [one.at(bar) for bar in bars] == [other.at(bar) for bar in reversed(bars)][::-1]


CHAPTERS = (
    WalkChapter((60, 90), (0, 1), ((1, 1.0), (2, 2.0))),
    WalkChapter((40,), (2,), ((0, 1.0),)),
    WalkChapter((100, 120), (3, 1), ((0, 1.0), (1, 1.0))),
)


def test_a_chapter_has_its_own_states_alone_and_begins_with_the_first() -> None:
    found = _stays(DrawnWalk(FOUR, 4, chapters=CHAPTERS), 40_000)
    seen = Counter[tuple[int, int]]()
    for before, stay in itertools.pairwise(found):
        here, there = stay.chapter, before.chapter
        assert here is not None
        assert there is not None
        chapter = CHAPTERS[here.chapter]
        assert stay.state in chapter.states
        assert here.bars in chapter.bars
        if here != there:
            assert (here.number, here.first_bar) == (there.number + 1, stay.first_bar)
            assert stay.state == chapter.states[0]
            assert before.first_bar < there.first_bar + there.bars <= stay.first_bar
            seen[there.chapter, here.chapter] += 1
    assert set(seen) == {(0, 1), (0, 2), (1, 0), (2, 0), (2, 1)}
    assert seen[0, 2] / seen[0, 1] == pytest.approx(2, rel=0.35)


def test_any_bar_of_a_walk_with_chapters_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    in_turn, at_random = DrawnWalk(FOUR, 6, chapters=CHAPTERS), DrawnWalk(FOUR, 6, chapters=CHAPTERS)
    bars = Random(6).sample(range(MONTH), 200)
    wanted = {bar: in_turn.at(bar) for bar in sorted(bars)}
    assert {bar: at_random.at(bar) for bar in bars} == wanted
