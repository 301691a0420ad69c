"""The turns of a loop that is held while the chords go on: each is fitted to the chords of its own bars."""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.evolution import Placement, VoicePlan
from reverie.compose.fitting import alike
from reverie.compose.operators.fit_to_chords import FIT_TO_CHORDS, fitted
from reverie.compose.recipe import Recipe
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Loop
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS


def turns(plan: VoicePlan, placement: Placement) -> list[Placement]:
    """What is to be placed so that each turn of a placement suits its bars; the placement itself where all do.

    Turns in a row that are the same are one placement. The first of all leads; the others belong to it. What no model
    composed, such as music that is written, stays as it is, and so does what a voice plays while it is free of harmony.
    """
    if not _is_fitted(plan, placement):
        return [placement]
    recipe, loop = placement.original
    home = placement.made_by.harmony if placement.made_by else ()
    placed: list[Placement] = []
    known: dict[tuple[tuple[BarHarmony, ...], float], tuple[str, Loop]] = {}
    for turn in range(placement.times):
        start = placement.start_bar + turn * loop.bars
        chords = plan.harmony_of(start, loop.bars), plan.strictness_of(start)
        if chords not in known:
            known[chords] = _turn(plan, (recipe, loop), home, *chords)
        name, played = known[chords]
        if placed and placed[-1].loop == played:
            placed[-1] = replace(placed[-1], times=placed[-1].times + 1)
            continue
        whole = None if played == loop else placement.original
        placed.append(
            replace(
                placement,
                recipe=name,
                loop=played,
                start_bar=start,
                times=1,
                leads=placement.leads and not turn,
                turn_of=whole,
            )
        )
    return placed


def fit_recipe(
    plan: VoicePlan, loop: Loop, home: tuple[BarHarmony, ...], harmony: tuple[BarHarmony, ...], strictness: float
) -> Recipe:
    """The recipe by which a turn of a loop can be made again."""
    return Recipe(
        scene=plan.scene,
        scene_hash=plan.scene_hash,
        voice=plan.voice,
        kind=plan.kind,
        model=plan.model,
        model_hash=plan.model_hash,
        operator=FIT_TO_CHORDS.name,
        seed=0,
        temperature=1.0,
        bars=loop.bars,
        metre=loop.metre,
        primer=(),
        primer_steps=0,
        limits=plan.limits,
        before=loop.notes,
        choice=0,
        harmony=harmony,
        harmony_before=home,
        strictness=strictness,
    )


def _is_fitted(plan: VoicePlan, placement: Placement) -> bool:
    traits = VOICE_KINDS[plan.kind]
    if plan.harmony is None or traits.drums:
        return False
    operator = placement.made_by.operator if placement.made_by else plan.first
    return OPERATOR_TRAITS[operator].source == "model"


def _turn(
    plan: VoicePlan,
    original: tuple[str, Loop],
    home: tuple[BarHarmony, ...],
    harmony: tuple[BarHarmony, ...],
    strictness: float,
) -> tuple[str, Loop]:
    """A turn over these chords: the id of its recipe, and its loop."""
    name, loop = original
    if strictness <= 0 or alike(home, harmony[: loop.bars]):
        return original
    recipe = fit_recipe(plan, loop, home, harmony, strictness)
    played = Loop(loop.bars, loop.metre, fitted(recipe))
    return (name, loop) if played == loop else (recipe.id, played)
