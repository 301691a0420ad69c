"""Loops that are made of loops where a course asks for it: turns that vary, and bars that are a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from reverie.compose.composer import derived
from reverie.compose.operators.fill import FILL
from reverie.compose.operators.last_bar import LAST_BAR
from reverie.compose.operators.operator import Operator
from reverie.compose.operators.vary import VARY
from reverie.compose.placement import Placement
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.sameness import BarNotes, Sameness, bar_notes
from reverie.compose.seeds import derive_seed
from reverie.compose.voice_plan import VoicePlan
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Loop
from reverie.scenes.operators import OPERATOR_TRAITS

FEWEST_TURNS, MOST_TURNS = 2, 4
"""After how many turns a loop that is held for long is varied."""
_ATTEMPTS = 12
_FAR_ATTEMPTS = 1000
"""Variations among which one is looked for that changes a certain bar: one of a single long note changes in few."""
_AS_MANY_AS_THERE_ARE = 1000.0


def varied_turns(
    plan: VoicePlan, placement: Placement, tired: int, before: Sameness, played: Callable[[Placement], list[Placement]]
) -> tuple[list[Placement], int]:
    """The turns of a placement, of which some vary so that the voice is never the same for too long.

    Args:
        plan: the voice's.
        placement: a loop that is played several times.
        tired: for how many turns before it the voice has played this loop, as it is.
        before: what the voice has played.
        played: the turns of a placement as they suit their bars.

    Returns:
        What is placed, and for how many turns up to its end the voice plays the loop as it is.
    """
    longest, whole = plan.longest_at(placement.start_bar), played(placement)
    if longest is None or placement.made_by is None or plan.source != "model":
        return whole, tired + placement.times
    often = plan.longest is None and plan.hold > MOST_TURNS
    spot = plan.section(placement.start_bar)
    mutates = "mutate" in plan.then or (spot is not None and spot.opens == "mutate")
    kept = placement.loop.bars // 2 if mutates else 0  # what a mutation begins with is the same as before
    placed: list[Placement] = []
    for turn in _one_by_one(whole):
        chance = derive_seed(plan.scene, plan.voice, plan.seed, "vary", turn.start_bar)
        drawn = chance % (MOST_TURNS - FEWEST_TURNS + 1) == 0
        enough = often and (tired >= MOST_TURNS or (tired >= FEWEST_TURNS and drawn))
        after, most = before.after(bars_of(plan, [turn]))
        made = None
        if enough or most > (longest - kept if tired >= FEWEST_TURNS else longest):
            made = _varied(plan, replace(placement, start_bar=turn.start_bar, times=1), chance, before, played)
        one, before = made or (turn, after)
        tired = tired + 1 if made is None else 0
        last = placed[-1] if placed else None
        if last is not None and (last.recipe, last.loop) == (one.recipe, one.loop):
            placed[-1] = replace(last, times=last.times + 1)
        else:
            placed.append(one)
    return [replace(one, leads=placement.leads and not number) for number, one in enumerate(placed)], tired


def bars_of(plan: VoicePlan, placed: Sequence[Placement], to: int | None = None) -> Iterator[BarNotes]:
    """What a voice plays in the bars of what is placed, in order, up to scene bar ``to`` or to the end of the last.

    Where nothing follows in time, the loop is repeated; where the course lets the voice be silent, there is nothing.
    """
    for one, following in zip_longest(placed, placed[1:]):
        end = following.start_bar if following else one.end_bar if to is None else to
        loop = [bar_notes(one.loop.bar(bar), plan.drum_map) for bar in range(one.loop.bars)]
        for bar in range(one.start_bar, end):
            yield loop[(bar - one.start_bar) % one.loop.bars] if plan.sounds(bar) else frozenset()


def _one_by_one(placed: Sequence[Placement]) -> Iterator[Placement]:
    for one in placed:
        for turn in range(one.times):
            yield replace(one, start_bar=one.start_bar + turn * one.loop.bars, times=1)


def with_figure(plan: VoicePlan, placed: Sequence[Placement]) -> list[Placement]:
    """What is placed, and over its last bar a figure, if that bar is one.

    After a figure the loop begins anew, until something else is placed there: a fill is never repeated.
    """
    last, bar = placed[-1], placed[-1].end_bar - 1
    if not (plan.has_figure(bar) and plan.sounds(bar)):
        return [*placed]
    figure = plan.figure(bar)
    before = last.loop.bar((bar - last.start_bar) % last.loop.bars)
    notes = [replace(note, length=min(note.length, plan.metre.bar_ticks - note.start)) for note in before]
    operator = FILL if figure == "fill" else LAST_BAR
    limits = replace(plan.limits_at(bar), least=0.0, most=_AS_MANY_AS_THERE_ARE)
    seed = derive_seed(plan.scene, plan.voice, plan.seed, figure, bar)
    harmony = plan.harmony_of(bar, 1)
    answer = derived(_recipe(plan, operator, seed, Loop(1, plan.metre, tuple(notes)), limits, harmony, harmony))
    if answer.loop is None:
        return [*placed]
    made = replace(
        last,
        recipe=answer.recipe.id,
        loop=answer.loop,
        start_bar=bar,
        times=1,
        leads=last.leads and last.start_bar == bar,
        turn_of=last.original,
        until=bar + 1,
        anew=last.anew and last.start_bar == bar,
    )
    kept = [*placed[:-1]] if last.start_bar == bar else [*placed]
    return [*kept, made, *([_meanwhile(last, bar + 1)] if figure == "fill" else [])]


def _meanwhile(last: Placement, bar: int) -> Placement:
    return replace(last, start_bar=bar, times=1, leads=False, until=None, anew=False)


def _varied(
    plan: VoicePlan, turn: Placement, chance: int, before: Sameness, played: Callable[[Placement], list[Placement]]
) -> tuple[Placement, Sameness] | None:
    """A turn that is a little different, by which the voice is the same for as short as can be; None if there is none.

    Args:
        plan: the voice's.
        turn: the loop, played once.
        chance: what its changes are drawn from.
        before: what the voice has played.
        played: the turns of a placement as they suit their bars.
    """
    made_by, longest = turn.made_by, plan.longest_at(turn.start_bar)
    if made_by is None or longest is None:
        return None
    limits = _limits_of(made_by, turn.loop)
    plain = _recipe(plan, VARY, 0, turn.loop, limits, made_by.harmony, ())
    best: tuple[int, Placement, Sameness] | None = None
    for seed in _seeds(
        plain, chance, lambda: _too_long_in(longest, before, bars_of(plan, played(turn))), plan.drum_map
    ):
        answer = derived(replace(plain, seed=seed))
        if answer.loop is None or bar_notes(answer.loop.notes) == bar_notes(turn.loop.notes):
            continue
        other = replace(turn, recipe=answer.recipe.id, loop=answer.loop, turn_of=turn.original)
        [fitted] = played(other)
        after, most = before.after(bars_of(plan, [fitted]))
        if best is None or most < best[0]:
            best = most, fitted, after
        if most <= longest:
            break
    return None if best is None else best[1:]


def _seeds(plain: Recipe, chance: int, too_long_in: Callable[[], int], drum_map: Mapping[int, int]) -> Iterator[int]:
    """From what to draw variations, one after the other: any at first, then those that change what is too long.

    Args:
        plain: their recipe, but for its seed.
        chance: what the seeds are drawn from.
        too_long_in: finds the loop's bar up to which something has to change.
        drum_map: which drums are played as others.
    """
    yield from (derive_seed(chance, attempt) for attempt in range(_ATTEMPTS))
    end = (too_long_in() + 1) * plain.metre.bar_ticks
    found, derive = 0, VARY.derive
    kept = bar_notes((note for note in plain.before if note.start < end), drum_map)
    for attempt in range(_ATTEMPTS, _FAR_ATTEMPTS):
        seed = derive_seed(chance, attempt)
        notes = derive(replace(plain, seed=seed)) if derive else ()
        if bar_notes((note for note in notes if note.start < end), drum_map) != kept:
            yield seed
            found += 1
        if found == _ATTEMPTS:
            return


def _too_long_in(longest: int, before: Sameness, bars: Iterable[BarNotes]) -> int:
    """The first of some bars in which a voice has been the same for too long; 0 if there is none."""
    for number, bar in enumerate(bars):
        before, most = before.after([bar])
        if most > longest:
            return number
    return 0


def _limits_of(made_by: Recipe, loop: Loop) -> LoopLimits:
    """Within which a loop is varied: what is written may leave the scale, and be denser than what is composed."""
    density = len(loop.notes) / loop.bars
    limits = made_by.limits
    limits = replace(limits, least=min(limits.least, density), most=max(limits.most, density))
    written = OPERATOR_TRAITS[made_by.operator].source == "written"
    return replace(limits, scale="chromatic") if written else limits


def _recipe(
    plan: VoicePlan,
    operator: Operator,
    seed: int,
    loop: Loop,
    limits: LoopLimits,
    harmony: tuple[BarHarmony, ...],
    harmony_before: tuple[BarHarmony, ...],
) -> Recipe:
    """The recipe by which it can be made again."""
    return Recipe(
        scene=plan.scene,
        scene_hash=plan.scene_hash,
        voice=plan.voice,
        kind=plan.kind,
        model=plan.model,
        model_hash=plan.model_hash,
        operator=operator.name,
        seed=seed,
        temperature=1.0,
        bars=loop.bars,
        metre=loop.metre,
        primer=(),
        primer_steps=0,
        limits=limits,
        before=loop.notes,
        harmony=harmony,
        harmony_before=harmony_before,
    )
