from __future__ import annotations

import pytest

from fakes.engine import DiceEngine
from fakes.recipes import recipe
from reverie.compose.choice import choose, distance, fit
from reverie.compose.composer import compose
from reverie.compose.engine import Candidate
from reverie.compose.guard import guard
from reverie.compose.line import After, Line
from reverie.compose.memories import Memories
from reverie.compose.recipe import Limits, Recipe
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

C_MAJOR = Limits(low=60, high=72, least=1, most=9, tonic=0, scale="major")


def melody(*pitches: int, step: int = 480) -> tuple[Note, ...]:
    return tuple(Note(number * step, step, pitch) for number, pitch in enumerate(pitches))


def kept(asked: Recipe, *answers: Candidate) -> int | None:
    guarded = [guard(asked, answer.notes) for answer in answers]
    found = choose(asked, guarded, [a.log_likelihood for a in answers], [a.notes for a in answers])
    return found and found[0]


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
    asked = recipe(limits=Limits(least=2, most=6))
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
    from fakes.recipes import plan

    engine, memories = DiceEngine(), Memories()
    line = Line(plan(then=("continue", "mutate"), candidates=3))
    for _ in range(3):
        answer = compose(engine, line.next_recipe(), memories)
        assert answer.loop
        line.take(answer.recipe.id, answer.loop, answer.memory)
    reset, carried, mutated = engine.remembered
    assert reset is None
    assert carried is not None
    first = engine.asked[0]
    assert carried.decode().startswith(f"{first.voice} {first.seed} ")
    assert mutated is None
    assert engine.asked[1].before == engine.asked[1].primer


def test_a_memory_that_is_gone_is_left_out_of_the_recipe() -> None:
    engine = DiceEngine()
    answer = compose(engine, recipe(operator="continue", memory="gone", primer=melody(60), primer_steps=4), Memories())
    assert engine.remembered == [None]
    assert answer.recipe.memory is None


def test_a_reset_differs_from_the_loop_before_but_does_not_hear_it() -> None:
    from fakes.recipes import plan

    loop = Loop(2, Metre(), melody(60, 62))
    asked = plan().recipe("reset", 3, 8, After("r", loop, "m"))
    assert asked.before == loop.notes
    assert (asked.primer, asked.memory) == ((), None)
