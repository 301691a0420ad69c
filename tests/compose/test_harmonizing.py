"""Four parts to a line, by a Coconet of random weights: what is given, what is played, and what steers it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import recipes
from fakes.coconet import coconet_bundle, random_variables
from reverie.compose.composer import compose
from reverie.compose.engines.given_parts import GivenParts
from reverie.compose.engines.harmonizing import MOST_CANDIDATES, HarmonizingEngine
from reverie.compose.operators.fit_to_chords import fitted
from reverie.compose.operators.operator import After, ModelInput
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.state_cache import Memories
from reverie.compose.written_line import beside_line, played_line
from reverie.models.coconet.design import CoconetDesign
from reverie.models.errors import ModelError
from reverie.models.library.bundle import write_bundle
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.harmony import BarHarmony, ChordSpan
from reverie.music.notation import read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

WHITE = (0, 2, 4, 5, 7, 9, 11)
HARMONY = tuple(
    BarHarmony((ChordSpan(0, symbol, root, root, tones, WHITE),))
    for symbol, root, tones in (("C", 0, (0, 4, 7)), ("F", 5, (5, 9, 0)), ("G", 7, (7, 11, 2)))
)
LINE = "C5 - - - E5 - - - G5 - - - E5 - - -"
TUNE = Loop(2, Metre(), tuple(read_tune(f"{LINE} F5 - - - A5 - - - C6 - - - A5 - - -").notes))
BAR = Metre().bar_ticks


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    design = CoconetDesign(lowest=36, pitches=49, steps_per_quarter=2, span=16)
    path = tmp_path_factory.mktemp("models") / "four.safetensors"
    write_bundle(path, coconet_bundle(design, random_variables(layers=5, filters=6)))
    return read_model_file(path)


@pytest.fixture(scope="module")
def engine(model: ModelFile) -> HarmonizingEngine:
    made = HarmonizingEngine()
    made.load(model)
    return made


def asked(model: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "harmonize",
        "model": model.name,
        "model_hash": model.sha256,
        "candidates": 2,
        "bars": 2,
        "primer": (),
        "primer_steps": 0,
        "limits": LoopLimits(low=40, high=81, polyphony=4, most=64, scale="major"),
        "settings": {"given": "soprano", "passes": 8.0, "shortest": 2.0, "struck": "chords", "line": LINE},
    }
    return recipes.recipe(**(fields | changes))


def accompanying(model: ModelFile, **changes: Any) -> Recipe:
    settings = {"given": "soprano", "passes": 8.0, "shortest": 2.0, "struck": "chords", **changes.pop("settings", {})}
    return asked(
        model,
        settings=settings,
        relations=(Relation("accompany", "tune"),),
        heard=(HeardLoop("tune", TUNE.content_hash, 0, 2, 0),),
        loops={TUNE.content_hash: TUNE},
        **changes,
    )


def sounding(notes: tuple[Note, ...], tick: int) -> list[int]:
    return sorted(note.pitch for note in notes if note.start <= tick < note.end)


def test_a_written_line_is_played_with_three_parts_below_it(model: ModelFile, engine: HarmonizingEngine) -> None:
    for one in engine.generate(asked(model)):
        for tick in range(0, 2 * BAR, 2 * TICKS_PER_STEP):
            top = (72, 76, 79, 76)[tick % BAR // TICKS_PER_QUARTER]
            there = sounding(one.notes, tick)
            assert top in there
            assert 2 <= len(there) <= 4
            assert max(there) <= 81


def test_of_another_voices_line_only_what_is_added_sounds(model: ModelFile, engine: HarmonizingEngine) -> None:
    answers = engine.generate(accompanying(model))
    assert all(len(sounding(one.notes, tick)) <= 3 for one in answers for tick in range(0, 2 * BAR, TICKS_PER_STEP))
    named = engine.generate(accompanying(model, settings={"parts": "alto bass"}))
    assert max(len(sounding(one.notes, tick)) for one in named for tick in range(0, 2 * BAR, TICKS_PER_STEP)) == 2
    whole = engine.generate(accompanying(model, settings={"parts": "soprano alto tenor bass"}))
    heard = [sounding(TUNE.notes, tick) for tick in range(0, 2 * BAR, 2 * TICKS_PER_STEP)]
    played = [sounding(whole[0].notes, tick) for tick in range(0, 2 * BAR, 2 * TICKS_PER_STEP)]
    assert all(set(line) <= set(there) for line, there in zip(heard, played, strict=True))


def test_parts_lie_in_the_register_below_each_other(model: ModelFile, engine: HarmonizingEngine) -> None:
    limits = LoopLimits(low=48, high=67, polyphony=4, most=64)
    answers = engine.generate(accompanying(model, limits=limits, settings={"passes": 24.0}, candidates=4))
    assert all(48 <= note.pitch <= 67 for one in answers for note in one.notes)
    above = {given: _above_g3(engine, model, given) for given in ("soprano", "bass")}
    assert above["soprano"] < 0.2
    assert above["bass"] > 0.8


def _above_g3(engine: HarmonizingEngine, model: ModelFile, given: str) -> float:
    """The share of added notes that lie above a line that stays on one pitch."""
    recipe = asked(model, settings={"given": given, "passes": 24.0, "line": "G3 - - -", "parts": "alto tenor"})
    notes = [note for one in engine.generate(recipe) for note in one.notes]
    return sum(note.pitch > 55 for note in notes) / len(notes)


def test_a_recipe_makes_the_same_loop_after_json_and_in_a_new_engine(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    first = compose(engine, asked(model, harmony=HARMONY, strictness=0.7), Memories())
    assert first.loop is not None
    other = HarmonizingEngine()
    other.load(model)
    again = compose(other, Recipe.from_json(json.loads(json.dumps(first.recipe.as_json()))), Memories())
    assert (again.loop, again.recipe.id) == (first.loop, first.recipe.id)
    another = compose(engine, asked(model, harmony=HARMONY, strictness=0.7, seed=9), Memories())
    assert another.loop != first.loop


def test_strict_harmony_leaves_chord_tones_on_strong_places_and_the_root_below(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    recipe = accompanying(model, harmony=HARMONY, strictness=1.0, settings={"passes": 16.0})
    for one in engine.generate(recipe):
        for bar, (root, tones) in enumerate(((0, {0, 4, 7}), (5, {5, 9, 0}))):
            there = sounding(one.notes, bar * BAR)
            assert {pitch % 12 for pitch in there} <= tones
            assert there[0] % 12 == root
    free = engine.generate(replace(recipe, harmony=(), strictness=0.0))
    first = [pitch % 12 for one in free for bar in range(2) for pitch in sounding(one.notes, bar * BAR)]
    assert not set(first) <= {0, 4, 7, 5, 9}


def test_another_bass_leaves_the_lowest_part_free(model: ModelFile, engine: HarmonizingEngine) -> None:
    recipe = accompanying(model, harmony=HARMONY, strictness=1.0, candidates=4)
    others = replace(recipe, relations=(*recipe.relations, Relation("suit", "bass")))
    lowest = {sounding(one.notes, BAR)[0] % 12 for one in engine.generate(others)}
    assert lowest - {5}


@pytest.mark.parametrize(("metre", "bars"), [("3/4", 3), ("7/8", 2), ("5/4", 1), ("15/16", 1), ("6/8", 16)])
def test_loops_of_any_metre_and_length_are_filled(
    model: ModelFile, engine: HarmonizingEngine, metre: str, bars: int
) -> None:
    recipe = asked(model, metre=Metre.parse(metre), bars=bars, candidates=1)
    (one,) = engine.generate(recipe)
    end = bars * Metre.parse(metre).bar_ticks
    assert max(note.end for note in one.notes) == end
    assert all(len(sounding(one.notes, tick)) >= 2 for tick in range(0, end, TICKS_PER_STEP))


@pytest.mark.parametrize(("shortest", "least"), [(2, 2), (4, 4), (8, 8)])
def test_added_parts_have_no_shorter_notes_than_the_voice_says(
    model: ModelFile, engine: HarmonizingEngine, shortest: int, least: int
) -> None:
    settings = {"shortest": float(shortest), "parts": "alto tenor bass"}
    answers = engine.generate(accompanying(model, settings=settings))
    assert min(note.length for one in answers for note in one.notes) == least * TICKS_PER_STEP


def test_what_a_part_keeps_is_struck_again_where_the_voice_says(model: ModelFile, engine: HarmonizingEngine) -> None:
    def begins(struck: str) -> set[int]:
        recipe = accompanying(model, settings={"struck": struck, "shortest": 16.0}, harmony=HARMONY, strictness=0.2)
        recipe = replace(recipe, temperature=0.1)
        return {note.start for one in engine.generate(recipe) for note in one.notes}

    quarters = set(range(0, 2 * BAR, TICKS_PER_QUARTER))
    assert begins("beats") == begins("line") == quarters
    assert begins("bars") == begins("chords") == {0, BAR}
    assert begins("never") <= {0, BAR}


def test_a_mutation_keeps_most_of_the_loop_and_another_loop_does_not(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    first = engine.generate(accompanying(model, candidates=1))[0]
    after = After(accompanying(model), Loop(2, Metre(), first.notes))
    mutate, led = OPERATORS["parts-mutate"], OPERATORS["parts-continue"]
    told = mutate.told(ModelInput(), after)
    common = {"primer": told.primer, "primer_steps": told.primer_steps, "candidates": 1, "seed": 5}

    def kept(operator: str, passes: float) -> float:
        recipe = accompanying(model, operator=operator, settings={"passes": passes}, **common)
        notes = engine.generate(recipe)[0].notes
        ticks = range(0, 2 * BAR, 2 * TICKS_PER_STEP)
        same = [set(sounding(first.notes, tick)) & set(sounding(notes, tick)) for tick in ticks]
        return sum(map(len, same)) / sum(len(sounding(first.notes, tick)) for tick in ticks)

    assert kept(mutate.name, 1.0) > kept(led.name, 1.0) + 0.2
    assert kept(mutate.name, 1.0) < 1


def test_the_model_hears_the_end_of_the_loop_before(model: ModelFile, engine: HarmonizingEngine) -> None:
    before = tuple(Note(0, 2 * BAR, pitch) for pitch in (64, 60, 48))
    recipe = accompanying(model, operator="parts-continue", primer=before, primer_steps=32, candidates=1)
    other = replace(recipe, primer=tuple(replace(note, pitch=note.pitch + 3) for note in before))
    assert engine.generate(recipe)[0].log_likelihood != engine.generate(other)[0].log_likelihood
    assert max(note.end for note in engine.generate(recipe)[0].notes) == 2 * BAR


def test_where_the_line_rests_the_parts_go_on(model: ModelFile, engine: HarmonizingEngine) -> None:
    half = Loop(2, Metre(), tuple(note for note in TUNE.notes if note.start < BAR))
    recipe = replace(
        accompanying(model),
        heard=(HeardLoop("tune", half.content_hash, 0, 2, 0),),
        loops={half.content_hash: half},
    )
    (one, *_) = engine.generate(recipe)
    assert all(sounding(one.notes, tick) for tick in range(BAR, 2 * BAR, TICKS_PER_STEP))
    assert max(len(sounding(one.notes, tick)) for tick in range(BAR, 2 * BAR, TICKS_PER_STEP)) == 3


def line_alone(engine: HarmonizingEngine, model: ModelFile, line: str, **told: Any) -> list[tuple[int, int, int]]:
    settings = {"given": "soprano", "passes": 2.0, "shortest": 4.0, "line": line, "parts": "soprano", **told}
    notes = engine.generate(asked(model, settings=settings, bars=1, candidates=1))[0].notes
    return [(note.start // TICKS_PER_STEP, note.length // TICKS_PER_STEP, note.pitch) for note in notes]


@pytest.mark.parametrize("struck", ["never", "beats", "line"])
@pytest.mark.parametrize(
    ("line", "played"),
    [
        ("D5:4 D5:4 D5:4 D5:4", [(0, 4, 74), (4, 4, 74), (8, 4, 74), (12, 4, 74)]),
        ("D5:4 .:4 D5:4 .:4", [(0, 4, 74), (8, 4, 74)]),
        ("[D5 F5]:8 C5:8", [(0, 8, 74), (0, 8, 77), (8, 8, 72)]),
        ("D5:3 E5 D5:12", [(0, 3, 74), (3, 1, 76), (4, 12, 74)]),
    ],
)
def test_a_written_line_keeps_its_repeated_notes_rests_chords_and_sixteenths(
    model: ModelFile, engine: HarmonizingEngine, line: str, played: list[tuple[int, int, int]], struck: str
) -> None:
    assert line_alone(engine, model, line, struck=struck) == played


def test_of_a_written_chord_the_highest_note_is_the_line_and_in_the_bass_the_lowest() -> None:
    design = CoconetDesign(lowest=36, pitches=49, steps_per_quarter=2, span=16)
    told = {
        part: GivenParts.of(recipes.recipe(settings={"given": part, "line": "[C4 E4 G4]:8"}), design).given
        for part in ("soprano", "bass")
    }
    assert {one.pitch for one in told["soprano"] if one} == {67}
    assert {one.pitch for one in told["bass"] if one} == {60}


def test_no_added_note_cuts_a_note_of_the_written_line_short(model: ModelFile, engine: HarmonizingEngine) -> None:
    line = [Note(0, 4 * TICKS_PER_STEP, 60), Note(8 * TICKS_PER_STEP, 4 * TICKS_PER_STEP, 60)]
    whole = Note(0, BAR, 60)
    assert [(one.start, one.end) for one in beside_line([whole, Note(0, BAR, 62)], line)] == [
        (4 * TICKS_PER_STEP, 8 * TICKS_PER_STEP),
        (12 * TICKS_PER_STEP, BAR),
        (0, BAR),
    ]
    limits = LoopLimits(low=60, high=72, polyphony=4, most=64, scale="major")
    for one in engine.generate(asked(model, limits=limits, candidates=4, settings={"line": LINE, "passes": 2.0})):
        kept = {(note.start, note.length, note.pitch) for note in one.notes}
        assert {
            (at * 4 * TICKS_PER_STEP, 4 * TICKS_PER_STEP, pitch) for at, pitch in enumerate((72, 76, 79, 76))
        } <= kept


def test_the_guard_leaves_a_written_line_over_other_chords_as_it_is(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    line = "B4:8 .:4 B4:2 F#5:2"
    settings = {"given": "soprano", "passes": 4.0, "shortest": 4.0, "line": line}
    limits = LoopLimits(low=40, high=81, polyphony=4, most=64, scale="major")
    recipe = asked(model, settings=settings, limits=limits, harmony=HARMONY, strictness=1.0, candidates=1)
    made = compose(engine, recipe, Memories())
    assert made.loop is not None
    written = [(note.start, note.length, note.pitch) for note in played_line(recipe)]
    assert {*written} <= {(note.start, note.length, note.pitch) for note in made.loop.notes}
    others = [note for note in made.loop.notes if (note.start, note.length, note.pitch) not in written]
    assert others
    assert all(note.pitch % 12 in WHITE for note in others)
    moved = replace(made.recipe, before=made.loop.notes, harmony_before=HARMONY, harmony=(HARMONY[1:] + HARMONY[:1]))
    assert {*written} <= {(note.start, note.length, note.pitch) for note in fitted(moved)}


def test_added_parts_are_no_shorter_where_the_line_rests(model: ModelFile, engine: HarmonizingEngine) -> None:
    line = "D5 . . F5 . . E5 . D5 . . . . . A4 ."
    settings = {"given": "soprano", "passes": 8.0, "shortest": 4.0, "line": line, "parts": "alto tenor bass"}
    answers = engine.generate(asked(model, settings=settings, candidates=4))
    assert min(note.length for one in answers for note in one.notes) == 4 * TICKS_PER_STEP


def test_a_mutation_leaves_no_shorter_notes_than_the_voice_says(model: ModelFile, engine: HarmonizingEngine) -> None:
    short = tuple(Note(at * 2 * TICKS_PER_STEP, 2 * TICKS_PER_STEP, 60 + at % 3) for at in range(16))
    recipe = accompanying(
        model, operator="parts-mutate", primer=short, primer_steps=32, settings={"shortest": 8.0, "passes": 1.0}
    )
    answers = engine.generate(recipe)
    assert min(note.length for one in answers for note in one.notes) == 8 * TICKS_PER_STEP


def test_a_tune_that_rests_for_a_whole_loop_adds_no_part(model: ModelFile, engine: HarmonizingEngine) -> None:
    silent = Loop(2, Metre(), ())
    recipe = replace(
        accompanying(model),
        heard=(HeardLoop("tune", silent.content_hash, 0, 2, 0),),
        loops={silent.content_hash: silent},
    )
    for asked_of in (recipe, replace(recipe, heard=(), loops={})):
        (one, *_) = engine.generate(asked_of)
        assert max(len(sounding(one.notes, tick)) for tick in range(0, 2 * BAR, TICKS_PER_STEP)) == 3


def test_a_chord_that_begins_within_a_step_begins_in_the_next_as_beats_do(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    late = TICKS_PER_STEP * 5
    bar = BarHarmony((HARMONY[0].spans[0], replace(HARMONY[1].spans[0], start=late)))
    recipe = asked(
        model, bars=1, harmony=(bar, HARMONY[0]), settings={"line": "C5:16", "parts": "bass", "shortest": 16.0}
    )
    starts = {note.start for one in engine.generate(recipe) for note in one.notes}
    assert starts == {0, 6 * TICKS_PER_STEP}


def test_a_line_beyond_the_models_pitches_is_harmonized_octaves_away(
    model: ModelFile, engine: HarmonizingEngine
) -> None:
    settings = {"given": "soprano", "passes": 4.0, "line": "C8 - - - G7 - - -"}
    (one, *_) = engine.generate(asked(model, settings=settings, limits=LoopLimits(low=60, high=108, polyphony=4)))
    assert {108, 103} <= {note.pitch for note in one.notes}


def test_candidates_are_few_and_each_is_another(model: ModelFile, engine: HarmonizingEngine) -> None:
    answers = engine.generate(asked(model, candidates=24))
    assert len(answers) == MOST_CANDIDATES
    assert len({one.notes for one in answers}) == MOST_CANDIDATES
    assert all(one.log_likelihood is not None and one.log_likelihood < 0 for one in answers)


def test_a_model_that_was_not_loaded_is_named(model: ModelFile, engine: HarmonizingEngine) -> None:
    with pytest.raises(ModelError, match="before it was loaded"):
        engine.generate(replace(asked(model), model_hash="other"))


def test_a_damaged_model_is_named(tmp_path: Path, model: ModelFile) -> None:
    with pytest.raises(ModelError, match=r"is not there|cannot be read"):
        HarmonizingEngine().load(replace(model, path=tmp_path / "gone.safetensors"))
