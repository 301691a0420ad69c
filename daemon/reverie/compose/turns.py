"""The turns of a loop that is held while the chords go on: each is fitted to the chords of its own bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reverie.compose.fitting import alike
from reverie.compose.operators.fit_to_chords import FIT_TO_CHORDS, fitted
from reverie.compose.placement import Placement
from reverie.compose.recipe import HeardLoop, Recipe
from reverie.compose.sounding_bass import same_bass
from reverie.compose.voice_plan import VoicePlan
from reverie.compose.written_line import said_of_line
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Loop
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS

Hears = Callable[[int, int], tuple[tuple[HeardLoop, ...], Mapping[str, Loop]]]
"""Which loops of the voices that are suited play from a scene bar on, for so many bars, and these by their hashes."""


def hears_nothing(bar: int, bars: int) -> tuple[tuple[HeardLoop, ...], Mapping[str, Loop]]:
    """Nobody is suited."""
    del bar, bars
    return (), {}


def turns(plan: VoicePlan, placement: Placement, hears: Hears = hears_nothing) -> list[Placement]:
    """What is to be placed so that each turn of a placement suits its bars; the placement itself where all do.

    Turns in a row that are the same are one placement. The first of all leads; the others belong to it. What no model
    composed, such as music that is written, stays as it is, and so does what a voice plays while it is free of harmony.
    """
    if not _is_fitted(plan, placement):
        return [placement]
    recipe, loop = placement.recipe, placement.loop
    placed: list[Placement] = []
    known: dict[tuple[tuple[BarHarmony, ...], float, tuple[HeardLoop, ...]], tuple[str, Loop]] = {}
    for turn in range(placement.times):
        start = placement.start_bar + turn * loop.bars
        heard, loops = hears(start, loop.bars)
        there = plan.harmony_of(start, loop.bars), plan.strictness_of(start), heard
        if there not in known:
            known[there] = _turn(plan, (recipe, loop), placement.made_by, *there, loops)
        name, played = known[there]
        if placed and placed[-1].loop == played:
            placed[-1] = replace(placed[-1], times=placed[-1].times + 1)
            continue
        whole = placement.turn_of or (None if played == loop else placement.original)
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
    plan: VoicePlan,
    loop: Loop,
    home: tuple[BarHarmony, ...],
    harmony: tuple[BarHarmony, ...],
    strictness: float,
    heard: tuple[HeardLoop, ...] = (),
    loops: Mapping[str, Loop] | None = None,
) -> Recipe:
    """The recipe by which a turn of a loop can be made again."""
    names = {one.voice for one in heard}
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
        settings=said_of_line(plan.settings.at(0)) if plan.settings else {},
        harmony=harmony,
        harmony_before=home,
        strictness=strictness,
        heard=heard,
        relations=tuple(one for one in plan.relations if one.suits and one.voice in names),
        loops=dict(loops or {}),
    )


def _is_fitted(plan: VoicePlan, placement: Placement) -> bool:
    traits = VOICE_KINDS[plan.kind]
    if plan.harmony is None or traits.drums:
        return False
    operator = placement.made_by.operator if placement.made_by else plan.first
    return OPERATOR_TRAITS[operator].anew


def _turn(
    plan: VoicePlan,
    original: tuple[str, Loop],
    made_by: Recipe | None,
    harmony: tuple[BarHarmony, ...],
    strictness: float,
    heard: tuple[HeardLoop, ...],
    loops: Mapping[str, Loop],
) -> tuple[str, Loop]:
    """A turn over these chords, and over this bass: the id of its recipe, and its loop."""
    name, loop = original
    home, knew = (made_by.harmony, made_by.heard) if made_by else ((), ())
    suited = [one.voice for one in plan.relations if one.suits]
    stays = alike(home, harmony[: loop.bars]) and (not heard or same_bass(knew, heard, suited, loop.bars))
    if strictness <= 0 or stays:
        return original
    recipe = fit_recipe(plan, loop, home, harmony, strictness, heard, loops)
    if plan.course is not None and made_by is not None:  # which may have moved its register since
        recipe = replace(recipe, limits=made_by.limits)
    played = Loop(loop.bars, loop.metre, fitted(recipe))
    return (name, loop) if played == loop else (recipe.id, played)
