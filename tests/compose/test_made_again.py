"""A loop that was kept is made again, held beside what was kept, and where it cannot be it is said why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes.engine import DiceEngine
from fakes.recipes import recipe
from reverie.compose.composer import compose
from reverie.compose.made_again import MadeAgain, make_again
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import HeardLoop
from reverie.compose.state_cache import Memories
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

OTHER = Loop(1, Metre(), (Note(0, 240, 60),))


def kept(**fields: Any) -> PlayedLoop:
    answer = compose(DiceEngine(), recipe(candidates=4, **fields), Memories())
    assert answer.loop is not None
    return PlayedLoop(answer.recipe.id, answer.loop, answer.recipe)


def again(played: PlayedLoop, *, models: tuple[str, ...] = ("m",), heard: dict[str, Loop] | None = None) -> MadeAgain:
    return make_again(DiceEngine(), "lead", played, heard or {}, models).outcome


def test_a_loop_comes_out_the_same_whatever_else_was_composed_since() -> None:
    assert [again(kept(seed=seed)) for seed in range(5)] == ["same"] * 5


def test_a_loop_that_comes_out_otherwise_is_told() -> None:
    assert again(replace(kept(), loop=OTHER)) == "other"


def test_a_loop_whose_model_is_gone_is_told_with_the_name_of_the_model() -> None:
    told = make_again(DiceEngine(), "lead", kept(), {}, ["another"])
    assert told.outcome == "no-model"
    assert "the model dice (m) is not here any more" in told.why


def test_a_loop_that_heard_others_needs_them() -> None:
    played = kept(heard=(HeardLoop("bass", OTHER.content_hash, 0, 2, 0),), loops={OTHER.content_hash: OTHER})
    assert again(played) == "not-heard"
    assert again(played, heard={OTHER.content_hash: OTHER}) == "same"


@pytest.mark.parametrize("bent", [None, {"choice": None}, {"operator": "sing"}])
def test_what_nobody_composed_as_it_is_cannot_be_made_again(bent: dict[str, Any] | None) -> None:
    played = kept()
    made_by = None if bent is None or played.made_by is None else replace(played.made_by, **bent)
    assert again(replace(played, made_by=made_by)) == "no-recipe"
