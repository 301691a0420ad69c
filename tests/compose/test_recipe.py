"""Recipes are kept for years: their ids and their text may not change with the next version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass, fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.recipes import plan, recipe
from fakes.strategies_of_music import first_recipes, harmonies, loops, recipes
from reverie.compose import recipe as recipe_module
from reverie.compose import voice_plan
from reverie.compose.messages import ComposeLoop
from reverie.compose.recipe import VERSION, ContinuedPast, HeardLoop, LaterRecipeError, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.music.harmony import BarHarmony, ChordSpan
from reverie.music.notes import Loop, Note, notes_as_json
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.processes.codec import from_message, to_message


@dataclass(frozen=True, slots=True)
class LaterRecipe(Recipe):
    """As a later version may have it."""

    humour: float = 0.5


@dataclass(frozen=True, slots=True)
class LaterLimits(LoopLimits):
    """Likewise."""

    widest_leap: int = 12


def as_the_first_version_wrote_it(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {
        "metre": str(fields["metre"]),
        "primer": notes_as_json(fields["primer"]),
        "before": notes_as_json(fields["before"]),
        "novelty": list(fields["novelty"]),
        "past": [list(astuple(one))[:5] for one in fields["past"]],
        "limits": {name: getattr(fields["limits"], name) for name in LoopLimits.__slots__},
    }


@given(recipes())
def test_a_recipe_is_read_as_it_was_written(written: Recipe) -> None:
    read = Recipe.from_json(json.loads(json.dumps(written.as_json())))
    assert read == written
    assert read.id == written.id


@given(first_recipes())
def test_what_the_first_version_could_say_has_still_its_words_and_its_id(fields: dict[str, Any]) -> None:
    of_old = as_the_first_version_wrote_it(fields)
    assert Recipe(**fields).as_json() == of_old
    told = {name: value for name, value in of_old.items() if name != "score"}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert Recipe(**fields).id == hashlib.sha256(canonical.encode()).hexdigest()[:16]
    assert Recipe.from_json(of_old) == Recipe(**fields)


@given(recipes(), st.floats(0, 1))
def test_a_new_part_renames_no_recipe_that_does_not_use_it(present: Recipe, humour: float) -> None:
    same: dict[str, Any] = {one.name: getattr(present, one.name) for one in fields(present)}
    assert LaterRecipe(**same).id == present.id
    assert LaterRecipe(**same).as_json() == present.as_json()
    assert (LaterRecipe(**same, humour=humour).id == present.id) == (humour == LaterRecipe(**same).humour)
    limits: dict[str, Any] = {one.name: getattr(present.limits, one.name) for one in fields(present.limits)}
    with_limits = [replace(present, limits=LaterLimits(**limits, widest_leap=leap)) for leap in (12, 7)]
    assert [one.id == present.id for one in with_limits] == [True, False]
    assert [one.memory_after == present.memory_after for one in with_limits] == [True, False]


@dataclass(frozen=True, slots=True)
class LaterPast(ContinuedPast):
    """Likewise."""

    register: int = 0


@dataclass(frozen=True, slots=True)
class LaterHeard(HeardLoop):
    """Likewise."""

    share: float = 1.0


@dataclass(frozen=True, slots=True)
class LaterChord(ChordSpan):
    """Likewise."""

    inversion: int = 0


@dataclass(frozen=True, slots=True)
class LaterRelation(Relation):
    """Likewise."""

    sharpness: float = 1.0


@dataclass(frozen=True, slots=True)
class LaterTouch(Touch):
    """Likewise."""

    swagger: float = 0.0


D_MINOR = ChordSpan(0, "Dm", 2, 2, (2, 5, 9), (0, 2, 4, 5, 7, 9, 11))
G_SEVENTH = ChordSpan(960, "G7", 7, 7, (7, 11, 2, 5), (0, 2, 4, 5, 7, 9, 11), change=False)


def in_d_minor(chord: ChordSpan) -> tuple[BarHarmony, ...]:
    return (BarHarmony((chord,)),) * 2


PARTS = [
    ("past", ContinuedPast(1, 1.0, 8, 0, 32), LaterPast, {"register": 2}),
    ("heard", HeardLoop("bass", "abc", 0, 2, 0), LaterHeard, {"share": 0.5}),
    ("relations", Relation("lock", "drums", drum=36), LaterRelation, {"sharpness": 0.5}),
    ("harmony", D_MINOR, LaterChord, {"inversion": 1}),
    ("touch", Touch(arc=0.5), LaterTouch, {"swagger": 0.5}),
]
MAKE: dict[str, Any] = {"harmony": in_d_minor, "touch": lambda touch: touch}


@pytest.mark.parametrize(("name", "part", "later", "new"), PARTS)
def test_a_new_field_of_what_a_recipe_continues_or_hears_renames_none_that_does_not_use_it(
    name: str, part: Any, later: type[Any], new: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = MAKE.get(name, lambda one: (one,))
    present = recipe(bars=1, choice=0, **{name: make(part)})
    same = {one.name: getattr(part, one.name) for one in fields(part)}
    unused, used = (replace(present, **{name: make(one)}) for one in (later(**same), later(**same, **new)))
    assert unused.as_json() == present.as_json()
    assert (unused.id, unused.memory_after) == (present.id, present.memory_after)
    assert used.id != present.id
    with pytest.raises(LaterRecipeError):
        Recipe.from_json(used.as_json())
    monkeypatch.setattr(recipe_module, type(part).__name__, later)
    assert Recipe.from_json(json.loads(json.dumps(used.as_json()))) == used
    assert Recipe.from_json(present.as_json()) == unused


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(recipes(), recipes())
def test_ids_are_equal_where_the_recipes_are_but_for_the_score(one: Recipe, other: Recipe) -> None:
    assert (one.id == other.id) == (replace(one, score={}) == replace(other, score={}))
    assert replace(one, score={"fit": 0.5}).id == one.id


OTHER: dict[str, Any] = {
    "scene": "other", "scene_hash": "o", "voice": "other", "kind": "bass", "model": "other", "model_hash": "o",
    "operator": "mutate", "seed": 2, "temperature": 1.1, "bars": 4, "metre": Metre(3, 4), "primer": (Note(0, 1, 60),),
    "primer_steps": 1, "limits": LoopLimits(low=1), "candidates": 2, "before": (Note(0, 1, 60),),
    "novelty": (0.1, 1.0), "choice": 0, "engine": "dice", "heard": (HeardLoop("bass", "abc", 0, 2, 0),),
    "harmony": (BarHarmony((D_MINOR, G_SEVENTH)),) * 3, "settings": {"octaves": 1},
    "relations": (Relation("answer", "melody"),), "strictness": 0.8, "touch": Touch(), "span": 64,
}  # fmt: skip


@pytest.mark.parametrize("part", OTHER)
def test_each_part_of_a_recipe_makes_another_of_it(part: str) -> None:
    assert recipe(**{part: OTHER[part]}).id != recipe().id


def test_a_recipe_that_only_a_later_version_understands_is_refused() -> None:
    of_later = recipe().as_json()
    with pytest.raises(ValueError, match="of version 2"):
        Recipe.from_json(of_later | {"version": VERSION + 1})
    with pytest.raises(LaterRecipeError, match="humour"):
        Recipe.from_json(of_later | {"limits": {**of_later["limits"], "humour": 0.7}})


@pytest.mark.parametrize("span", [16, 56, -32])
def test_a_recipe_whose_span_would_never_end_is_refused(span: int) -> None:
    with pytest.raises(ValueError, match="two at least"):
        recipe(span=span)


def test_once_recipes_are_understood_otherwise_new_ones_say_so_and_old_ones_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_old = plan().recipe("reset", 0, 0)
    for module in (recipe_module, voice_plan):
        monkeypatch.setattr(module, "VERSION", VERSION + 1)
    new = plan().recipe("reset", 0, 0)
    assert (new.version, new.id == of_old.id) == (VERSION + 1, False)
    assert Recipe.from_json(new.as_json()) == new
    assert Recipe.from_json(of_old.as_json()) == of_old


@given(st.lists(harmonies, min_size=2, max_size=2))
def test_harmony_is_kept_as_it_was(harmony: list[BarHarmony]) -> None:
    asked = recipe(bars=1, harmony=tuple(harmony))
    assert Recipe.from_json(json.loads(json.dumps(asked.as_json()))) == asked


def test_equal_harmony_is_an_equal_value() -> None:
    assert ChordSpan(0, "Dm", 2, 2, (9, 2, 5, 2), (7, 0)) == ChordSpan(0, "Dm", 2, 2, (2, 5, 9), (0, 2, 5, 7, 9))


def test_harmony_is_that_of_every_bar_and_of_the_one_after_or_of_none() -> None:
    with pytest.raises(ValueError, match="2 bars"):
        recipe(bars=2, harmony=in_d_minor(D_MINOR))
    with pytest.raises(ValueError, match="pitch classes"):
        ChordSpan(0, "Dm", 2, 2, (2, 5, 12), ())
    for wrong in ((), (G_SEVENTH,), (D_MINOR, D_MINOR)):
        with pytest.raises(ValueError, match="follow each other"):
            BarHarmony(wrong)


def test_the_chord_of_a_moment_is_the_one_that_began_last() -> None:
    bar = BarHarmony((D_MINOR, G_SEVENTH))
    assert [bar.at(tick).symbol for tick in (0, 959, 960, 1919)] == ["Dm", "Dm", "G7", "G7"]


def test_notes_without_ties_and_shifts_are_written_as_ever() -> None:
    notes = (Note(0, 480, 60), Note(480, 240, 64, 90, shift=-7), Note(720, 240, 64, 90, tied=True))
    loop = Loop(2, Metre(3, 4), notes)
    assert loop.as_json()["notes"] == [[0, 480, 60, 100], [480, 240, 64, 90, -7, 0], [720, 240, 64, 90, 0, 1]]
    assert Loop.from_json(json.loads(json.dumps(loop.as_json()))) == loop


def test_a_loop_keeps_its_content_hash() -> None:
    loop = Loop(2, Metre(3, 4), (Note(480, 240, 64, 90), Note(0, 480, 60)))
    assert loop.content_hash == "3c669cd1e0cdea5e"


@given(loops(), loops())
def test_content_hashes_are_equal_where_the_loops_are(one: Loop, other: Loop) -> None:
    assert (one.content_hash == other.content_hash) == (one == other)
    assert Loop.from_json(json.loads(json.dumps(one.as_json()))).content_hash == one.content_hash


@given(st.lists(loops(), max_size=3))
def test_loops_that_a_recipe_heard_travel_with_it_and_are_no_part_of_it(heard: list[Loop]) -> None:
    by_hash = {loop.content_hash: loop for loop in heard}
    asked = recipe(heard=tuple(HeardLoop("bass", name, 0, 1, 0) for name in by_hash))
    with_loops = replace(asked, loops=by_hash)
    assert with_loops.id == asked.id
    asking = to_message(ComposeLoop.of(1, with_loops))
    received: ComposeLoop = from_message(ComposeLoop, json.loads(json.dumps(asking)))
    assert received.whole_recipe == asked
    assert received.whole_recipe.loops == by_hash
