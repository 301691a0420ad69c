"""Visitors in a conductor without processes: what they wish for is done within limits, and the music goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from reverie.conductor.visits import Visits
from reverie.control.visitors import Visitor
from reverie.site.visitors import VisitorRules
from reverie.watch.happenings import ControlUsed, DreamBegun

SCENE = """
name: played
title: A scene to play with
tempo: 100
key: D
scale: dorian
seed: 5
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 2
    evolve: {hold: 2, then: [continue, mutate], candidates: 2}
    output: {channel: 10}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 2, candidates: 2}
    output: {channel: 1}
moods:
  fear: {words: [dark, fall*], tempo: 0.8}
  joy: {words: [sun*], tempo: 1.1}
"""
ANNE, BEN, CLEO = (Visitor(name, f"10.0.0.{number}") for number, name in enumerate(("anne", "ben", "cleo")))


def opened(folder: Path, rules: VisitorRules | None = None) -> Theatre:
    """A scene that plays, some bars long."""
    theatre = Theatre(folder, {"played": SCENE}, visitors=rules or VisitorRules())
    theatre.begin()
    theatre.answer()
    go(theatre, 8)
    return theatre


def go(theatre: Theatre, bars: int = 1) -> None:
    """So many bars sound, each in its time, and whatever is asked is answered."""
    for _ in range(bars):
        theatre.play()
        theatre.answer()
        theatre.clock.go(2.0)
        theatre.conductor.look()
        theatre.hear()


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return opened(tmp_path)


def visits(theatre: Theatre) -> Visits:
    return theatre.conductor.visits


def test_a_mood_is_dreamt_from_the_bar_that_is_told(theatre: Theatre) -> None:
    answer = visits(theatre).wish("mood", {"mood": "fear"}, ANNE)
    [begun] = theatre.told(DreamBegun)
    assert answer.ok
    assert (begun.mood, begun.source, begun.scene_bar + 1) == ("fear", "visitor", answer.from_bar)
    assert answer.as_json["says"] == {"key": "play.heard", "params": {"bar": answer.from_bar}}


def test_the_words_of_a_dream_choose_its_mood(theatre: Theatre) -> None:
    assert visits(theatre).wish("dream", {"text": "The sunlight on the sea"}, ANNE).ok
    assert [begun.mood for begun in theatre.told(DreamBegun)] == ["joy"]


@pytest.mark.parametrize("wanted", [{}, {"mood": 3}, {"mood": ""}, {"mood": "hunger"}, {"mood": "x" * 141}])
def test_what_is_no_mood_is_refused_with_a_sentence(theatre: Theatre, wanted: dict[str, object]) -> None:
    answer = visits(theatre).wish("mood", wanted, ANNE)
    assert (answer.ok, answer.key) == (False, "play.refused.because")
    assert answer.params["why"]
    assert not theatre.told(DreamBegun)


def test_wishes_stand_in_the_record_as_those_of_visitors(theatre: Theatre) -> None:
    visits(theatre).wish("mood", {"mood": "fear"}, ANNE)
    visits(theatre).wish("keep", {}, ANNE)
    assert {(use.action, use.source) for use in theatre.told(ControlUsed)} == {
        ("dream", "visitor"),
        ("keep", "visitor"),
    }
    assert [(use["action"], use["source"]) for use in theatre.status["overrides"]["last"]] == [
        ("dream", "visitor"),
        ("keep", "visitor"),
    ]
    assert theatre.status["overrides"]["undo"] == ["keep"]


def test_moods_are_voted_on_and_the_one_with_most_votes_is_dreamt_at_the_bar_line(tmp_path: Path) -> None:
    theatre = opened(tmp_path, VisitorRules(together="votes"))
    for visitor, mood in ((ANNE, "fear"), (BEN, "joy"), (CLEO, "joy")):
        answer = visits(theatre).wish("mood", {"mood": mood}, visitor)
        assert (answer.ok, answer.key) == (True, "play.voted")
    assert visits(theatre).state(ANNE)["votes"] == {"fear": 1, "joy": 2}
    assert not theatre.told(DreamBegun)
    go(theatre)
    assert [begun.mood for begun in theatre.told(DreamBegun)] == ["joy"]
    go(theatre, 3)
    assert len(theatre.told(DreamBegun)) == 1


def test_the_page_is_told_what_is_allowed_and_whose_turn_it_is(tmp_path: Path) -> None:
    theatre = opened(tmp_path, replace(VisitorRules(), allow=frozenset({"mood", "keep"}), together="queue"))
    assert visits(theatre).turn(ANNE).key == "play.turn.yours"
    assert visits(theatre).turn(BEN).key == "play.turn.waits"
    told = visits(theatre).state(BEN)
    assert (told["allow"], told["moods"]) == (["keep", "mood"], ["fear", "joy"])
    assert told["turn"] == {"yours": False, "may": False, "seconds": 60.0, "waiting": 1}
    assert visits(theatre).wish("mood", {"mood": "fear"}, BEN).key == "play.refused.not-your-turn"
    assert visits(theatre).wish("dream", {"text": "sun"}, ANNE).key == "play.refused.not-allowed"
    assert visits(theatre).turn(ANNE, leave=True).ok
    assert visits(theatre).wish("mood", {"mood": "fear"}, BEN).ok
