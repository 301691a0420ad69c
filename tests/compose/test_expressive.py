"""Performances as voices: by the published model under chords, and by small ones of every other configuration."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import networks, recipes
from fakes.data import data_folder
from reverie.compose.composer import compose
from reverie.compose.engines.expressive import ExpressiveEngine, _loudness, _NoteReader, _sounding, _Timing
from reverie.compose.engines.performance_unfolding import (
    FIRST_OFF,
    FIRST_SHIFT,
    FIRST_VELOCITY,
    PerformanceUnfolding,
)
from reverie.compose.operators.operator import After
from reverie.compose.performance_conditions import ToldPerformance, condition_of
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.told_chords import ToldChord, joined, part, told_harmony
from reverie.models.configs import CONFIGS
from reverie.models.encodings.performance import NOTE_OFF, NOTE_ON, TIME_SHIFT, VELOCITY, PerformanceEvent
from reverie.models.library.bundle import write_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notation import read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import SLIVER, TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

PRIMER = read_tune("[D3 A3 F4]:4 [E4 C4 A3]:4 [F4 D4 A3]:4 [G4 E4 C4]:4")
CHORDED = "chord_conditioned_performance"
OTHERS = [name for name, one in CONFIGS.items() if "performance" in one.kinds and name != CHORDED]
HARMONY = tuple(
    BarHarmony((ChordSpan(0, symbol, root, root, tones, (0, 2, 4, 5, 7, 9, 11)),))
    for symbol, root, tones in (("C", 0, (0, 4, 7)), ("Am", 9, (9, 0, 4)), ("G", 7, (7, 11, 2)))
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    source = data_folder("magenta-weights") / "performance_chords"
    folder = tmp_path_factory.mktemp("models")
    return read_model_file(import_model(source, folder, ImportRequest(config=CHORDED)).path)


@pytest.fixture(params=OTHERS)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> ModelFile:
    path = tmp_path / "small.safetensors"
    write_bundle(path, networks.bundle(request.param, (24,), 0))
    return read_model_file(path)


def loaded(model: ModelFile) -> ExpressiveEngine:
    made = ExpressiveEngine()
    made.load(model)
    return made


def asked(model: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "performance",
        "model": model.name,
        "model_hash": model.sha256,
        "candidates": 3,
        "primer": PRIMER.notes,
        "primer_steps": PRIMER.steps,
        "limits": LoopLimits(low=36, high=96, most=96, polyphony=10, velocity_low=20, velocity_high=120),
        "settings": {"qpm": 76.0, "pitches": "chord"},
        "harmony": HARMONY,
    }
    return under_chords(recipes.recipe(**(fields | changes)), model)


def under_chords(recipe: Recipe, model: ModelFile) -> Recipe:
    if not model.chords:
        return recipe
    primer = recipe.primer_steps // recipe.metre.bar_steps
    told = told_harmony((*HARMONY[:1] * primer, *recipe.harmony[: recipe.bars]), recipe.metre, model.chords)
    return replace(recipe, chords=told)


def after(recipe: Recipe, loop: Loop, model: ModelFile, seed: int) -> Recipe:
    told = After(recipe, loop).continued
    plain = replace(recipe, choice=None, score={}, events=(), seed=seed, operator="continue", span=0, chords=())
    plain = replace(plain, primer=told.primer, primer_steps=told.primer_steps, past=told.past)
    plain = replace(plain, span=model.counting.span(16) if not told.past else 0)
    return under_chords(plain, model)


def test_every_configuration_makes_the_same_loops_again_without_memories(small: ModelFile) -> None:
    first = compose(loaded(small), asked(small, span=small.counting.span(16)), Memories())
    assert first.loop is not None
    assert first.loop.notes
    memories = Memories()
    there = compose(loaded(small), after(first.recipe, first.loop, small, 2), memories)
    assert there.loop is not None
    again = compose(loaded(small), Recipe.from_json(json.loads(json.dumps(there.recipe.as_json()))), Memories())
    assert (again.loop, again.recipe.id) == (there.loop, there.recipe.id)
    third = after(there.recipe, there.loop, small, 3)
    assert bool(third.past) == (not small.counting.anew)
    assert compose(loaded(small), third, memories).loop == compose(loaded(small), third, Memories()).loop


def test_the_published_model_goes_on_over_chords_from_loop_to_loop(published: ModelFile) -> None:
    memories, sounding, recipe = Memories(), Counter[int](), asked(published, strictness=0.0)
    loops: list[Loop] = []
    for number in range(6):
        answer = compose(loaded(published), recipe, memories)
        assert answer.loop is not None
        loops.append(answer.loop)
        again = Recipe.from_json(json.loads(json.dumps(answer.recipe.as_json())))
        assert compose(loaded(published), again, Memories()).loop == answer.loop
        recipe = after(answer.recipe, answer.loop, published, 10 + number)
    for loop in loops:
        for note in loop.notes:
            tones = HARMONY[note.start // loop.metre.bar_ticks].spans[0].tones
            sounding[int(note.pitch % OCTAVE in tones)] += note.length
    assert sounding[1] > 0.5 * sounding.total()  # three of the seven notes of a scale are of its chord


def test_time_is_free_and_what_sounds_over_the_bar_line_is_tied(published: ModelFile) -> None:
    engine, recipe, loops = loaded(published), asked(published), list[Loop]()
    for number in range(6):
        answer = compose(engine, recipe, Memories())
        assert answer.loop is not None
        loops.append(answer.loop)
        recipe = after(answer.recipe, answer.loop, published, 20 + number)
    notes = [note for loop in loops for note in loop.notes]
    assert sum(note.start % TICKS_PER_STEP != 0 for note in notes) > len(notes) / 3
    assert len({note.velocity for note in notes}) > 4
    ties = [(note, before) for before, loop in pairwise(loops) for note in loop.notes if note.tied]
    assert ties
    for note, before in ties:
        assert note.start == 0
        assert any(one.end == before.ticks for one in before.notes)
    assert all(note.end <= loop.ticks for loop in loops for note in loop.notes)
    chains: dict[int, int] = {}
    for loop in loops:
        chains = {
            note.pitch: note.length + (chains.get(note.pitch, 0) if note.tied else 0)
            for note in loop.notes
            if note.end == loop.ticks
        }
        assert all(length / (960 * 1.0) < 5.5 for length in chains.values()), "a forgotten note ends, in whatever loop"


def test_a_hundredth_of_a_second_is_as_long_as_the_tempo_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    write_bundle(path, networks.bundle("performance_with_dynamics", (24,), 0))
    model = read_model_file(path)
    for qpm in (60.0, 100.0):
        tick = TICKS_PER_QUARTER * qpm / 6000
        wanted = asked(model, settings={"qpm": qpm}, harmony=(), limits=LoopLimits(polyphony=10))
        for one in loaded(model).generate(wanted):
            ends = wanted.steps * TICKS_PER_STEP
            places = [note.start / tick for note in one.notes] + [n.end / tick for n in one.notes if n.end < ends]
            assert one.notes
            assert all(abs(place - round(place)) <= 0.5 / tick + 1e-9 for place in places)


def test_a_voice_has_no_more_notes_at_a_time_than_it_says(small: ModelFile) -> None:
    wanted = asked(small, limits=LoopLimits(polyphony=3), harmony=())
    for one in loaded(small).generate(wanted):
        assert all(sum(n.start <= note.start < n.end for n in one.notes) <= 3 for note in one.notes)


def test_what_a_model_is_told_follows_chord_and_ramp() -> None:
    both = "multiconditioned_performance_with_dynamics"
    recipe = recipes.recipe(
        kind="performance", harmony=HARMONY, settings={"notes": 3.0, "pitches": "chord"}, density=2.0, metre=Metre()
    )
    condition, told = condition_of(both, recipe.metre), ToldPerformance.of(recipe)
    assert condition is not None
    first: Any = condition.at(told, "", 0)
    second: Any = condition.at(told, "", Metre().bar_ticks)
    assert first[0] == 6.0
    assert max(range(OCTAVE), key=lambda one: first[1][one]) == 0
    assert max(range(OCTAVE), key=lambda one: second[1][one]) == 9
    optional = condition_of(f"optional_{both}", recipe.metre)
    assert optional is not None
    off: Any = optional.at(ToldPerformance.of(replace(recipe, settings={"pitches": "free"})), "", 0)
    assert off[0] is True
    assert condition_of("performance", recipe.metre) is None


@pytest.mark.parametrize("qpm", range(40, 200, 3))
def test_what_sounds_at_the_end_of_a_loop_is_held_up_to_its_end_at_any_tempo(qpm: int) -> None:
    ticks, timing = 16 * TICKS_PER_QUARTER, _Timing(TICKS_PER_QUARTER * qpm / 6000)
    reader = _NoteReader(timing, ticks, 32, Metre(4, 4), 0, 0, int)
    events = [PerformanceEvent(NOTE_ON, 60), PerformanceEvent(TIME_SHIFT, timing.steps(ticks))]
    (note,) = reader.notes(events, {})
    assert (note.start, note.end) == (0, ticks)


def test_a_loop_goes_on_as_loud_as_the_one_before_ended() -> None:
    said = [PerformanceEvent(VELOCITY, 8), PerformanceEvent(NOTE_ON, 60), PerformanceEvent(TIME_SHIFT, 50)]
    loud = _loudness(said, 32)
    assert 0 < loud < 40
    reader = _NoteReader(_Timing(9.6), 960, 32, Metre(4, 4), 0, loud, int)
    struck = [PerformanceEvent(NOTE_ON, 64), PerformanceEvent(TIME_SHIFT, 50), PerformanceEvent(NOTE_OFF, 60)]
    notes = {note.pitch: note for note in reader.notes(struck, _sounding(said, 32))}
    assert notes[64].velocity == notes[60].velocity == loud
    assert notes[60].tied
    assert not notes[64].tied
    assert _loudness([], 32) == 0


def read_by(qpm: float, ticks: int, events: list[PerformanceEvent], held: dict[int, tuple[int, int]]) -> list[Note]:
    timing = _Timing(TICKS_PER_QUARTER * qpm / 6000)
    return [*_NoteReader(timing, ticks, 32, Metre(4, 4), 0, 0, int).notes(events, held)]


@pytest.mark.parametrize("qpm", range(40, 200, 7))
@pytest.mark.parametrize("late", [1, 3, 5, 20])
def test_no_sliver_of_a_note_stands_before_a_seam_and_its_rest_is_struck_after_it(qpm: int, late: int) -> None:
    ticks = 4 * TICKS_PER_QUARTER
    steps = _Timing(TICKS_PER_QUARTER * qpm / 6000).steps(ticks)
    events = [
        PerformanceEvent(TIME_SHIFT, steps - late),
        PerformanceEvent(NOTE_ON, 60),
        PerformanceEvent(TIME_SHIFT, late),
    ]
    before = read_by(qpm, ticks, events, {})
    goes_on = [PerformanceEvent(TIME_SHIFT, 1), PerformanceEvent(NOTE_OFF, 60)]
    (*_, after) = read_by(qpm, ticks, goes_on, _sounding(events, 32)) or [None]
    assert all(note.length >= SLIVER - qpm / 10 and note.end == ticks for note in before)
    assert all(note.start <= ticks - SLIVER + qpm / 10 for note in before)
    assert len(before) + (after is not None) == 1, "a note is heard once"
    assert after is None or (after.start, after.tied, after.length) == (0, False, SLIVER)


def test_no_note_grows_longer_from_turn_to_turn_or_from_loop_to_loop(small: ModelFile) -> None:
    recipe = asked(small, bars=1, settings={"qpm": 150.0}, harmony=(), temperature=0.9)
    tied = 0
    for number in range(5):
        answer = compose(loaded(small), recipe, Memories())
        assert answer.loop is not None
        for note in answer.loop.notes:
            tied += note.tied
            assert not note.tied or note.end < answer.loop.ticks
        recipe = after(answer.recipe, answer.loop, small, 40 + number)
    assert tied


def test_a_forgotten_note_ends_after_five_seconds_to_the_hundredth() -> None:
    unfolding = PerformanceUnfolding(1, 1000, 32, sounding={}, at_most=4)
    unfolding.happen([PerformanceEvent(NOTE_ON, 60)])
    alike = np.full((388, 1), 1 / 388, np.float32)
    for shift in [100] * 4 + [95]:
        assert unfolding.bias([alike])[FIRST_SHIFT + shift - 1, 0] > -np.inf
        unfolding.happen([PerformanceEvent(TIME_SHIFT, shift)])
    bias = unfolding.bias([alike])[FIRST_SHIFT:FIRST_VELOCITY, 0]
    assert (np.flatnonzero(bias > -np.inf) + 1).max() == 5
    unfolding.happen([PerformanceEvent(TIME_SHIFT, 5)])
    (only,) = np.flatnonzero(unfolding.mask()[:, 0])
    assert only == FIRST_OFF + 60


def test_a_note_lasts_a_twentieth_of_a_second() -> None:
    unfolding = PerformanceUnfolding(1, 1000, 32, sounding={}, at_most=4)
    unfolding.happen([PerformanceEvent(NOTE_ON, 60)])
    assert not unfolding.mask()[FIRST_OFF + 60, 0]
    unfolding.happen([PerformanceEvent(TIME_SHIFT, 4)])
    assert not unfolding.mask()[FIRST_OFF + 60, 0]
    unfolding.happen([PerformanceEvent(TIME_SHIFT, 1)])
    assert unfolding.mask()[FIRST_OFF + 60, 0]


def test_a_loop_is_made_again_though_the_tempo_the_harmony_and_what_is_wanted_have_moved_since(
    small: ModelFile,
) -> None:
    def moved(recipe: Recipe, number: int) -> Recipe:
        settings = {"qpm": 76.0 + 17 * number, "pitches": "chord", "notes": 2.0 + 5 * number}
        return under_chords(replace(recipe, settings=settings, harmony=HARMONY[number % 2 :][:2] * 2), small)

    memories = Memories()
    asked_first = asked(small, bars=3, span=small.counting.span(16), harmony=HARMONY[:2] * 2)
    answer = compose(loaded(small), moved(asked_first, 0), memories)
    assert answer.loop is not None
    half = After(answer.recipe, answer.loop).first_half
    mutated = replace(asked_first, operator="mutate", primer=half.primer, primer_steps=half.primer_steps)
    answer = compose(loaded(small), moved(mutated, 1), memories)
    for number in range(2, 4):
        assert answer.loop is not None
        answer = compose(loaded(small), moved(after(answer.recipe, answer.loop, small, number), number), memories)
        kept = Recipe.from_json(json.loads(json.dumps(answer.recipe.as_json())))
        again = compose(loaded(small), kept, Memories())
        assert (again.loop, again.recipe.id) == (answer.loop, answer.recipe.id)
        assert remembered(small, kept, memories) == remembered(small, kept, Memories())


def remembered(model: ModelFile, recipe: Recipe, memories: Memories) -> list[bytes | None]:
    """What the model remembers of each candidate, whose notes may be the same although it has heard something else."""
    memory = memories.find(recipe.memory) if recipe.memory else None
    return [one.memory() if one.memory else None for one in loaded(model).generate(recipe, memory)]


def test_what_a_loop_was_told_stands_before_its_events_and_what_an_older_version_kept_has_none() -> None:
    settings = {"qpm": 76.125, "pitches": "chord", "notes": 2.5}
    told = ToldPerformance.of(recipes.recipe(kind="performance", harmony=HARMONY, settings=settings))
    assert told.qpm == 76.125
    assert len(told.favoured) == 3
    assert all(number < 0 for number in told.numbers)
    assert ToldPerformance.read((*told.numbers, 60, 300)) == told
    assert ToldPerformance.read((60, 300)) is None


def test_a_model_under_chords_hears_its_half_of_a_changed_loop_at_its_place_in_the_bar(tmp_path: Path) -> None:
    path = tmp_path / "small.safetensors"
    write_bundle(path, networks.bundle(CHORDED, (24,), 0))
    model, memories = read_model_file(path), Memories()

    def over_chords(recipe: Recipe, before: Recipe | None = None) -> Recipe:
        loop = told_harmony(recipe.harmony[:3], recipe.metre, model.chords)
        primer = part(before.chords, 0, recipe.primer_steps) if before else (ToldChord("C", recipe.primer_steps),)
        return replace(recipe, chords=joined(loop if recipe.keeps_primer else (*primer, *loop)))

    plain = replace(asked(model, bars=3, primer=(), primer_steps=0, harmony=HARMONY + HARMONY[:1]), span=0, chords=())
    first = compose(loaded(model), over_chords(plain), memories)
    assert first.loop is not None
    half = After(first.recipe, first.loop).first_half
    assert half.primer_steps % 16 == 8
    changed = replace(plain, operator="mutate", primer=half.primer, primer_steps=half.primer_steps)
    mutated = compose(loaded(model), over_chords(changed), memories)
    assert mutated.loop is not None
    told = After(mutated.recipe, mutated.loop).continued
    assert told.past
    goes_on = replace(plain, operator="continue", primer=told.primer, primer_steps=told.primer_steps, past=told.past)
    wanted = over_chords(goes_on, mutated.recipe)
    assert wanted.memory
    assert memories.find(wanted.memory)
    assert remembered(model, wanted, memories) == remembered(model, wanted, Memories())
