"""Loops of models with a latent space: equal recipes make equal bytes, small steps small changes; chords are held."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes import chords, recipes
from fakes.data import data_folder
from fakes.engines import loaded
from fakes.scenes import scene
from fakes.vae import random_vae
from reverie.compose.composer import compose
from reverie.compose.engines.engine import Engine
from reverie.compose.engines.latent_places import LatentPlace, near
from reverie.compose.operators.latent_steps import LATENT_CONTINUE, LATENT_MUTATE
from reverie.compose.operators.operator import After, ModelInput, Operator
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.selection import distance
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.unmet import unmet
from reverie.conductor.offline.performing import perform
from reverie.documents import DocumentError, parse_document
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import ModelFile, find_models, read_model_file
from reverie.music.drums import DRUMS
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.scenes.folder import read_scene

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
BEAT = tuple(Note(960 * i, 120, DRUMS["bass"]) for i in range(4)) + tuple(
    Note(480 + 960 * i, 120, DRUMS["snare"]) for i in range(4)
)


@pytest.fixture(scope="module")
def drums() -> ModelFile:
    return read_model_file(SHIPPED / "drums_2bar.safetensors")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    """The melodies of two bars that are published; it has no encoder."""
    folder = data_folder("magenta-weights/mel_2bar_small")
    request = ImportRequest(config="cat-mel_2bar_small", name="mel_2bar")
    return read_model_file(import_model(folder, tmp_path_factory.mktemp("models"), request).path)


def random_model(folder: Path, config: str) -> ModelFile:
    path = folder / f"{config}.safetensors"
    write_bundle(path, random_vae(config))
    return read_model_file(path)


def asked(model: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": model.kinds[0],
        "model": model.name,
        "model_hash": model.sha256,
        "limits": LoopLimits(low=60, high=84, tonic=2, scale="dorian"),
        "temperature": 0.8,
        "candidates": 4,
    }
    return recipes.recipe(**(fields | changes))


def first(engine: Engine, recipe: Recipe) -> After:
    made = compose(engine, recipe, Memories())
    assert made.loop is not None
    return After(made.recipe, made.loop)


def then(operator: Operator, after: After, **changes: Any) -> Recipe:
    told = operator.told(ModelInput(), after)
    return replace(
        after.recipe,
        operator=operator.name,
        seed=after.recipe.seed + 1,
        primer=told.primer,
        primer_steps=told.primer_steps,
        past=told.past,
        before=after.loop.notes,
        choice=None,
        events=(),
        score={},
        **changes,
    )


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("config", ["cat-drums_2bar_small", "cat-mel_2bar_small", "hierdec-mel_16bar"])
def test_every_length_of_loop_is_whole_and_the_same_for_the_same_recipe(tmp_path: Path, config: str, bars: int) -> None:
    model = random_model(tmp_path, config)
    engine, recipe = loaded(model), asked(model, bars=bars, limits=LoopLimits(low=36, high=96))
    given = engine.generate(recipe)
    assert len(given) == recipe.candidates
    assert all(0 <= note.start < recipe.steps * TICKS_PER_STEP for one in given for note in one.notes)
    assert {note.start // (16 * TICKS_PER_STEP) for one in given for note in one.notes} == set(range(bars))
    read = Recipe.from_json(json.loads(json.dumps(recipe.as_json())))
    assert loaded(model).generate(read, b"no memory counts") == given


def test_a_kept_loop_is_made_again_from_its_recipe_in_a_new_engine(drums: ModelFile) -> None:
    engine = loaded(drums)
    after = first(engine, asked(drums, bars=4))
    for operator in (LATENT_MUTATE, LATENT_CONTINUE, LATENT_MUTATE):
        after = first(engine, then(operator, after))
        read = Recipe.from_json(json.loads(json.dumps(after.recipe.as_json())))
        again = compose(loaded(drums), read, Memories())
        assert (again.loop, again.recipe.id) == (after.loop, after.recipe.id)
        assert len(after.recipe.past) == 1, "a recipe does not grow from loop to loop"


def test_a_mutation_is_nearer_than_what_goes_on_and_that_is_nearer_than_chance(drums: ModelFile) -> None:
    engine = loaded(drums)
    begun = [first(engine, asked(drums, seed=seed, candidates=1)) for seed in range(24)]
    chance = np.mean([distance(a.loop.notes, b.loop.notes) for a, b in pairwise(begun)])
    steps = {
        operator.name: np.mean(
            [distance(one.notes, a.loop.notes) for a in begun for one in engine.generate(then(operator, a))[:1]]
        )
        for operator in (LATENT_MUTATE, LATENT_CONTINUE)
    }
    assert steps["latent-mutate"] < steps["latent-continue"] - 0.1
    assert steps["latent-continue"] < chance - 0.05


def test_wider_steps_of_a_mutation_make_more_different_loops(drums: ModelFile) -> None:
    engine = loaded(drums)
    begun = [first(engine, asked(drums, seed=seed, candidates=8)) for seed in range(24)]
    apart = np.mean(
        [[distance(one.notes, a.loop.notes) for one in engine.generate(then(LATENT_MUTATE, a))] for a in begun], axis=0
    )
    assert apart[:4].mean() < apart[4:].mean()
    assert apart[0] < apart[-1]


def test_an_answer_is_nearer_to_its_phrase_than_a_stranger(drums: ModelFile) -> None:
    engine = loaded(drums)
    loops = engine.generate(asked(drums, bars=8, candidates=24))

    def piece(notes: tuple[Note, ...], number: int) -> list[Note]:
        begin, length = number * 32 * TICKS_PER_STEP, 32 * TICKS_PER_STEP
        return [note.moved(-begin) for note in notes if begin <= note.start < begin + length]

    places = [{(n.start, n.pitch) for n in piece(loop.notes, 0)} for loop in loops]
    again = [{(n.start, n.pitch) for n in piece(loop.notes, 2)} for loop in loops]
    assert places == again, "the phrase comes again"
    answers = np.mean([distance(piece(loop.notes, 0), piece(loop.notes, 1)) for loop in loops])
    strangers = np.mean([distance(piece(a.notes, 0), piece(b.notes, 1)) for a, b in pairwise(loops)])
    assert 0 < answers < strangers - 0.1


def test_a_beat_as_a_primer_is_nearer_to_what_comes_of_it_than_chance(drums: ModelFile) -> None:
    engine = loaded(drums)
    told = engine.generate(asked(drums, primer=BEAT, primer_steps=32, candidates=16))
    free = engine.generate(asked(drums, candidates=16))
    near_by, anywhere = (np.mean([distance(one.notes, BEAT) for one in given]) for given in (told, free))
    assert near_by < anywhere - 0.1


def test_a_low_temperature_leaves_less_to_chance(drums: ModelFile) -> None:
    engine = loaded(drums)
    cold, hot = (engine.generate(asked(drums, temperature=one, candidates=16)) for one in (0.5, 1.5))
    likely = [np.mean([one.log_likelihood or 0 for one in given]) for given in (cold, hot)]
    assert likely[0] > likely[1]


def test_places_outlive_their_way_into_a_recipe() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 8)).astype(np.float32)
    vector = near(one, other, 0.5)
    place = LatentPlace(vector, 4_000_000_000, -14)
    read = LatentPlace.of_events(json.loads(json.dumps(place.as_events)), 8)
    assert read is not None
    assert (read.vector == place.vector).all()
    assert (read.draws, read.shift) == (place.draws, place.shift)
    assert LatentPlace.of_events((1, 2, 3), 8) is None, "events of another model"


def test_the_published_melodies_hold_chords_on_strong_places(published: ModelFile) -> None:
    harmony = chords.bars(chords.D_MINOR, chords.G_SEVENTH, chords.C_CHORD, chords.A_MINOR, chords.D_MINOR)
    engine = loaded(published)

    def on_chord(strictness: float) -> float:
        found: list[bool] = []
        for seed in range(6):
            recipe = asked(
                published, seed=seed, bars=4, harmony=harmony, strictness=strictness, limits=LoopLimits(60, 84)
            )
            for one in engine.generate(recipe):
                for note in one.notes:
                    if note.start % (8 * TICKS_PER_STEP) == 0:
                        bar = note.start // (16 * TICKS_PER_STEP)
                        found.append(note.pitch % 12 in harmony[bar].spans[0].tones)
        return float(np.mean(found))

    free, held = on_chord(0.0), on_chord(0.8)
    assert held > 0.85
    assert free < held - 0.2


def test_the_published_melodies_are_in_the_key_of_the_scene(published: ModelFile) -> None:
    engine, key = loaded(published), {2, 4, 5, 7, 9, 11, 0}
    notes = [note for seed in range(12) for one in engine.generate(asked(published, seed=seed)) for note in one.notes]
    inside = np.mean([note.pitch % 12 in key for note in notes])
    assert inside > 0.8, "what a model says in any key was moved"
    assert np.mean([60 <= note.pitch <= 84 for note in notes]) > 0.75


def test_a_model_that_knows_one_key_is_told_its_primer_there_and_answers_in_that_of_the_scene(tmp_path: Path) -> None:
    bundle = random_vae("cat-mel_2bar_small")
    tune = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((62, 65, 69, 67, 65, 64, 62, 60)))
    here = LoopLimits(low=48, high=84, tonic=4, scale="major")
    notes: dict[int | None, list[tuple[Note, ...]]] = {}
    for key in (None, 0, 4):
        path = tmp_path / f"{key}.safetensors"
        card = replace(bundle.card, settings={} if key is None else {"key": key})
        write_bundle(path, make_bundle(card, bundle.weights))
        model = read_model_file(path)
        recipe = asked(model, primer=tune, primer_steps=64, limits=here)
        notes[key] = [one.notes for one in loaded(model).generate(recipe)]
    assert notes[4] == notes[None], "the key of the scene is the model's own"
    model = read_model_file(tmp_path / "0.safetensors")
    lower = tuple(replace(note, pitch=note.pitch - 4) for note in tune)
    in_c = loaded(model).generate(asked(model, primer=lower, primer_steps=64, limits=replace(here, tonic=0)))
    assert notes[0] == [tuple(replace(note, pitch=note.pitch + 4) for note in one.notes) for one in in_c]


def test_a_model_without_an_encoder_goes_on_from_written_music_anywhere(published: ModelFile) -> None:
    recipe = asked(published, primer=(Note(0, 480, 62),), primer_steps=16, operator="latent-mutate")
    assert len(loaded(published).generate(recipe)) == recipe.candidates


SCENE = """
name: study
title: A study
tempo: 100
metre: {metre}
key: D
scale: dorian
voices:
  beat:
    kind: drums
    model: drums_2bar
    bars: 4
    evolve: {{hold: 1, then: [mutate, continue, loop, reset]}}
    output: {{channel: 10}}
"""


def test_a_scene_is_performed_for_bars_and_its_bytes_are_the_same_again(tmp_path: Path, drums: ModelFile) -> None:
    def played(name: str) -> bytes:
        study = scene(SCENE.format(metre="4/4"))
        perform(
            study,
            {drums.name: drums},
            loaded(drums),
            bars=100,
            seed=None,
            path=tmp_path / name,
            progress=lambda _bar: None,
        )
        return (tmp_path / name).read_bytes()

    assert played("a.mid") == played("b.mid")
    assert len(played("a.mid")) > 1000


def test_a_voice_takes_the_steps_of_its_model(drums: ModelFile) -> None:
    plan = arrange(scene(SCENE.format(metre="4/4")), {drums.name: drums}).plans["beat"]
    after = first(loaded(drums), plan.recipe("reset", 0, 0))
    for operator, way in (("mutate", "latent-mutate"), ("continue", "latent-continue")):
        recipe = plan.recipe(operator, 1, 4, after)
        assert (recipe.operator, recipe.keeps_primer) == (way, False)
        assert recipe.past[0].events == after.recipe.events != ()


def test_another_metre_is_told_with_its_place(drums: ModelFile) -> None:
    models, _ = find_models([SHIPPED])
    document = parse_document(SCENE.format(metre="3/4"), "study.yaml")
    with pytest.raises(DocumentError) as told:
        read_scene(document, models)
    sentence = "the model 'drums_2bar' knows bars of 4/4 alone, and the scene has 3/4; give the voice another model"
    assert str(told.value) == f"study.yaml:11:12: {sentence}"
    study = scene(SCENE.format(metre="3/4"))
    assert unmet(study, models, {"main": {"kind": "fluidsynth"}}) == [
        f"study: the voice beat: {sentence}; it plays loops of old"
    ]
    with pytest.raises(ModelError, match="bars of 4/4 and no others, not of 7/8"):
        loaded(drums).generate(asked(drums, metre=Metre(7, 8)))
