"""A loop that was made for what others play is made again to the byte, by whoever has its recipe and their loops."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import reverie
from fakes.recipes import recipe
from reverie.compose.composer import compose
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.messages import ComposeLoop
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.state_cache import Memories
from reverie.models.library.index import ModelFile, find_models
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.processes.codec import from_message, to_message

KICKS = Loop(1, Metre(), tuple(Note(step * 120, 120, 36) for step in (0, 6, 11)))


def model() -> ModelFile:
    return find_models([Path(reverie.__file__).parent / "shipped" / "models"])[0]["attention_rnn"]


def asked(*relations: Relation) -> Recipe:
    name = KICKS.content_hash
    return recipe(
        kind="bass",
        voice="low",
        model="attention_rnn",
        model_hash=model().sha256,
        candidates=4,
        limits=LoopLimits(low=36, high=60),
        heard=(HeardLoop("beat", name, 0, 4, 0),),
        loops={name: KICKS},
        relations=relations,
    )


def engine() -> RecurrentEngine:
    made = RecurrentEngine()
    made.load(model())
    return made


def test_a_new_composer_makes_the_same_loop_of_a_recipe_that_hears_others() -> None:
    wanted = asked(Relation("lock", "beat", drum=36))
    first = compose(engine(), wanted, Memories())
    assert first.loop is not None
    sent = json.loads(json.dumps(to_message(ComposeLoop.of(1, replace(first.recipe, loops=wanted.loops)))))
    received: ComposeLoop = from_message(ComposeLoop, sent)
    again = compose(engine(), received.whole_recipe, Memories())
    assert (again.loop, again.recipe.id) == (first.loop, first.recipe.id)
    assert again.recipe.score == first.recipe.score


def test_what_continues_a_loop_that_heard_others_is_the_same_without_the_memory_of_it() -> None:
    memories, runner = Memories(), engine()
    first = compose(runner, asked(Relation("lock", "beat", drum=36)), memories)
    more = replace(asked(Relation("lock", "beat", drum=36)), operator="continue", past=first.recipe.remembered, seed=9)
    assert first.recipe.remembered[0].events
    assert compose(runner, more, memories).loop == compose(engine(), more, Memories()).loop


def test_a_bass_that_is_locked_begins_more_notes_on_kicks_than_one_that_is_not() -> None:
    def share(*relations: Relation) -> float:
        runner, kicks = engine(), {note.start for note in KICKS.notes}
        found = [compose(runner, replace(asked(*relations), seed=seed), Memories()).loop for seed in range(6)]
        notes = [note.start % 1920 for loop in found if loop for note in loop.notes]
        return sum(start in kicks for start in notes) / len(notes)

    assert share(Relation("lock", "beat", drum=36)) > share() + 0.25
