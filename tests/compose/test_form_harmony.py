"""A harmony that follows the sections of a form, bar for bar."""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.chord_colours import Colours
from reverie.compose.chord_walk import ChordWalk
from reverie.compose.drawn_walk import DrawnWalk, WalkState
from reverie.compose.form_curves import Curve
from reverie.compose.form_harmony import FormHarmony, SectionHarmony
from reverie.compose.key_tour import KeyTour
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.harmony import Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre
from reverie.scenes.harmony import COLOURS

MINOR = Key(2, "minor")
FAR = 1_000_000
DRAWN = DrawnWalk((WalkState((6, 8), ((1, 1.0),)), WalkState((4, 10, 3), ((0, 2.0), (1, 1.0)))), seed=5)


def _harmony(*texts: str, **more: Any) -> SceneHarmony:
    return SceneHarmony(
        tuple(HarmonyPart(parse_progression(text), name=text) for text in texts), MINOR, Metre(), **more
    )


def _in_turn(*bars: int) -> DrawnWalk:
    return DrawnWalk(tuple(WalkState((one,), (((n + 1) % len(bars), 1.0),)) for n, one in enumerate(bars)), seed=0)


def _symbols(plan: FormHarmony, bars: int) -> list[str]:
    return [" ".join(span.symbol for span in plan.at(bar).spans) for bar in range(bars)]


def test_a_section_begins_with_its_own_chords_and_plays_them_over_and_over() -> None:
    plan = FormHarmony(_in_turn(3, 5), (SectionHarmony(_harmony("Dm | Gm")), SectionHarmony(_harmony("Bb | F | C"))))
    assert _symbols(plan, 11) == ["Dm", "Gm", "Dm", "Bb", "F", "C", "Bb", "F", "Dm", "Gm", "Dm"]
    assert [plan.at(bar).spans[0].change for bar in (3, 4, 8)] == [True] * 3
    assert [(spot.number, spot.first_bar, spot.part.name) for spot in map(plan.spot, (2, 3, 9))] == [
        (0, 0, "Dm | Gm"),
        (1, 3, "Bb | F | C"),
        (2, 8, "Dm | Gm"),
    ]
    assert [plan.after(bar) for bar in (0, 2, 7)] == [(1, "Gm"), (3, "Bb"), (8, "Dm")]


def test_where_a_section_does_not_say_the_harmony_goes_on_as_if_it_were_alone() -> None:
    alone = _harmony("Dm x2 | Gm | A7 x2")
    plan = FormHarmony(_in_turn(3, 4), (SectionHarmony(alone, anew=False), SectionHarmony(_harmony("Bb"))))
    for bar in range(70):
        if bar % 7 < 3:
            assert plan.at(bar).spans[0].symbol == alone.at(bar).spans[0].symbol
        else:
            assert plan.at(bar).spans[0].symbol == "Bb"


def test_what_is_generated_is_new_each_time_and_comes_back_where_there_are_only_so_many() -> None:
    def pieces(different: int | None) -> set[tuple[str, ...]]:
        walk = SceneHarmony((HarmonyPart(ChordWalk(8, different=different)),), MINOR, Metre(), seed=3)
        symbols = _symbols(FormHarmony(_in_turn(8), (SectionHarmony(walk),)), 320)
        return {tuple(symbols[start : start + 8]) for start in range(0, 320, 8)}

    assert len(pieces(None)) > 35
    assert len(pieces(3)) <= 3


def test_a_section_ends_with_the_way_home_if_the_harmony_wants_cadences() -> None:
    plain = FormHarmony(_in_turn(6), (SectionHarmony(_harmony("Dm x4 | Gm x4")),))
    assert _symbols(plain, 6) == ["Dm", "Dm", "Dm", "Dm", "Gm", "Gm"]
    cadence = replace(plain, sections=(SectionHarmony(_harmony("Dm x4 | Gm x4", cadence=True)),))
    assert _symbols(cadence, 6) == ["Dm", "Dm", "Dm", "Dm", "Gm", "A7"]


def test_the_key_moves_from_section_to_section_by_chords_that_both_have() -> None:
    tour = KeyTour(("fifth",), 1, seed=1)
    plan = FormHarmony(
        _in_turn(4, 6), (SectionHarmony(_harmony("Dm | Gm")), SectionHarmony(_harmony("i | iv"))), tour, 20
    )
    keys = [plan.spot(bar).key for bar in range(90)]
    for bar, (before, after) in enumerate(itertools.pairwise(keys), start=1):
        assert before == after or bar in range(20, 90, 20)
        if before != after:
            assert (
                plan.at(bar - 1).spans[-1].symbol
                == {"A": "E7", "G": "D7", "D": "A7", "E": "B7", "C": "G7"}[_name(after)]
            )
            assert plan.at(bar).spans[0].symbol.startswith(_name(after) + "m")
    assert len(set(keys)) > 1
    assert keys[0] == keys[80] == MINOR


def _name(key: Key) -> str:
    return {9: "A", 7: "G", 2: "D", 4: "E", 0: "C"}[key.tonic]


plans = st.builds(
    FormHarmony,
    st.just(DRAWN) | st.integers(0, 99).map(lambda seed: replace(DRAWN, seed=seed)),
    st.tuples(
        *[
            st.builds(
                SectionHarmony,
                st.builds(
                    SceneHarmony,
                    st.lists(
                        st.builds(
                            HarmonyPart,
                            st.sampled_from(["i | VI | III VII", "Dm9 x3 | - G7 | -", "C E - G#7 Bb"]).map(
                                parse_progression
                            )
                            | st.builds(ChordWalk, st.integers(2, 9), st.just((0.5, 1.0))),
                            stretch=st.integers(1, 5),
                            times=st.integers(1, 2),
                        ),
                        min_size=1,
                        max_size=3,
                    ).map(tuple),
                    st.just(MINOR),
                    st.just(Metre()),
                    seed=st.integers(0, 9),
                    order=st.sampled_from(["written", "drawn"]),
                    cadence=st.booleans(),
                    colours=st.none() | st.builds(Colours, st.integers(1, 4), st.just(COLOURS)),
                ),
                anew=st.booleans(),
            )
        ]
        * 2
    ),
    st.none() | st.builds(KeyTour, st.just(("fifth", "step")), st.just(1), st.integers(0, 9)),
    st.integers(1, 30),
)


@settings(max_examples=60, deadline=None)
@given(plans, st.integers(0, 3000))
def test_whatever_is_written_a_chord_goes_on_until_one_begins(plan: FormHarmony, first: int) -> None:
    before = plan.at(first).spans[-1]
    for bar in range(first + 1, first + 40):
        spans = plan.at(bar).spans
        assert spans[0].change or replace(before, start=0, change=False) == spans[0]
        assert all(span.change and 0 < span.start < 1920 for span in spans[1:])
        assert all(set(span.tones) <= set(span.scale) for span in spans)
        before = spans[-1]
        later, symbol = plan.after(bar)
        assert later > bar
        assert symbol in {span.symbol for span in plan.at(later).spans if span.change}
        stay = plan.walk.at(bar)
        assert spans[0].change or stay.first_bar < bar
        assert (plan.spot(bar).number, plan.spot(bar).first_bar) == (stay.number, stay.first_bar)


@settings(max_examples=10, deadline=None)
@given(plans, st.integers(0, 99))
def test_any_bar_can_be_asked_for_in_any_order(plan: FormHarmony, seed: int) -> None:
    bars = [*range(300), FAR]
    wanted = {bar: plan.at(bar) for bar in bars}
    Random(seed).shuffle(bars)
    again = replace(plan)
    assert again == plan
    assert {bar: again.at(bar) for bar in bars} == wanted


@pytest.mark.parametrize("anew", [True, False])
def test_strictness_is_that_of_the_part_unless_a_voice_has_its_own(*, anew: bool) -> None:
    harmony = SceneHarmony(
        (HarmonyPart(parse_progression("Dm"), strictness=0.3), HarmonyPart(parse_progression("Gm"))), MINOR, Metre()
    )
    plan = FormHarmony(_in_turn(2), (SectionHarmony(harmony, anew=anew),))
    assert [plan.strictness_at(bar) for bar in range(4)] == [0.3, None, 0.3, None]
    loose = plan.without_strictness()
    assert [loose.strictness_at(bar) for bar in range(4)] == [None] * 4
    assert _symbols(loose, 4) == _symbols(plan, 4)
    assert loose.without_strictness() is loose


def test_chords_last_longer_in_one_part_of_the_hour_than_in_another() -> None:
    sections = (SectionHarmony(_harmony("Dm | Gm | Bb | C")),)
    plan = FormHarmony(_in_turn(8), sections, pace=Curve(((0.0, 2.0), (0.5, 0.5)), closed=True), pace_bars=64.0)
    changes = [sum(plan.at(bar).spans[0].change for bar in range(first, first + 8)) for first in range(0, 128, 8)]
    assert changes == [4, 4, 8, 8, 8, 8, 8, 4] * 2
