"""The harmony of a scene, bar for bar."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.chord_colours import Colours
from reverie.compose.chord_walk import ChordWalk
from reverie.compose.key_tour import KeyTour
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.harmony import SCALES, BarHarmony, Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre
from reverie.scenes.harmony import COLOURS

FAR = 1_000_000


def _part(text: str, **settings: Any) -> HarmonyPart:
    return HarmonyPart(parse_progression(text), **settings)


def _plan(*parts: HarmonyPart, **settings: Any) -> SceneHarmony:
    return SceneHarmony(parts, key=Key(2, "minor"), metre=Metre(), seed=3, **settings)


def _said(bar: BarHarmony) -> list[tuple[int, str, bool]]:
    return [(span.start, span.symbol, span.change) for span in bar.spans]


def test_chords_follow_each_other_bar_for_bar_and_begin_anew() -> None:
    plan = _plan(_part("Dm9 | G13 A7 | -"))
    assert [_said(plan.at(bar)) for bar in range(4)] == [
        [(0, "Dm9", True)],
        [(0, "G13", True), (960, "A7", True)],
        [(0, "A7", False)],
        [(0, "Dm9", True)],
    ]
    span = plan.at(1).at(959)
    assert (span.symbol, span.root, span.bass) == ("G13", 7, 7)
    assert set(span.tones) <= set(span.scale)


def test_degrees_are_those_of_the_key() -> None:
    plan = _plan(_part("i | VI | III | VII"))
    assert [plan.at(bar).spans[0].symbol for bar in range(4)] == ["Dm", "Bb", "F", "C"]


def test_a_chord_that_is_written_again_goes_on() -> None:
    plan = _plan(_part("Dm x2 | Dm | G"))
    assert [_said(plan.at(bar))[0][2] for bar in range(4)] == [True, False, False, True]


def test_bars_are_stretched() -> None:
    plan = _plan(_part("Dm G | C", stretch=3))
    assert [_said(plan.at(bar)) for bar in range(6)] == [
        [(0, "Dm", True)],
        [(0, "Dm", False)],
        [(0, "G", True)],
        [(0, "C", True)],
        [(0, "C", False)],
        [(0, "C", False)],
    ]


def test_any_bar_can_be_asked_for_in_any_order() -> None:
    def plan() -> SceneHarmony:
        return _plan(_part("Dm | G", weight=3), _part("C | F | Am x3", times=2), _part("Bb", stretch=7), order="drawn")

    in_turn = plan()
    bars = [in_turn.at(bar) for bar in range(2000)]
    order = list(range(2000))
    Random(1).shuffle(order)
    at_random = plan()
    assert {bar: at_random.at(bar) for bar in order} == dict(enumerate(bars))
    assert plan().at(FAR) == in_turn.at(FAR)
    assert plan() == in_turn
    assert plan() != _plan(_part("Dm | G"))


plans = st.builds(
    SceneHarmony,
    st.lists(
        st.builds(
            HarmonyPart,
            st.sampled_from(["i | VI | III VII", "Dm9 x3 | - G7 | -", "C E - G#7 Bb"]).map(parse_progression)
            | st.builds(ChordWalk, st.integers(2, 9), st.sampled_from([(0.5, 1.0), (1.0, 2.0)])),
            stretch=st.integers(1, 5),
            times=st.integers(1, 2),
            weight=st.integers(1, 3),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(SCALES))),
    st.sampled_from(["4/4", "3/4", "7/8", "3+2+2/8", "5/16"]).map(Metre.parse),
    seed=st.integers(0, 9),
    order=st.sampled_from(["written", "drawn"]),
    tour=st.none() | st.builds(KeyTour, st.just(("fifth", "step")), st.integers(1, 3), st.integers(0, 9)),
    cadence=st.booleans(),
    colours=st.none() | st.builds(Colours, st.integers(1, 4), st.just(COLOURS)),
)


@settings(max_examples=60)
@given(plans, st.integers(0, 3000))
def test_whatever_is_written_a_chord_goes_on_until_one_begins(plan: SceneHarmony, first: int) -> None:
    before = plan.at(first).spans[-1]
    for bar in range(first + 1, first + 40):
        spans = plan.at(bar).spans
        assert spans[0].change or replace(before, start=0, change=False) == spans[0]
        assert all(span.change and 0 < span.start < plan.metre.bar_ticks for span in spans[1:])
        assert all(set(span.tones) <= set(span.scale) for span in spans)
        before = spans[-1]
        later, symbol = plan.after(bar)
        assert later > bar
        assert symbol in {span.symbol for span in plan.at(later).spans if span.change}
        spot = plan.spot(bar)
        assert spot.first_bar <= bar < spot.first_bar + spot.part.bars


def test_sections_are_drawn_by_weight_in_every_round() -> None:
    parts = [_part("Dm", weight=3, name="a"), _part("G", name="b")]
    plan = _plan(*parts, order="drawn")
    rounds = [tuple(plan.spot(4 * one + bar).part.name for bar in range(4)) for one in range(50)]
    assert all(sorted(one) == ["a", "a", "a", "b"] for one in rounds)
    assert len(set(rounds)) == 4
    written = _plan(*parts)
    assert [written.spot(bar).part.name for bar in range(8)] == [*"aaab"] * 2


def test_sections_are_numbered_and_know_where_they_begin() -> None:
    plan = _plan(_part("Dm | G"), _part("C | F | Am"))
    spots = [plan.spot(bar) for bar in range(10)]
    assert [(spot.number, spot.first_bar) for spot in spots] == [
        (0, 0), (0, 0), (1, 2), (1, 2), (1, 2), (2, 5), (2, 5), (3, 7), (3, 7), (3, 7),
    ]  # fmt: skip
