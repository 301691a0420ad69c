"""The engine on the shipped models: the same recipe, the same notes; and what it is told is what it hears."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes import recipes
from reverie.compose.engine import Engine
from reverie.models.shelf import ModelFile
from reverie.compose.recipe import Limits, Recipe
from reverie.models.errors import ModelError
from reverie.music.drums import DRUMS
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre

pytestmark = pytest.mark.magenta

D_DORIAN = Limits(low=48, high=84, tonic=2, scale="dorian")
TUNE = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((62, 65, 69, 67, 65, 64, 62, 60)))
BEAT = tuple(Note(960 * i, 120, 36) for i in range(4)) + tuple(Note(480 + 960 * i, 120, 38) for i in range(4))


def recipe(bundle: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": bundle.kinds[0],
        "model": bundle.name,
        "model_hash": bundle.sha256,
        "operator": "continue",
        "primer": BEAT if bundle.kinds[0] == "drums" else TUNE,
        "primer_steps": 32,
        "limits": D_DORIAN,
    }
    return recipes.recipe(**(fields | changes))


def higher(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    return tuple(replace(note, pitch=note.pitch + semitones) for note in notes)


@pytest.fixture(params=["drums", "melody"])
def bundle(request: pytest.FixtureRequest) -> ModelFile:
    return request.getfixturevalue(request.param)


def test_the_same_recipe_gives_the_same_notes_whatever_was_asked_before(engine: Engine, bundle: ModelFile) -> None:
    first = engine.generate(recipe(bundle))
    others = [engine.generate(recipe(bundle, seed=seed)) for seed in range(2, 6)]
    assert first
    assert engine.generate(recipe(bundle)) == first
    assert any(other != first for other in others)


def test_an_engine_of_its_own_gives_the_same_notes(engine: Engine, bundle: ModelFile) -> None:
    from reverie.magenta.generators import MagentaEngine

    another = MagentaEngine()
    another.load(bundle)
    assert another.generate(recipe(bundle)) == engine.generate(recipe(bundle))


def test_notes_are_on_the_grid_and_begin_inside_the_loop(engine: Engine, bundle: ModelFile) -> None:
    for seed in range(8):
        asked = recipe(bundle, seed=seed, temperature=1.4, bars=1)
        for note in engine.generate(asked):
            assert note.start % TICKS_PER_STEP == note.length % TICKS_PER_STEP == 0
            assert 0 <= note.start < asked.steps * TICKS_PER_STEP


def test_mutating_composes_only_what_the_primer_leaves(engine: Engine, bundle: ModelFile) -> None:
    kept = tuple(note for note in recipe(bundle).primer if note.start < 1920)
    asked = recipe(bundle, operator="mutate", primer=kept, primer_steps=16)
    assert asked.steps == 16
    assert all(note.start < 16 * TICKS_PER_STEP for note in engine.generate(asked))


def test_the_primer_is_heard(engine: Engine, bundle: ModelFile) -> None:
    asked = recipe(bundle)
    half = tuple(asked.primer[::2])
    assert any(
        engine.generate(replace(asked, seed=seed)) != engine.generate(replace(asked, seed=seed, primer=half))
        for seed in range(4)
    )


def test_a_primer_off_the_grid_is_heard_on_it(engine: Engine, bundle: ModelFile) -> None:
    asked = recipe(bundle)
    swung = tuple(replace(note, start=note.start + 40) for note in asked.primer)
    assert engine.generate(replace(asked, primer=swung)) == engine.generate(asked)


def test_drums_are_the_nine_that_the_model_knows(engine: Engine, drums: ModelFile) -> None:
    cowbells = tuple(Note(480 * i, 120, 56) for i in range(8))
    for seed in range(4):
        notes = engine.generate(recipe(drums, seed=seed, primer=BEAT + cowbells, temperature=1.3))
        assert {note.pitch for note in notes} <= set(DRUMS.values())


@pytest.mark.parametrize("semitones", [-31, -24, -5, 1, 7, 12, 40])
def test_a_melody_in_another_key_or_octave_is_the_same_melody(engine: Engine, melody: ModelFile, semitones: int) -> None:
    asked = recipe(melody)
    limits = replace(D_DORIAN, tonic=(D_DORIAN.tonic + semitones) % 12)
    moved = engine.generate(replace(asked, primer=higher(TUNE, semitones), limits=limits))
    assert tuple(moved) == higher(tuple(engine.generate(asked)), semitones)


def test_a_melody_stays_near_a_primer_far_outside_the_range_of_the_model(engine: Engine, melody: ModelFile) -> None:
    bass = higher(TUNE, -36)
    for seed in range(4):
        for note in engine.generate(recipe(melody, seed=seed, primer=bass)):
            assert 62 - 36 - 24 <= note.pitch <= 62 - 36 + 24


def test_a_primer_from_end_to_end_of_the_keyboard_is_folded(engine: Engine, melody: ModelFile) -> None:
    wide = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((0, 127, 2, 125)))
    engine.generate(recipe(melody, primer=wide, primer_steps=16))


def test_without_a_scale_the_key_is_guessed(engine: Engine, melody: ModelFile) -> None:
    chromatic = replace(D_DORIAN, scale="chromatic")
    asked = recipe(melody, limits=chromatic)
    moved = engine.generate(replace(asked, primer=higher(TUNE, 3)))
    assert tuple(moved) == higher(tuple(engine.generate(asked)), 3)


def test_without_a_primer_drums_begin_with_a_bass_drum(engine: Engine, drums: ModelFile) -> None:
    notes = engine.generate(recipe(drums, primer=(), primer_steps=0))
    assert Note(0, TICKS_PER_STEP, DRUMS["bass"]) in notes


def test_without_a_primer_a_melody_begins_with_the_tonic_in_its_register(engine: Engine, melody: ModelFile) -> None:
    for limits in (D_DORIAN, replace(D_DORIAN, low=24, high=48)):
        first = engine.generate(recipe(melody, primer=(), primer_steps=0, limits=limits))[0]
        assert first.start == 0
        assert first.pitch % 12 == limits.tonic
        assert limits.low <= first.pitch <= limits.high


def test_a_silent_primer_is_none(engine: Engine, bundle: ModelFile) -> None:
    assert engine.generate(recipe(bundle, primer=())) == engine.generate(recipe(bundle, primer=(), primer_steps=0))


def test_a_loop_of_one_step_is_possible(engine: Engine, bundle: ModelFile) -> None:
    for steps in (0, 1):
        notes = engine.generate(recipe(bundle, bars=1, metre=Metre(1, 16), primer=BEAT[:1], primer_steps=steps))
        assert all(note.start == 0 for note in notes)


def test_a_model_that_was_not_loaded_is_named(engine: Engine, drums: ModelFile) -> None:
    with pytest.raises(ModelError, match=r"drum_kit was asked for music before it was loaded"):
        engine.generate(recipe(drums, model_hash="another"))


def copy_of(bundle: ModelFile, path: Path, content: bytes) -> ModelFile:
    path.write_bytes(content)
    return replace(bundle, path=path, sha256=hashlib.sha256(content).hexdigest())


def test_a_bundle_that_is_not_there(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.mag: cannot be read \(No such file or directory\)"):
        engine.load(replace(drums, path=tmp_path / "gone.mag"))


def test_a_bundle_that_changed_under_its_name(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    other = copy_of(drums, tmp_path / "other.mag", b"other")
    with pytest.raises(ModelError, match=r"other\.mag: is not the file it was"):
        engine.load(replace(other, sha256=drums.sha256))


def test_a_file_that_is_no_bundle(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"noise\.mag: is damaged or no bundle of Magenta's"):
        engine.load(copy_of(drums, tmp_path / "noise.mag", b"\xff\xfe no bundle"))


def test_a_bundle_that_was_cut_short(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    content = drums.path.read_bytes()
    with pytest.raises(ModelError, match=r"cut\.mag"):
        engine.load(copy_of(drums, tmp_path / "cut.mag", content[: len(content) // 2]))


def test_a_bundle_whose_weights_are_noise(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    from note_seq.protobuf import generator_pb2

    data = generator_pb2.GeneratorBundle.FromString(drums.path.read_bytes())
    data.checkpoint_file[0] = b"noise" * 1000
    with pytest.raises(ModelError, match=r"noise\.mag: holds no weights that can be used"):
        engine.load(copy_of(drums, tmp_path / "noise.mag", data.SerializeToString()))


def test_a_bundle_of_another_family(engine: Engine, drums: ModelFile, tmp_path: Path) -> None:
    from note_seq.protobuf import generator_pb2

    data = generator_pb2.GeneratorBundle.FromString(drums.path.read_bytes())
    data.generator_details.id = "polyphony"
    with pytest.raises(ModelError, match="'polyphony', which is no configuration of DrumsRNN or MelodyRNN"):
        engine.load(copy_of(drums, tmp_path / "poly.mag", data.SerializeToString()))


def test_a_passport_of_another_kind(engine: Engine, drums: ModelFile) -> None:
    with pytest.raises(ModelError, match="is a model of drums, unlike its passport says"):
        engine.load(replace(drums, kinds=("melody", "bass")))
