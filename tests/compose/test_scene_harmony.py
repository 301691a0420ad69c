"""The harmony of a scene, bar for bar."""

from __future__ import annotations

from random import Random
from typing import Any

from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.harmony import BarHarmony, Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre

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
