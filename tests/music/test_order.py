"""In which order voices are composed."""

from __future__ import annotations

import pytest

from reverie.music.order import CircleError, circles, composing_order, way_between

KINDS = {"lead": 3, "second": 3, "low": 1, "beat": 0}


def test_kinds_come_in_their_order_then_voices_as_the_scene_names_them() -> None:
    assert composing_order(KINDS, {}) == ["beat", "low", "lead", "second"]


def test_a_voice_comes_after_all_to_which_it_listens() -> None:
    assert composing_order(KINDS, {"beat": ["lead"], "low": ["beat"]}) == ["lead", "beat", "low", "second"]


def test_what_a_scene_wants_first_comes_first_as_far_as_relations_allow() -> None:
    assert composing_order(KINDS, {}, ["second"]) == ["second", "beat", "low", "lead"]
    assert composing_order(KINDS, {"second": ["lead"]}, ["second", "low"]) == ["beat", "lead", "second", "low"]


def test_the_wanted_order_holds_even_where_its_first_waits_for_another() -> None:
    assert composing_order(KINDS, {"second": ["beat"]}, ["second", "low"]) == ["beat", "second", "low", "lead"]


def test_names_that_are_no_voices_do_not_count() -> None:
    assert composing_order(KINDS, {"lead": ["nobody"]}, ["nobody"]) == ["beat", "low", "lead", "second"]


def test_a_circle_is_told_whole() -> None:
    listens = {"lead": ["low"], "low": ["beat"], "beat": ["lead"]}
    with pytest.raises(CircleError) as caught:
        composing_order(KINDS, listens)
    assert caught.value.circle == ("lead", "low", "beat", "lead")
    assert list(circles(listens)) == [("lead", "low", "beat", "lead")]
    with pytest.raises(CircleError):
        composing_order(KINDS, {"lead": ["low"]}, ["lead", "low"])


def test_the_shortest_way_is_found() -> None:
    listens = {"lead": ["second", "low"], "second": ["low"], "low": ["beat"]}
    assert way_between("lead", "beat", listens) == ("lead", "low", "beat")
    assert way_between("beat", "lead", listens) == ()
