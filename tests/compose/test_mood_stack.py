"""Stacks of dreams: blends are monotone, weights are shares, and who rules does not flutter."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reverie.compose.mood_stack import MARGIN, OWN, Dream, MoodStack, blended, effective_blend

MOODS = ("fear", "joy", "sea")


@st.composite
def dreams(draw: st.DrawFn) -> Dream:
    bars = draw(st.integers(1, 60))
    return Dream(
        draw(st.sampled_from(MOODS)),
        draw(st.floats(0.05, 1.0)),
        draw(st.integers(-20, 80)),
        bars,
        effective_blend(draw(st.integers(1, 16)), bars),
    )


stacks = st.lists(dreams(), max_size=6).map(lambda found: MoodStack(tuple(found)))


@given(dreams())
def test_a_dream_rises_holds_and_falls_and_is_whole_between(dream: Dream) -> None:
    levels = [dream.level(bar) for bar in range(dream.first_bar - 2, dream.end_bar + 2)]
    assert levels[:2] == [0, 0]
    assert levels[-2:] == [0, 0]
    top = levels.index(max(levels))
    assert max(levels) == dream.weight
    assert all(one <= two for one, two in pairwise(levels[: top + 1]))
    fall = len(levels) - 1 - levels[::-1].index(max(levels))
    assert all(one >= two for one, two in pairwise(levels[fall:]))
    assert max(abs(one - two) for one, two in pairwise(levels)) <= dream.weight / dream.blend + 1e-9


@given(dreams(), st.integers(-25, 150))
def test_a_dream_that_is_ended_falls_from_where_it_is_and_no_faster(dream: Dream, bar: int) -> None:
    ended = dream.ending(bar)
    assert [ended.level(one) for one in range(-30, bar)] == [dream.level(one) for one in range(-30, bar)]
    after = [ended.level(one) for one in range(bar - 1, bar + dream.blend + 2)]
    assert all(one >= two for one, two in pairwise(after))
    assert max((abs(one - two) for one, two in pairwise(after)), default=0) <= dream.weight / dream.blend + 1e-9
    assert ended.end_bar <= max(bar, dream.first_bar) + dream.blend
    assert ended.ending(bar) == ended


@given(stacks, st.integers(-30, 160))
def test_weights_are_shares(stack: MoodStack, bar: int) -> None:
    weights = stack.weights(bar)
    assert all(weight > 0 for weight in weights.values())
    assert sum(weights.values()) <= 1 + 1e-9
    assert set(weights) == {dream.mood for dream in stack.dreams if dream.level(bar)}


@given(stacks)
def test_a_mood_begins_to_rule_only_if_it_clearly_weighs_more(stack: MoodStack) -> None:
    before = stack.ruling(-40)
    assert before == OWN
    for bar in range(-39, 160):
        rules, weights = stack.ruling(bar), stack.weights(bar)
        shares = {OWN: 1 - sum(weights.values()), **weights}
        if rules != before:
            assert bar in [*stack.changes(bar - 1)][:1]
            if before in shares:
                assert shares[rules] >= shares[before] + MARGIN - 1e-6
        assert rules == OWN or rules in weights, "no mood rules that nobody dreams"
        before = rules


@given(stacks, st.integers(-10, 120))
def test_what_is_forgotten_is_missed_by_nobody(stack: MoodStack, bar: int) -> None:
    later = stack.settled(bar)
    for one in range(bar, 160):
        assert later.weights(one) == stack.weights(one)
        assert later.reign(one) == stack.reign(one) or later.ruling(one) == stack.ruling(one)


@given(stacks, st.integers(-10, 120))
def test_dreams_go_on_in_another_scene(stack: MoodStack, bar: int) -> None:
    moved = stack.moved(bar, MOODS)
    for one in range(bar, 160):
        assert moved.weights(one - bar) == stack.weights(one)
    assert not moved.moved(0, ()).dreams


@given(stacks, st.integers(-10, 120), dreams())
def test_what_has_sounded_stays_as_it_was_whatever_is_dreamt_later(stack: MoodStack, bar: int, dream: Dream) -> None:
    later = Dream("sea", dream.weight, bar, dream.bars, dream.blend)
    for changed in (stack.having(later), stack.awake(bar, lambda _: True)):
        for one in range(bar - 20, bar):
            assert changed.weights(one) == stack.weights(one)
            assert changed.ruling(one) == stack.ruling(one)


@given(st.floats(-50, 50), st.dictionaries(st.sampled_from(MOODS), st.floats(-50, 50)), stacks, st.integers(-10, 120))
def test_a_blend_lies_between_what_is_there_and_what_is_wanted(
    own: float, wanted: dict[str, float], stack: MoodStack, bar: int
) -> None:
    value = blended(own, wanted, stack.weights(bar))
    assert min(own, *wanted.values(), own) - 1e-6 <= value <= max(own, *wanted.values(), own) + 1e-6
