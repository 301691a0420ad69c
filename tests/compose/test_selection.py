from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fakes.engine import DiceEngine
from fakes.recipes import plan, recipe
from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Candidate
from reverie.compose.evolution import Evolution
from reverie.compose.guard import guard
from reverie.compose.operators.operator import After
from reverie.compose.recipe import ContinuedPast, LoopLimits, Recipe
from reverie.compose.selection import distance, fit, ranked
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

C_MAJOR = LoopLimits(low=60, high=72, least=1, most=9, tonic=0, scale="major")


def melody(*pitches: int, step: int = 480) -> tuple[Note, ...]:
    return tuple(Note(number * step, step, pitch) for number, pitch in enumerate(pitches))


def kept(asked: Recipe, *answers: Candidate) -> int | None:
    guarded = [guard(asked, answer.notes) for answer in answers]
    found = ranked(asked, guarded, [a.log_likelihood for a in answers], [a.notes for a in answers])
    return found[0][0] if found else None


def test_of_equally_fitting_loops_the_likelier_is_kept() -> None:
    asked = recipe(bars=1, limits=C_MAJOR)
    answers = [Candidate(melody(60, 62, 64, 65, 67, 69, 71, 72), likely) for likely in (-2.0, -0.5, -1.0)]
    assert kept(asked, *answers) == 1


def test_a_loop_out_of_key_and_register_loses_to_one_that_is_in_them() -> None:
    asked = recipe(bars=1, limits=C_MAJOR)
    strange = Candidate(melody(30, 61, 31, 63, 32, 66, 33, 68), -1.0)
    plain = Candidate(melody(60, 62, 64, 65, 67, 69, 71, 72), -1.0)
    assert kept(asked, strange, plain) == 1


def test_what_the_guard_refuses_is_not_kept_however_likely() -> None:
    asked = recipe(bars=1, limits=C_MAJOR)
    assert kept(asked, Candidate((), 0.0), Candidate(melody(60, 62, 64, 65), -9.0)) == 1
    assert kept(asked, Candidate((), 0.0)) is None


@pytest.mark.parametrize(("band", "winner"), [((0.3, 0.8), 1), ((0.0, 0.2), 0), ((0.9, 1.0), 2)])
def test_the_distance_from_the_loop_before_lies_in_the_band_that_was_asked_for(
    band: tuple[float, float], winner: int
) -> None:
    before = melody(60, 62, 64, 65)
    same, near, far = melody(60, 62, 64, 65), melody(60, 62, 67, 69), melody(72, 71, 69, 67)
    asked = recipe(bars=1, limits=C_MAJOR, before=before, novelty=band)
    assert kept(asked, *(Candidate(notes, -1.0) for notes in (same, near, far))) == winner


def test_distance_is_the_share_of_notes_that_only_one_loop_has() -> None:
    assert distance(melody(60, 62), melody(60, 62)) == 0
    assert distance(melody(60, 62), melody(65, 67)) == 1
    assert distance(melody(60, 62), melody(60, 64)) == pytest.approx(2 / 3)
    assert distance((), ()) == 0


def test_a_density_in_the_middle_of_the_range_fits_best() -> None:
    asked = recipe(limits=LoopLimits(least=2, most=6))
    shares = [
        fit(asked, Loop(2, Metre(), notes), {}, notes)["density"]
        for count in (4, 8, 12)
        for notes in [tuple(Note(240 * n, 200, 60 + n) for n in range(count))]
    ]
    assert shares == [0.5, 1.0, 0.5]


def test_choice_and_score_are_part_of_the_recipe_which_makes_the_same_loop_again() -> None:
    answer = compose(DiceEngine(), recipe(candidates=8), Memories())
    assert answer.recipe.choice in range(8)
    assert {"log_likelihood", "fit", "total"} <= set(answer.recipe.score)
    again = compose(DiceEngine(), Recipe.from_json(answer.recipe.as_json()), Memories())
    assert again.loop == answer.loop
    assert again.recipe.id == answer.recipe.id


def test_the_best_of_eight_is_better_than_the_first_on_the_whole() -> None:
    def total(seed: int, candidates: int) -> float:
        asked = recipe(seed=seed, candidates=candidates, limits=C_MAJOR)
        return compose(DiceEngine(), asked, Memories()).recipe.score.get("fit", 0.0)

    assert sum(total(seed, 8) for seed in range(40)) > sum(total(seed, 1) for seed in range(40))


def test_a_loop_that_continues_goes_on_from_what_the_model_remembers() -> None:
    engine, memories = DiceEngine(), Memories()
    line = Evolution(plan(then=("continue", "mutate"), candidates=3))
    answers: list[Composed] = []
    for _ in range(3):
        answer = compose(engine, line.next_recipe(), memories)
        assert answer.loop
        line.take(answer.recipe, answer.loop)
        answers.append(answer)
    first = answers[0].recipe
    assert engine.remembered == [None, f"{first.voice} {first.seed} {first.choice}".encode(), None]
    assert answers[0].loop
    assert engine.asked[1].before == answers[0].loop.notes


def test_a_memory_that_the_engine_cannot_use_is_forgotten_and_drawn_again() -> None:
    class Forgetful(DiceEngine):
        def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
            if memory is not None:
                raise ModelError("of an older version")
            return super().generate(recipe)

    memories = Memories()
    asked = recipe(operator="continue", past=(ContinuedPast(1, 1.0, 1, 0, 32),))
    assert asked.memory
    memories.keep(asked.memory, b"strange")
    assert compose(Forgetful(), asked, memories).loop
    assert memories.find(asked.memory) is None


def test_a_choice_that_was_made_stands_whatever_counts_today() -> None:
    answer = compose(DiceEngine(), recipe(candidates=8), Memories())
    other = next(n for n in range(8) if n != answer.recipe.choice)
    asked = replace(answer.recipe, choice=other)
    assert compose(DiceEngine(), asked, Memories()).recipe.choice == other


def test_a_likelihood_that_hardly_differs_hardly_counts() -> None:
    asked = recipe(bars=1, limits=C_MAJOR)
    strange, plain = melody(30, 61, 31, 63), melody(60, 62, 64, 65)
    assert kept(asked, Candidate(strange, -1.0), Candidate(plain, -1.000001)) == 1
    assert kept(asked, Candidate(strange, -0.1), Candidate(plain, -9.0)) == 0


def test_no_more_is_composed_for_an_answer_than_can_be_waited_for() -> None:
    for candidates, attempts in ((1, 6), (8, 3), (64, 1)):
        engine = DiceEngine(bad=[[]] * 6)
        compose(engine, recipe(candidates=candidates), Memories())
        assert len(engine.asked) == attempts


def test_a_reset_differs_from_the_loop_before_but_does_not_hear_it() -> None:
    loop = Loop(2, Metre(), melody(60, 62))
    asked = plan().recipe("reset", 3, 8, After(recipe(choice=0), loop))
    assert asked.before == loop.notes
    assert (asked.primer, asked.past, asked.memory) == ((), (), None)
