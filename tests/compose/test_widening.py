"""A voice that finds nothing new within its limits goes beyond them, step by step, and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.recipes import plan, recipe
from reverie.compose.arrangement import Arrangement
from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Candidate
from reverie.compose.ensemble import Ensemble
from reverie.compose.novelty import NoveltyMemory
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.voice_plan import VoicePlan
from reverie.compose.widening import LONGEST_WAIT, PATIENCE, ROUNDS, TOLD_FROM, WAIT, Widening, kinds
from reverie.music.notes import Note
from reverie.music.time import Metre, Tempo
from reverie.play.messages import Part, Place

LIMITS = LoopLimits(low=60, high=72, least=2, most=8)
BANDS = NoveltyBands(last=(0.2, 0.9), hour=(0.4, 1.0), week=(0.01, 1.0))
WIDE = NoveltyBands(hour=(0.05, 1.0))
LEAD = plan(limits=LIMITS, bands=BANDS)


def after(*answers: bool, of: VoicePlan = LEAD) -> Widening:
    widening = Widening()
    for good in answers:
        widening.answered(of, good=good)
    return widening


def test_one_bad_turn_is_chance_and_each_from_the_second_on_is_a_step() -> None:
    assert [after(*[False] * bad).steps for bad in range(5)] == [0, 0, 1, 2, 3]
    assert after(False, True, False).steps == 0
    assert dict(after(*[False] * 5).taken(LEAD)) == {"density": 2, "register": 1, "novelty": 1}


def test_limits_grow_in_turn_and_the_recipe_has_them() -> None:
    asked = recipe(limits=LIMITS)
    one, two, three = (after(*[False] * (PATIENCE + more)) for more in range(3))
    assert one.recipe(LEAD, asked).limits == replace(LIMITS, least=1.5, most=10)
    assert two.recipe(LEAD, asked).limits == replace(LIMITS, least=1.5, most=10, low=57, high=75)
    assert two.bands(LEAD) == BANDS
    assert three.bands(LEAD) == NoveltyBands(last=(0.1, 0.95), hour=(0.2, 1.0), week=(0.005, 1.0))
    assert one.recipe(LEAD, replace(asked, operator="written", primer=(Note(0, 120, 60),))).limits == LIMITS


def test_drums_have_no_register_and_who_has_no_bands_keeps_none() -> None:
    drums = plan(kind="drums", limits=LIMITS)
    assert kinds(drums) == ("density",)
    widest = after(*[False] * 50, of=drums)
    assert (widest.steps, widest.bands(drums)) == (ROUNDS, None)
    assert (widest.recipe(drums, recipe(kind="drums", limits=LIMITS)).limits.low, widest.hurries(drums)) == (60, False)


def test_a_register_stays_in_midi() -> None:
    edge = replace(LIMITS, low=1, high=126)
    limits = after(*[False] * 50).recipe(LEAD, recipe(limits=edge)).limits
    assert (limits.low, limits.high) == (0, 127)


def test_good_loops_take_the_steps_back_one_by_one_and_it_was_told_once() -> None:
    widening = after(*[False] * 4)
    steps: list[int] = []
    sentences = {str(widening.told(LEAD))}
    for _ in range(3 * WAIT):
        widening.answered(LEAD, good=True)
        steps.append(widening.steps)
        sentences.add(str(widening.told(LEAD)))
    assert [step for step, _ in groupby(steps)] == [3, 2, 1, 0]
    assert len(sentences) == 2
    assert "None" in sentences


def test_what_was_narrowed_too_early_is_wide_again_at_once_and_for_longer() -> None:
    widening, wide = after(*[False] * 3), list[int]()
    for _ in range(8):
        good = 0
        while widening.steps == 2:
            widening.answered(LEAD, good=True)
            good += 1
        wide.append(good)
        widening.answered(LEAD, good=False)
        assert widening.steps == 2
    assert wide == sorted(wide)
    assert (wide[0], wide[-1]) == (WAIT, LONGEST_WAIT)


@given(st.lists(st.booleans(), max_size=200))
def test_steps_are_bounded_and_people_are_told_from_the_second_until_all_is_as_written(answers: list[bool]) -> None:
    widening, told = Widening(), False
    for good in answers:
        before = widening.steps
        widening.answered(LEAD, good=good)
        assert abs(widening.steps - before) <= 1
        assert 0 <= widening.steps <= ROUNDS * 3
        told = widening.steps >= TOLD_FROM or (told and widening.steps > 0)
        assert (widening.told(LEAD) is not None) == told


class Narrow(DiceEngine):
    """Draws within the limits when they are wide enough, and else one tune, which is refused or known."""

    def __init__(self, most: float, known: Sequence[Note]) -> None:
        super().__init__()
        self._most, self._known = most, tuple(known)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        if recipe.limits.most >= self._most:
            return super().generate(recipe, memory)
        self.asked.append(recipe)
        return [Candidate(self._known)] * recipe.candidates


def performed(engine: DiceEngine, of: VoicePlan, bars: int) -> tuple[Ensemble, list[Place], list[Composed]]:
    """What a voice is given, and the answers."""
    part = Part("lead", "main", 1)
    ensemble = Ensemble(Arrangement("test", Metre(), Tempo(120), {"lead": of}, {"lead": part}), 1, {})
    memory, memories = NoveltyMemory(), Memories()
    places, answers = list[Place](), list[Composed]()
    for bar in range(bars):
        while True:
            placed, recipes = ensemble.fill()
            places += placed
            for one in recipes:
                played = memory.up_to(bar * 2.0, ensemble.bands("lead"))
                answer = compose(engine, one, memories, played)
                if answer.loop:
                    played.remember(answer.recipe, answer.loop)
                answers.append(answer)
                places += ensemble.composed(answer)
            if not recipes:
                break
        ensemble.played(bar)
    return ensemble, places, answers


def longest(places: Sequence[Place]) -> int:
    """The most turns in a row of one loop."""
    ordered = sorted(places, key=lambda one: one.start_bar)
    runs = [[one.times for one in run] for _, run in groupby(ordered, key=lambda one: one.loop.content_hash)]
    return max(sum(run) for run in runs)


ALWAYS = tuple(Note(step * 480, 480, 60 + step) for step in range(8))


@pytest.mark.parametrize("known", [(), ALWAYS], ids=["refused", "the same again"])
def test_a_voice_that_finds_nothing_is_frozen_for_eight_repeats_at_most(known: Sequence[Note]) -> None:
    narrow = plan(limits=replace(LIMITS, low=40, high=90, least=0.5), novelty=(0.1, 1.0), hold=4, bands=WIDE)
    ensemble, places, answers = performed(Narrow(10.0, known), narrow, 200)
    assert longest(places) <= 8
    assert sum(one.good for one in answers) > 10
    assert any(one.recipe.limits.most > 8 for one in answers)
    assert ensemble.stalls["lead"] is None


def test_a_voice_whose_loops_are_good_is_never_widened() -> None:
    free = plan(limits=replace(LIMITS, low=40, high=90, least=0.5, most=16), bands=WIDE)
    ensemble, _, answers = performed(DiceEngine(), free, 100)
    assert {one.recipe.limits for one in answers} == {free.limits}
    assert ensemble.widened == {"lead": None}


@pytest.mark.parametrize("wanted", [False, True], ids=["by itself", "when a person asks for another"])
def test_where_nothing_new_comes_an_old_loop_comes_back_after_an_hour_but_not_unasked(wanted: bool) -> None:
    rich = plan(limits=replace(LIMITS, low=40, high=90, least=0.5, most=16), bands=BANDS, hold=2)
    engine = DiceEngine()
    part = Part("lead", "main", 1)
    ensemble = Ensemble(Arrangement("test", Metre(), Tempo(120), {"lead": rich}, {"lead": part}), 1, {})
    places = list[Place]()
    for bar in range(2100):  # at two seconds a bar
        placed, recipes = ensemble.fill()
        places += placed
        for one in recipes:
            answer = compose(engine, one, Memories())
            refused = replace(answer, loop=None, refused={"sparse": 1}) if bar >= 2000 else answer
            if wanted:
                ensemble._voices["lead"].line.wanted = "mutate"
            places += ensemble.composed(refused)
        ensemble.played(bar)
    known = {one.recipe for one in places if one.start_bar < 200}
    back = [one for one in places if one.start_bar > 1990 and one.recipe in known]
    assert bool(back) != wanted
    assert all(before.start_bar <= later.start_bar for before, later in pairwise(back))
