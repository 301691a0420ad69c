"""Loops that were kept, made again from their recipes, and held beside what was kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from reverie.compose.composer import compose
from reverie.compose.engines.engine import Engine
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.music.notes import Loop

MadeAgain = Literal["same", "other", "no-model", "no-recipe", "not-heard"]


@dataclass(frozen=True, slots=True)
class LoopMadeAgain:
    """What came of it: ``same`` to the note, or ``other``; or it could not be made, and ``why`` says so.

    ``no-model``: the model is gone, or another has its name. ``no-recipe``: nobody composed it here, or it was bent to
    another scene since. ``not-heard``: what its recipe was told of was not kept with it. ``hash`` is that of the loop
    as it was kept.
    """

    voice: str
    recipe: str
    hash: str
    outcome: MadeAgain
    why: str = ""


def make_again(
    engine: Engine, voice: str, kept: PlayedLoop, heard: Mapping[str, Loop], models: Collection[str]
) -> LoopMadeAgain:
    """Make a loop again.

    Args:
        engine: What runs models.
        voice: Whose loop it is.
        kept: The loop, with its recipe.
        heard: By content hash, what recipes were told of.
        models: The hashes of the models that the engine has.
    """
    outcome, why = _made(engine, kept, heard, models)
    return LoopMadeAgain(voice, kept.recipe, kept.loop.content_hash, outcome, why)


def _made(
    engine: Engine, kept: PlayedLoop, heard: Mapping[str, Loop], models: Collection[str]
) -> tuple[MadeAgain, str]:
    recipe = kept.made_by
    if recipe is None:
        return "no-recipe", "it was there before anybody composed: shipped, or kept from another life"
    if refusal := _cannot(recipe, kept, heard, models):
        return refusal
    whole = replace(recipe, loops={one.loop: heard[one.loop] for one in recipe.heard})
    try:
        made = compose(engine, whole, Memories()).loop
    except ModelError as error:
        return "no-model", str(error)
    if made is None or made.content_hash != kept.loop.content_hash:
        return "other", "it comes out otherwise here: another version, or another engine"
    return "same", ""


def _cannot(
    recipe: Recipe, kept: PlayedLoop, heard: Mapping[str, Loop], models: Collection[str]
) -> tuple[MadeAgain, str] | None:
    """Why a loop cannot be made again; None if it can."""
    if recipe.operator not in OPERATORS:
        return "no-recipe", f"this version knows no operator {recipe.operator!r}"
    if recipe.choice is None or recipe.id != kept.recipe:
        return "no-recipe", "it was bent to the scene as it was when somebody went back to it"
    if OPERATORS[recipe.operator].derive is None and recipe.model_hash not in models:
        return "no-model", f"the model {recipe.model} ({recipe.model_hash[:12]}) is not here any more"
    if missing := {one.loop for one in recipe.heard} - heard.keys():
        return "not-heard", f"what it was told of was not kept with it: {', '.join(sorted(missing))}"
    return None
