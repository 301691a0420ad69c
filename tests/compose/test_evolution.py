from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.engine import BrokenEngine, DiceEngine
from fakes.recipes import plan, recipe
from reverie.compose.arrangement import Arrangement
from reverie.compose.composer import ATTEMPTS, Composed, compose
from reverie.compose.ensemble import Ensemble
from reverie.compose.evolution import Evolution
from reverie.compose.operators.operator import LONGEST_PAST
from reverie.compose.placement import Placement
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.music.notes import Loop, Note
from reverie.music.time import Tempo
from reverie.play.messages import Part


def play(line: Evolution, engine: DiceEngine, loops: int) -> list[Placement]:
    placements: list[Placement] = []
    for _ in range(loops):
        if line.holds:
            placements.append(line.again())
            continue
        answer = compose(engine, line.next_recipe(), Memories())
        assert answer.loop
        placements.append(line.take(answer.recipe, answer.loop))
    return placements


def test_the_first_loop_is_a_reset_and_then_the_operators_take_turns() -> None:
    engine = DiceEngine()
    play(Evolution(plan(then=("continue", "loop", "mutate"))), engine, 8)
    assert [asked.operator for asked in engine.asked] == [
        "reset", "continue", "mutate", "continue", "mutate", "continue",
    ]  # fmt: skip


def test_placements_follow_each_other_without_a_gap() -> None:
    placements = play(Evolution(plan(bars=2, hold=3)), DiceEngine(), 5)
    assert [(p.start_bar, p.end_bar) for p in placements] == [(0, 6), (6, 12), (12, 18), (18, 24), (24, 30)]


def test_mutate_hears_the_first_half_of_the_last_loop() -> None:
    engine = DiceEngine()
    placements = play(Evolution(plan(then=("continue", "mutate"))), engine, 3)
    assert engine.asked[2].primer_steps == 16
    half = 16 * 120
    assert [n for n in placements[2].loop.notes if n.start < half] == [
        n for n in placements[1].loop.notes if n.start < half
    ]


def test_continue_goes_on_from_all_since_the_primer_and_what_came_of_it() -> None:
    primer = (Note(0, 480, 62),)
    engine = DiceEngine()
    play(Evolution(plan(primer=primer, primer_steps=4, candidates=3)), engine, 4)
    assert [asked.primer for asked in engine.asked] == [primer] * 4
    assert [len(asked.past) for asked in engine.asked] == [0, 1, 2, 3]
    last = engine.asked[-1].past
    assert [past.seed for past in last] == [asked.seed for asked in engine.asked[:-1]]
    assert all(past.candidates == 3 and past.choice in range(3) and past.steps == 32 for past in last)


def test_a_long_passage_begins_anew_with_its_last_loop_so_that_recipes_stay_short() -> None:
    engine = DiceEngine()
    placements = play(Evolution(plan()), engine, 2 * LONGEST_PAST + 4)
    lengths = [len(asked.past) for asked in engine.asked]
    assert lengths == [*range(LONGEST_PAST + 1), *range(LONGEST_PAST + 1), 0, 1]
    anew = engine.asked[LONGEST_PAST + 1]
    assert (anew.primer, anew.primer_steps) == (placements[LONGEST_PAST].loop.notes, 32)


def test_what_is_remembered_after_a_loop_is_what_the_next_goes_on_from() -> None:
    engine, memories = DiceEngine(), Memories()
    line = Evolution(plan(candidates=2))
    first = compose(engine, line.next_recipe(), memories)
    assert first.loop
    line.take(first.recipe, first.loop)
    assert line.next_recipe().memory == first.recipe.memory_after
    assert first.recipe.memory is None


def test_a_reset_hears_the_scene_s_primer() -> None:
    primer = (Note(0, 480, 62),)
    engine = DiceEngine()
    play(Evolution(plan(primer=primer, primer_steps=4, then=("continue", "reset"))), engine, 3)
    assert [asked.primer for asked in engine.asked][::2] == [primer, primer]


def test_the_same_seed_gives_the_same_line_and_another_seed_another() -> None:
    def music(seed: int) -> list[Placement]:
        return play(Evolution(plan(seed=seed, then=("continue", "mutate", "reset"))), DiceEngine(), 6)

    assert music(5) == music(5)
    assert music(5) != music(6)


def test_temperature_is_read_at_the_bar_where_the_loop_will_start() -> None:
    engine = DiceEngine()
    play(Evolution(plan(hold=2, bars=2, temperature=lambda bar: 1 + bar / 100)), engine, 3)
    assert [asked.temperature for asked in engine.asked] == [1.0, 1.04, 1.08]


def test_a_loop_that_opens_is_no_step_of_the_evolution() -> None:
    line = Evolution(plan())
    opening = line.open_with("kept", Loop(1, plan().metre, (Note(0, 10, 60),)))
    assert (opening.start_bar, opening.end_bar) == (0, 1)
    assert line.next_step() == "reset"
    assert line.end_bar == 1


def test_where_nothing_could_be_composed_the_last_loop_is_held_and_the_next_seed_is_another() -> None:
    line = Evolution(plan())
    assert line.skip() is None
    seed = line.next_recipe().seed
    assert seed != Evolution(plan()).next_recipe().seed
    [placement] = play(line, DiceEngine(), 1)
    held = line.skip()
    assert held
    assert held.loop == placement.loop
    assert held.start_bar == placement.end_bar


def test_refused_loops_are_counted_by_reason_and_tried_again() -> None:
    engine = DiceEngine(bad=[[], [Note(0, 10, 60)] * 7])
    answer = compose(engine, recipe(limits=LoopLimits(least=1)), Memories())
    assert answer.loop
    assert answer.refused == {"empty": 1, "sparse": 1}
    assert len({asked.seed for asked in engine.asked}) == 3


def test_composing_an_answer_s_recipe_again_gives_the_same_loop_at_once() -> None:
    answer = compose(DiceEngine(bad=[[]]), recipe(), Memories())
    engine = DiceEngine()
    assert compose(engine, answer.recipe, Memories()).loop == answer.loop
    assert len(engine.asked) == 1


def test_a_model_that_only_says_nonsense_gives_no_loop() -> None:
    answer = compose(DiceEngine(bad=[[]] * ATTEMPTS), recipe(), Memories())
    assert answer.loop is None
    assert answer.refused == {"empty": ATTEMPTS}


def test_a_broken_model_is_an_error_and_no_refusal() -> None:
    with pytest.raises(ModelError, match="broken"):
        compose(BrokenEngine(), recipe(), Memories())


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 3), st.sampled_from(["reset", "continue", "mutate"]))
def test_a_recipe_survives_the_wire_to_the_byte(seed: int, temperature: float, operator: str) -> None:
    original = recipe(seed=seed, temperature=temperature, operator=operator, primer=(Note(0, 9, 60),))
    again = Recipe.from_json(original.as_json())
    assert again == original
    assert again.id == original.id
    assert replace(original, seed=seed ^ 1).id != original.id


def test_an_answer_survives_the_wire() -> None:
    answer = compose(DiceEngine(), recipe(), Memories())
    assert Composed.from_json(answer.as_json()) == answer


def crowded(seed: int) -> list[Note]:
    return [Note(120 * place, 120, 50 + (place + seed) % 7) for place in range(32)]


def test_a_voice_whose_model_is_always_too_dense_gets_new_loops_all_the_same() -> None:
    asked = recipe(limits=LoopLimits(least=1, most=2))
    answer = compose(DiceEngine(bad=[crowded(0)] * ATTEMPTS), asked, Memories())
    assert answer.loop
    assert answer.refused == {"dense": ATTEMPTS}
    assert len(answer.loop.notes) == 4
    assert answer.clipped["density"] == 28


def test_a_loop_that_was_thinned_out_is_made_again_at_once_from_its_recipe() -> None:
    answer = compose(DiceEngine(bad=[crowded(0)] * ATTEMPTS), recipe(limits=LoopLimits(least=1, most=2)), Memories())
    engine = DiceEngine(bad=[crowded(0)])
    assert compose(engine, Recipe.from_json(answer.recipe.as_json()), Memories()).loop == answer.loop
    assert len(engine.asked) == 1


def test_a_loop_that_is_the_one_before_once_more_is_the_last_resort() -> None:
    same = [Note(480 * place, 480, 60 + place) for place in range(8)]
    before = compose(DiceEngine(bad=[same]), recipe(), Memories()).loop
    assert before
    asked = recipe(before=before.notes, novelty=(0.1, 0.95))
    engine = DiceEngine(bad=[same, same])
    another = compose(engine, asked, Memories())
    assert another.loop
    assert another.loop.notes != before.notes
    stuck = compose(DiceEngine(bad=[same] * ATTEMPTS), asked, Memories())
    assert stuck.loop == before
    assert stuck.is_the_loop_before
    allowed = compose(DiceEngine(bad=[same]), replace(asked, novelty=(0.0, 1.0)), Memories())
    assert allowed.loop == before


def test_a_line_that_leads_nowhere_begins_with_its_primer_again() -> None:
    line = Evolution(plan(then=("continue",)))
    play(line, DiceEngine(), 2)
    assert line.next_step() == "continue"
    line.skip()
    assert line.next_step() == "continue"
    line.skip()
    assert line.next_step() == "reset"
    play(line, DiceEngine(), 1)
    assert line.next_step() == "continue"


def test_equal_seeds_in_two_scenes_or_two_voices_are_different_music() -> None:
    seeds = {
        Evolution(plan(scene=scene, voice=voice, seed=seed)).next_recipe().seed
        for scene in ("dusk", "dawn")
        for voice in ("lead", "bass")
        for seed in (1, 2)
    }
    assert len(seeds) == 8
    openings = {play(Evolution(plan(scene=scene)), DiceEngine(), 1)[0].loop for scene in ("dusk", "dawn", "noon")}
    assert len(openings) == 3


RIFF = (Note(0, 240, 61, 100), Note(960, 160, 50, 120), Note(1120, 160, 51, 40))


def test_what_is_written_is_the_same_whenever_and_however_it_is_made() -> None:
    line = Evolution(plan(primer=RIFF, primer_steps=16, bars=2, first="written", then=("continue", "written")))
    placed = play(line, DiceEngine(), 5)
    first, back = placed[0], placed[2]
    assert (first.recipe, first.loop) == (back.recipe, back.loop)
    assert [(note.start % 1920, note.length, note.pitch) for note in first.loop.notes] == [
        (note.start, note.length, note.pitch) for note in (*RIFF, *RIFF)
    ]
    made_by = first.made_by
    assert made_by
    again = compose(BrokenEngine(), Recipe.from_json(made_by.as_json()), Memories())
    assert (again.recipe.id, again.loop) == (first.recipe, first.loop)


def test_a_primer_is_repeated_until_the_loop_is_full_by_bars_where_it_does_not_go_into_it() -> None:
    def starts(steps: int) -> list[int]:
        line = Evolution(plan(primer=(Note(0, 120, 61),), primer_steps=steps, bars=2, first="written"))
        return [note.start for note in play(line, DiceEngine(), 1)[0].loop.notes]

    assert starts(8) == [0, 960, 1920, 2880]
    assert starts(5) == [0, 1920]
    assert starts(32) == [0]


def test_written_dynamics_are_kept_or_follow_marks_and_metre() -> None:
    limits = LoopLimits(low=60, high=60, scale="major", velocity_low=40, velocity_high=100)

    def velocities(primer: tuple[Note, ...], dynamics: str = "marks") -> list[int]:
        asked = recipe(operator="written", primer=primer, primer_steps=16, bars=1, limits=limits)
        answer = compose(DiceEngine(), replace(asked, settings={"dynamics": dynamics}), Memories())
        assert answer.loop
        assert [note.pitch for note in answer.loop.notes] == [note.pitch for note in primer], "no guard bends them"
        return [note.velocity for note in answer.loop.notes]

    beats = tuple(Note(240 * place, 240, 50 + place) for place in range(4))
    assert velocities(beats) == [100, 61, 82, 61]
    assert velocities(RIFF) == [85, 100, 40]
    assert velocities((Note(0, 9, 1, 3), Note(1, 9, 99, 127)), "velocities") == [3, 127]


def test_a_voice_without_a_model_needs_no_answer_and_cannot_be_mutated() -> None:
    literal = plan(primer=RIFF, primer_steps=16, bars=1, first="written", then=("loop",), model="")
    parts = {"lead": Part("lead", "main", 1)}
    ensemble = Ensemble(Arrangement("test", literal.metre, Tempo(), {"lead": literal}, parts), 1, {})
    assert literal.literal
    heard: list[Loop] = [place.loop for place in ensemble.opening()]
    for bar in range(40):
        if bar == 9:
            ensemble.evolve("lead", "mutate")
        places, asked = ensemble.fill()
        assert not asked
        heard += [place.loop for place in places]
        ensemble.played(bar)
    assert len(heard) > 9
    assert len(set(heard)) == 1


@pytest.mark.parametrize("voice", [{"then": ("loop",), "model": ""}, {"then": ("continue", "written")}])
def test_a_riff_that_is_changed_while_it_plays_is_heard_to_the_end_of_its_turn(voice: dict[str, object]) -> None:
    written = plan(primer=RIFF, primer_steps=64, bars=4, hold=8, first="written", **voice)
    changed = replace(written, scene_hash="changed", primer=tuple(replace(note, pitch=70) for note in RIFF))
    parts = {"lead": Part("lead", "main", 1)}
    before = Ensemble(Arrangement("test", written.metre, Tempo(), {"lead": written}, parts), 1, {})
    before.opening()
    for bar in range(6):
        before.fill()
        before.played(bar)
    after = before.succeeded_by(Arrangement("test", changed.metre, Tempo(), {"lead": changed}, parts), 2, {})
    places = [*after.opening(), *after.fill()[0]]
    heard = {place.start_bar: {note.pitch for note in place.loop.notes} for place in places}
    assert heard[4] == {note.pitch for note in RIFF}, "the turn that sounds in bar 6"
    assert heard[8] == {70}
