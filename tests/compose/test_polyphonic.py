"""Voices of several notes at a time, by the shipped model: what they are told, and where their notes fall."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import reverie
from fakes import recipes
from reverie.compose.composer import compose
from reverie.compose.engines.polyphonic import PolyphonicEngine
from reverie.compose.engines.voices_unfolding import VoicesUnfolding
from reverie.compose.operators.operator import After
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.state_cache import Memories
from reverie.compose.written_line import played_line
from reverie.models.encodings.polyphony import Kind, PolyphonicEvent
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notation import read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
PRIMER = read_tune("[C4 E4 G4 C5]:4 [D4 F4 A4]:4 [E4 G4 C5]:4 [D4 G4 B4]:4")
WHITE = (0, 2, 4, 5, 7, 9, 11)
HARMONY = tuple(
    BarHarmony((ChordSpan(0, symbol, root, root, tones, WHITE),))
    for symbol, root, tones in (("C", 0, (0, 4, 7)), ("F", 5, (5, 9, 0)), ("G", 7, (7, 11, 2)))
)


@pytest.fixture(scope="module")
def shipped() -> ModelFile:
    return read_model_file(SHIPPED / "polyphony.safetensors")


@pytest.fixture(scope="module")
def engine(shipped: ModelFile) -> PolyphonicEngine:
    return loaded(shipped)


def loaded(model: ModelFile) -> PolyphonicEngine:
    made = PolyphonicEngine()
    made.load(model)
    return made


def asked(model: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "polyphony",
        "model": model.name,
        "model_hash": model.sha256,
        "candidates": 4,
        "primer": PRIMER.notes,
        "primer_steps": PRIMER.steps,
        "limits": LoopLimits(low=40, high=84, polyphony=4, most=48),
        "settings": {"beat": 1.0},
    }
    return recipes.recipe(**(fields | changes))


def continued(engine: PolyphonicEngine, first: Recipe, loops: int) -> list[tuple[Recipe, Loop]]:
    """Loops that go on from each other, the memory of each thrown away."""
    made: list[tuple[Recipe, Loop]] = []
    wanted = first
    for number in range(loops):
        answer = compose(engine, wanted, Memories())
        assert answer.loop is not None
        made.append((answer.recipe, answer.loop))
        told = OPERATORS["continue"].told(After(*made[-1]).told, After(*made[-1]))
        plain = replace(first, operator="continue", seed=100 + number, before=answer.loop.notes)
        wanted = replace(plain, primer=told.primer, primer_steps=told.primer_steps, past=told.past)
    return made


def at_once(notes: tuple[Note, ...]) -> int:
    return max(sum(one.start <= note.start < one.end for one in notes) for note in notes)


def on_quarters(loops: list[tuple[Recipe, Loop]]) -> float:
    begun = [note for _, loop in loops for note in loop.notes if not note.tied]
    return sum(note.start % TICKS_PER_QUARTER == 0 for note in begun) / len(begun)


def test_a_recipe_makes_the_same_loop_after_json_in_a_new_engine_and_without_memories(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    memories = Memories()
    first = compose(engine, asked(shipped), memories)
    assert first.loop is not None
    told = After(first.recipe, first.loop).continued
    assert told.past
    wanted = replace(asked(shipped), operator="continue", seed=2, primer=told.primer, past=told.past)
    there = compose(engine, wanted, memories)
    assert there.loop is not None
    assert wanted.memory
    assert memories.find(wanted.memory)
    again = compose(loaded(shipped), Recipe.from_json(json.loads(json.dumps(there.recipe.as_json()))), Memories())
    assert (again.loop, again.recipe.id) == (there.loop, there.recipe.id)


def test_the_model_itself_keeps_to_the_number_of_voices(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    for most in (1, 3, 6):
        limits = LoopLimits(low=40, high=84, polyphony=most)
        answers = engine.generate(asked(shipped, limits=limits, temperature=1.3))
        assert max(at_once(one.notes) for one in answers) == most or most > 5
        assert all(at_once(one.notes) <= most for one in answers)


def test_notes_fall_on_beats_as_in_real_music_however_long_the_model_plays_on(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    def played(**changes: Any) -> list[tuple[Recipe, Loop]]:
        return [one for seed in (1, 2) for one in continued(engine, asked(shipped, seed=seed, **changes), 8)[3:]]

    steered, free = played(temperature=1.15), played(temperature=1.15, settings={})
    assert 0.5 < on_quarters(steered) < 0.9
    assert on_quarters(steered) > on_quarters(free) + 0.15


def test_what_sounds_at_the_end_of_a_loop_goes_on_by_a_tie(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    lines = [[loop for _, loop in continued(engine, asked(shipped, bars=1, seed=seed), 8)] for seed in range(6)]
    tied = [
        (note, before)
        for loops in lines
        for before, after in pairwise(loops)
        for note in after.notes
        if note.tied and note.start == 0
    ]
    assert len(tied) > 5
    for note, before in tied:
        assert any(one.pitch == note.pitch and one.end == before.ticks for one in before.notes)


def test_notes_have_lengths_of_their_own_on_sixteenths(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    notes = [note for one in engine.generate(asked(shipped)) for note in one.notes]
    assert all(note.start % TICKS_PER_STEP == note.length % TICKS_PER_STEP == 0 for note in notes)
    assert len({note.length for note in notes}) > 4


def test_mutating_keeps_the_first_half(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    [(first, loop)] = continued(engine, asked(shipped), 1)
    half = OPERATORS["mutate"].told(After(first, loop).told, After(first, loop))
    wanted = replace(asked(shipped), operator="mutate", primer=half.primer, primer_steps=half.primer_steps, seed=9)
    changed = compose(engine, wanted, Memories()).loop
    assert changed is not None
    middle = loop.ticks // 2

    def begun(one: Loop) -> set[tuple[int, int]]:
        return {(note.start, note.pitch) for note in one.notes if note.start < middle}

    assert begun(changed) == begun(loop)
    assert changed != loop


def test_harmony_that_binds_is_drawn_and_not_mended(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    bound = asked(shipped, harmony=HARMONY, strictness=1.0, candidates=8)
    notes = [note for one in engine.generate(bound) for note in one.notes if not note.tied]
    strong = [note for note in notes if note.start % (2 * TICKS_PER_QUARTER) == 0]
    tones = [HARMONY[note.start // Metre().bar_ticks].spans[0].tones for note in strong]
    assert len(strong) > 20
    assert all(note.pitch % OCTAVE in tone for note, tone in zip(strong, tones, strict=True))


def test_without_a_primer_the_model_begins_from_nothing(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    [first, *_] = engine.generate(asked(shipped, primer=(), primer_steps=0))
    [told, *_] = engine.generate(asked(shipped))
    assert first.notes
    assert first.notes != told.notes


def test_a_written_line_is_played_as_it_stands_and_others_are_added(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    line = "C5 - - - E5 - - - D5 - - - G4 - - -"
    written = {(note.start + bar * 1920, note.length, note.pitch) for bar in (0, 1) for note in read_tune(line).notes}
    for one in engine.generate(asked(shipped, settings={"beat": 1.0, "line": line})):
        notes = {(note.start, note.length, note.pitch) for note in one.notes}
        assert written <= notes
        assert notes - written


def test_a_written_line_stays_as_it_is_off_the_grid_and_over_other_chords(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    line = "F#5:4 .:4 (F#5 G#5 A5):4 .:2 A#4:2"
    recipe = asked(shipped, settings={"beat": 1.0, "line": line}, harmony=HARMONY, strictness=1.0)
    written = {(note.start, note.length, note.pitch) for note in played_line(recipe)}
    assert {length for _, length, _ in written} == {480, 160, 240}
    made = compose(engine, recipe, Memories())
    assert made.loop is not None
    notes = {(note.start, note.length, note.pitch) for note in made.loop.notes}
    assert written <= notes
    assert all(pitch % OCTAVE in WHITE for _, _, pitch in notes - written)


def test_what_another_voice_plays_is_heard_and_left_to_it(shipped: ModelFile, engine: PolyphonicEngine) -> None:
    def under(text: str) -> tuple[Note, ...]:
        loop = Loop(1, Metre(), read_tune(text).notes)
        heard = HeardLoop("lead", loop.content_hash, 0, 2, 0)
        relation = Relation("accompany", "lead")
        wanted = asked(shipped, relations=(relation,), heard=(heard,), loops={loop.content_hash: loop}, primer=())
        return engine.generate(wanted)[0].notes

    high, other = under("C6:8 D6:8"), under("F#6:8 C#6:8")
    assert high
    assert high != other


def beside_a_lead(shipped: ModelFile, lead: Loop) -> Recipe:
    """A bar under what another voice plays."""
    heard = HeardLoop("lead", lead.content_hash, 0, 1, 0)
    relation = Relation("accompany", "lead")
    return asked(shipped, relations=(relation,), heard=(heard,), loops={lead.content_hash: lead}, bars=1)


def test_the_last_note_of_the_voice_that_is_accompanied_is_not_held_as_ones_own(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    lead = Loop(1, Metre(), read_tune("C6 - - - B5 - - - A5 - - - C4 - - -").notes)
    beside = beside_a_lead(shipped, lead)
    held, strange = 0, set[int]()
    for seed in range(8):
        answer = compose(engine, replace(beside, seed=seed), Memories())
        assert answer.loop is not None
        past = After(answer.recipe, answer.loop).continued.past
        assert past
        assert answer.recipe.choice is not None
        before = engine.generate(answer.recipe)[answer.recipe.choice].notes
        sounding = {note.pitch for note in before if note.end == lead.ticks}
        wanted = replace(beside, operator="continue", seed=50 + seed, past=past, candidates=24, temperature=1.2)
        tied = {note.pitch for one in engine.generate(wanted) for note in one.notes if note.tied}
        held += len(tied)
        strange |= tied - sounding
    assert held
    assert not strange


def test_a_loop_beside_another_voice_is_made_again_without_memories(
    shipped: ModelFile, engine: PolyphonicEngine
) -> None:
    lead = Loop(1, Metre(), read_tune("E5 - - - G5 - - - C6 - - - D5 - - -").notes)
    beside = beside_a_lead(shipped, lead)
    memories = Memories()
    first = compose(engine, beside, memories)
    assert first.loop is not None
    wanted = replace(beside, operator="continue", seed=2, past=After(first.recipe, first.loop).continued.past)
    assert wanted.memory
    assert memories.find(wanted.memory)
    assert compose(engine, wanted, memories).loop == compose(engine, wanted, Memories()).loop


def test_a_given_line_says_nothing_of_how_likely_a_passage_is() -> None:
    new = PolyphonicEvent(Kind.NEW_NOTE, 72)
    unfolding = VoicesUnfolding(2, 1, line=((new,),), counts_line=False)
    assert not any(unfolding.counts(row, new) for row in (0, 1))
    unfolding.happen([new, new])
    own = PolyphonicEvent(Kind.NEW_NOTE, 60)
    assert all(unfolding.counts(row, own) for row in (0, 1))
