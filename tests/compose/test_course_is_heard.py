"""Density, register and temperature of a course reach what the shipped models compose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

import reverie
from fakes.courses import Play, WrittenCourse
from reverie.compose.composer import compose
from reverie.compose.course import VoiceState
from reverie.compose.density_wish import density_wish
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.models.library.index import find_models

BARS = 48


@pytest.fixture(scope="module")
def engine() -> RecurrentEngine:
    made = RecurrentEngine()
    for name in ("attention_rnn", "drum_kit"):
        made.load(find_models([Path(reverie.__file__).parent / "shipped" / "models"])[0][name])
    return made


def heard(engine: RecurrentEngine, **state: float) -> Play:
    """What a melody and drums play over some bars that are all alike."""
    moved = VoiceState(**state)  # pyright: ignore[reportArgumentType]
    models = find_models([Path(reverie.__file__).parent / "shipped" / "models"])[0]
    play = Play(
        WrittenCourse((("a", 8),), states={"a": moved}, opens="reset"), then=("continue",), hold=1, engine=engine
    )
    for name, model in (("lead", "attention_rnn"), ("beat", "drum_kit")):
        line = play.performance._voices[name].line  # pyright: ignore[reportPrivateUsage]
        line.plan = replace(line.plan, candidates=4, model=model, model_hash=models[model].sha256)
    play.go(BARS)
    return play


def notes(play: Play, voice: str) -> list[int]:
    score = play.score()
    return [note.pitch for bar in range(BARS) for part, note in score.notes(bar) if part.name == voice]


def test_a_course_that_is_denser_has_more_notes_and_a_thinner_one_fewer(engine: RecurrentEngine) -> None:
    plays = {density: heard(engine, density=density) for density in (0.5, 1.0, 2.0)}
    for voice in ("lead", "beat"):
        thin, plain, dense = (len(notes(plays[density], voice)) for density in (0.5, 1.0, 2.0))
        assert thin < plain < dense, voice
        assert dense > 1.35 * thin, voice


def test_a_course_that_is_higher_has_higher_pitches(engine: RecurrentEngine) -> None:
    low, plain, high = (mean(notes(heard(engine, register=by), "lead")) for by in (-12, 0, 12))
    assert plain - low > 6
    assert high - plain > 6


def test_a_course_that_is_bolder_composes_what_its_model_finds_less_likely(engine: RecurrentEngine) -> None:
    def likely(play: Play) -> float:
        found = [answer.recipe.score["log_likelihood"] for answer in play.answers.values()]
        return mean(found)

    assert likely(heard(engine, temperature=1.5)) < likely(heard(engine, temperature=0.7))


def test_what_was_leant_on_is_made_again_from_its_recipe_and_without_memories(engine: RecurrentEngine) -> None:
    play = heard(engine, density=1.6)
    some = [answer for answer in play.answers.values() if answer.recipe.past][:3]
    assert some
    for answer in some:
        assert answer.recipe.events
        again = compose(engine, Recipe.from_json(answer.recipe.as_json()), Memories())
        assert (again.recipe.id, again.loop) == (answer.recipe.id, answer.loop)


def test_a_recipe_that_leans_on_nothing_says_nothing_of_it() -> None:
    play = Play(WrittenCourse())
    play.go(4)
    assert all("density" not in one.as_json() for one in play.asked)
    assert all(density_wish(one) is None for one in play.asked)
    denser = Play(WrittenCourse(states={"all": VoiceState(density=1.5)}))
    denser.go(4)
    assert {one.as_json()["density"] for one in denser.asked} == {1.5}
