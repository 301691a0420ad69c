"""Voices are composed in an order, and one whose operator hears the others is told what they will play."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from fakes.echo import with_operator
from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.composer import compose
from reverie.compose.ensemble import HEARS_AHEAD, Ensemble
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Note
from reverie.play.messages import Place
from reverie.play.score import SceneScore
from reverie.scenes.operators import OperatorTraits

TRIO = """
name: study
title: A study
tempo: 120
key: D
scale: dorian
voices:
  lead:
    {kind: melody, model: m, register: [C4, C6], bars: 4, evolve: {hold: 2}, output: {channel: 1}}
  second:
    {kind: melody, model: m, register: [C4, C6], bars: 1, evolve: {hold: 2}, output: {channel: 3}}
  low:
    {kind: bass, model: m, register: [C2, C4], bars: 2, evolve: {hold: 2, then: [continue, loop, reset]},
     schedule: {every: 4, bars: ["1-3"]}, output: {channel: 2}}
  beat: {kind: drums, model: d, bars: 1, evolve: {hold: 3}, output: {channel: 10}}
"""

FROM_LOOPS = OperatorTraits("What others play.", source="loops")


def doubled(recipe: Recipe) -> list[Note]:
    """What the bass plays, an octave and a half higher."""
    ticks = recipe.metre.bar_ticks
    return [
        replace(note.moved((one.start + bar) * ticks), length=60, pitch=min(note.pitch + 18, 127))
        for one in recipe.heard
        if one.voice == "low"
        for bar in range(one.bars)
        for note in recipe.loops[one.loop].bar((one.loop_bar + bar) % recipe.loops[one.loop].bars)
    ]


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with with_operator(Operator("double", derive=doubled, hears=True), FROM_LOOPS):
        yield


def ensemble() -> Ensemble:
    arrangement = arrange(scene(TRIO), {})
    lead = replace(arrangement.plans["lead"], then=("double", "continue"), novelty=(0.0, 1.0))
    lead = replace(lead, limits=replace(lead.limits, least=0.0))
    return Ensemble(replace(arrangement, plans={**arrangement.plans, "lead": lead}), 1, {})


def answered(play: Ensemble, recipes: Iterable[Recipe]) -> list[Place]:
    return [place for recipe in recipes for place in play.composed(compose(DiceEngine(), recipe, Memories()))]


def played(play: Ensemble, bars: int) -> tuple[list[tuple[Recipe, list[Place]]], list[list[Place]]]:
    """Every recipe that was asked, with the places of its answer; and by bar what was placed before it."""
    asked: list[tuple[Recipe, list[Place]]] = []
    placed: list[list[Place]] = []
    for bar in range(bars):
        placed.append([])
        while True:
            places, recipes = play.fill()
            answers = [(recipe, answered(play, [recipe])) for recipe in recipes]
            placed[-1] += [*places, *(place for _, more in answers for place in more)]
            asked += answers
            if not recipes:
                break
        play.played(bar)
    return asked, placed


def test_drums_come_first_then_bass_then_melodies_as_the_scene_names_them() -> None:
    _, recipes = ensemble().fill()
    assert [recipe.voice for recipe in recipes] == ["beat", "low", "lead", "second"]


def test_what_was_heard_is_what_was_played() -> None:
    play = ensemble()
    asked, placed = played(play, 120)
    hearing = hearing_of(asked, "lead")
    assert all({one.voice for one in recipe.heard} == {"beat", "low"} for recipe, _ in hearing)
    assert_heard_as_played(play, placed, hearing, ("beat", "low"))


def hearing_of(asked: Iterable[tuple[Recipe, list[Place]]], voice: str) -> list[tuple[Recipe, int]]:
    """The recipes of a voice by which it heard others, each with the bar in which what came of it begins."""
    hearing = [(recipe, places[0].start_bar) for recipe, places in asked if recipe.voice == voice and recipe.heard]
    assert len(hearing) > 5
    return hearing


def assert_heard_as_played(
    play: Ensemble, placed: list[list[Place]], hearing: list[tuple[Recipe, int]], others: Iterable[str]
) -> None:
    score = SceneScore(play.scene())
    for bar, places in enumerate(placed):
        for place in places:
            score.place(place)
        sounding = list(score.notes(bar))
        for recipe, start in hearing:
            if start <= bar < start + recipe.bars:
                for voice in others:
                    heard = _heard_in(recipe, voice, bar - start)
                    assert heard == [note for part, note in sounding if part.name == voice]


def _heard_in(recipe: Recipe, voice: str, bar: int) -> list[Note]:
    for one in recipe.heard:
        if one.voice == voice and one.start <= bar < one.start + one.bars:
            loop = recipe.loops[one.loop]
            return list(loop.bar((one.loop_bar + bar - one.start) % loop.bars))
    return []


def test_a_voice_waits_for_what_the_ones_before_it_are_asked() -> None:
    play = ensemble()
    _, first = play.fill()
    answered(play, [recipe for recipe in first if recipe.voice in {"lead", "second"}])
    _, second = play.fill()
    assert "lead" not in {recipe.voice for recipe in second}, "beat and low owe what sounds in its bars"
    answered(play, [*first[:2], *second])
    while not any(recipe.voice == "lead" for recipe in second):
        _, second = play.fill()
        answered(play, second)
    [double] = [recipe for recipe in second if recipe.voice == "lead"]
    assert (double.operator, {one.voice for one in double.heard}) == ("double", {"beat", "low"})


def test_a_voice_that_would_run_out_does_not_wait() -> None:
    play = ensemble()
    _, first = play.fill()
    answered(play, [recipe for recipe in first if recipe.voice == "lead"])
    for bar in range(4):
        play.played(bar)
    _, recipes = play.fill()
    [double] = [recipe for recipe in recipes if recipe.voice == "lead"]
    assert double.heard == ()


def test_a_voice_that_is_heard_and_hears_others_is_in_time_for_both() -> None:
    arrangement = ensemble().arrangement
    low = replace(arrangement.plans["low"], then=("stroke",), bars=3, hold=1, novelty=(0.0, 1.0))
    lead = replace(arrangement.plans["lead"], then=("double",))
    low = replace(low, limits=replace(low.limits, least=0.0))
    beat = replace(arrangement.plans["beat"], hold=1)
    plans = {**arrangement.plans, "beat": beat, "low": low, "lead": lead}
    play = Ensemble(replace(arrangement, plans=plans), 1, {})
    stroke = Operator("stroke", derive=lambda recipe: [Note(recipe.seed % 12 * 480, 240, 38)], hears=True)
    with with_operator(stroke, FROM_LOOPS):
        asked, placed = played(play, 120)
    assert_heard_as_played(play, placed, hearing_of(asked, "low"), ("beat",))
    assert_heard_as_played(play, placed, hearing_of(asked, "lead"), ("beat", "low"))


def test_nobody_is_composed_far_ahead_for_a_voice_that_holds_its_loops_for_long() -> None:
    arrangement = ensemble().arrangement
    lead = replace(arrangement.plans["lead"], then=("double",), hold=30)
    play = Ensemble(replace(arrangement, plans={**arrangement.plans, "lead": lead}), 1, {})
    asked, placed = played(play, 140)
    ahead = [place.start_bar - bar for bar, places in enumerate(placed) for place in places if place.part == "beat"]
    assert max(ahead) <= HEARS_AHEAD + 4
    [(recipe, start)] = [(recipe, places[0].start_bar) for recipe, places in asked if recipe.operator == "double"][:1]
    assert start == 120
    assert_heard_as_played(play, placed, [(recipe, start)], ("beat", "low"))


def test_what_hears_nobody_says_nothing_of_it() -> None:
    asked, _ = played(ensemble(), 20)
    assert all(recipe.heard == () for recipe, _ in asked if recipe.operator != "double")


LISTENING = """
name: study
title: A study
tempo: 120
key: D
scale: dorian
voices:
  lead:
    {kind: melody, model: m, register: [C4, C6], bars: 2, evolve: {hold: 2}, output: {channel: 1},
     listen: [{answer: low}, {imitate: second, after: 3}]}
  second:
    {kind: melody, model: m, register: [C4, C6], bars: 1, evolve: {hold: 3}, output: {channel: 3}}
  low:
    {kind: bass, model: m, register: [C2, C4], bars: 2, evolve: {hold: 2, then: [continue, loop, reset]},
     schedule: {every: 4, bars: ["1-3"]}, output: {channel: 2}, listen: {lock: beat}}
  beat: {kind: drums, model: d, bars: 1, evolve: {hold: 3}, output: {channel: 10}}
"""


def listening() -> Ensemble:
    return Ensemble(arrange(scene(LISTENING), {}), 1, {})


def test_a_voice_hears_those_to_which_it_listens_and_no_other_whatever_its_operator() -> None:
    play = listening()
    asked, placed = played(play, 60)
    operators = {recipe.operator for recipe, _ in asked if recipe.voice == "low"}
    assert operators == {"reset", "continue"}
    for name, others in {"low": {"beat"}, "lead": {"low", "second"}, "beat": set[str](), "second": set[str]()}.items():
        recipes = [recipe for recipe, _ in asked if recipe.voice == name]
        assert all({one.voice for one in recipe.heard} == others for recipe in recipes[2:])
        assert all(recipe.loops.keys() == {one.loop for one in recipe.heard} for recipe in recipes)
    assert_heard_as_played(play, placed, hearing_of(asked, "low"), ("beat",))
    assert_heard_as_played(play, placed, hearing_of(asked, "lead"), ("low",))


def test_what_is_imitated_is_what_was_played_bars_before() -> None:
    play = listening()
    asked, placed = played(play, 60)
    score = SceneScore(play.scene())
    sounded: list[list[Note]] = []
    for bar, places in enumerate(placed):
        for place in places:
            score.place(place)
        sounded.append([note for part, note in score.notes(bar) if part.name == "second"])
    hearing = [(recipe, start) for recipe, start in hearing_of(asked, "lead") if 3 <= start < 50]
    assert len(hearing) > 5
    for recipe, start in hearing:
        for bar in range(-3, 1):
            assert _heard_in(recipe, "second", bar) == sounded[start + bar]


def test_a_voice_knows_what_it_listens_to_in_all_turns_of_its_loop() -> None:
    asked, _ = played(listening(), 60)
    for recipe, _ in hearing_of(asked, "low"):
        assert {bar for one in recipe.heard for bar in range(one.start, one.start + one.bars)} == {0, 1, 2, 3}


def test_a_voice_that_listens_is_never_silenced_by_one_that_is_late() -> None:
    play = listening()
    _, first = play.fill()
    assert {recipe.voice for recipe in first} == {"beat", "second"}
    answered(play, first)
    for bar in range(40):
        _, recipes = play.fill()
        answered(play, [recipe for recipe in recipes if recipe.voice not in {"beat", "second"}])
        play.played(bar)
    ends = {name: place.start_bar for place in play.queued() for name in [place.part]}
    assert min(ends["low"], ends["lead"]) > 36


def settled(play: Ensemble) -> list[Recipe]:
    """All that is asked until nothing is wanted."""
    asked: list[Recipe] = []
    while recipes := play.fill()[1]:
        answered(play, recipes)
        asked += recipes
    return asked


def test_a_voice_that_is_held_is_heard_as_it_is_repeated() -> None:
    play = listening()
    played(play, 20)
    settled(play)
    play.hold(on=True)
    settled(play)
    loops = {place.loop.content_hash for place in play.queued() if place.part == "beat"}
    play.evolve("low", "mutate")
    [mutated] = [recipe for recipe in settled(play) if recipe.voice == "low"]
    assert {one.loop for one in mutated.heard} <= loops


def test_who_has_heard_what_will_not_be_played_is_renewed() -> None:
    play = listening()
    played(play, 20)
    settled(play)
    play.set_temperature("beat", 1.3)
    assert {recipe.voice for recipe in settled(play)} == {"beat", "low", "lead"}
