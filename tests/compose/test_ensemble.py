from __future__ import annotations

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.composer import Composed, compose
from reverie.compose.ensemble import AHEAD, Ensemble
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.messages import Place


def kept(pitch: int) -> tuple[str, Loop]:
    return f"kept-{pitch}", Loop(1, Metre(), (Note(0, 120, pitch),))


RESERVES = {"beat": (kept(36), kept(38)), "lead": (kept(60),)}


def performance(reserves: dict[str, tuple[tuple[str, Loop], ...]] | None = None) -> Ensemble:
    return Ensemble(arrange(scene(), {}), 1, RESERVES if reserves is None else reserves)


def answer_all(play: Ensemble, engine: DiceEngine, recipes: list[Recipe]) -> list[Place]:
    return [place for recipe in recipes for place in play.composed(compose(engine, recipe, Memories()))]


def fill(play: Ensemble, engine: DiceEngine) -> list[Place]:
    """Until nothing is wanted any more."""
    placed: list[Place] = []
    while True:
        places, recipes = play.fill()
        placed += places
        if not recipes:
            return placed
        placed += answer_all(play, engine, recipes)


def test_it_opens_with_what_is_there_and_then_composes() -> None:
    play = performance()
    opening = play.opening()
    assert [(place.part, place.recipe, place.start_bar, place.times) for place in opening] == [
        ("beat", "kept-36", 0, 1),
        ("lead", "kept-60", 0, 1),
    ]
    places, recipes = play.fill()
    assert places == []
    assert {recipe.voice for recipe in recipes} == {"beat", "lead"}
    assert {recipe.operator for recipe in recipes} == {"reset"}
    assert [place.start_bar for place in answer_all(play, DiceEngine(), recipes)] == [1, 1]


def test_every_voice_has_enough_ahead_whatever_bar_was_played() -> None:
    play = performance()
    placed = play.opening() + fill(play, DiceEngine())
    for bar in range(40):
        play.played(bar)
        placed += fill(play, DiceEngine())
        for voice in ("beat", "lead"):
            assert sum(place.start_bar > bar + 1 for place in placed if place.part == voice) >= AHEAD
    for voice in ("beat", "lead"):
        own = [place for place in placed if place.part == voice]
        ends = [place.start_bar + place.times * place.loop.bars for place in own]
        assert [place.start_bar for place in own[1:]] == ends[:-1]


def test_a_question_is_asked_once() -> None:
    play = performance()
    play.opening()
    assert len(play.fill()[1]) == 2
    assert play.fill() == ([], [])
    play.composer_lost()
    assert len(play.fill()[1]) == 2


def test_a_model_that_cannot_run_is_replaced_by_the_reserve_in_turn() -> None:
    play = performance()
    play.opening()
    play.fill()
    [first] = play.failed("beat")
    play.fill()
    [second] = play.failed("beat")
    assert [first.recipe, second.recipe] == ["kept-38", "kept-36"]
    assert (first.start_bar, first.times, second.start_bar) == (1, 2, 3)


def test_a_recipe_that_was_given_up_is_not_asked_again() -> None:
    play = performance()
    play.opening()
    before = play.fill()[1]
    play.composer_lost()
    [held] = play.given_up("beat")
    assert held.recipe == "kept-38"
    play.played(2)
    after = play.fill()[1]
    assert {recipe.voice for recipe in after} == {"beat", "lead"}
    assert {r.id for r in before if r.voice == "beat"}.isdisjoint(r.id for r in after)


def test_an_answer_without_a_loop_holds_what_plays() -> None:
    play = performance()
    play.opening()
    _, recipes = play.fill()
    beat = next(recipe for recipe in recipes if recipe.voice == "beat")
    [from_reserve] = play.composed(Composed(beat, None, {"empty": 6}, {}))
    assert from_reserve.recipe == "kept-38"
    _, [again] = play.fill()
    assert again.voice == "beat"
    assert again.seed != beat.seed
    [composed] = play.composed(compose(DiceEngine(), again, Memories()))
    play.played(2)
    third = next(recipe for recipe in play.fill()[1] if recipe.voice == "beat")
    [held] = play.composed(Composed(third, None, {"dense": 6}, {}))
    assert held.loop == composed.loop
    assert held.start_bar == composed.start_bar + composed.times * composed.loop.bars


def test_what_comes_late_begins_where_the_repeated_loop_begins_anew() -> None:
    play = performance({"beat": (kept(36),), "lead": (("two-bars", Loop(2, Metre(), (Note(0, 9, 60),))),)})
    play.opening()
    _, recipes = play.fill()
    play.played(6)
    starts = {place.part: place.start_bar for place in answer_all(play, DiceEngine(), recipes)}
    assert starts == {"beat": 8, "lead": 8}


def test_a_new_life_of_the_player_goes_on_where_the_old_one_was() -> None:
    play = performance()
    placed = play.opening() + fill(play, DiceEngine())
    for bar in range(5):
        play.played(bar)
        placed += fill(play, DiceEngine())
    assert play.scene().first_bar == 5
    queued = play.queued()
    assert queued
    for place in queued:
        assert place in placed
        assert place.start_bar + place.times * place.loop.bars > 5
    for voice in ("beat", "lead"):
        assert any(place.part == voice and place.start_bar <= 5 for place in queued)


def test_where_all_is_over_a_new_life_still_gets_the_last_loop() -> None:
    play = performance()
    play.opening()
    play.played(9)
    assert {place.part for place in play.queued()} == {"beat", "lead"}
