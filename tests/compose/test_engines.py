"""Both engines on the shipped models: the same recipe, the same notes; what they are told is what they hear."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes import recipes
from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Engine
from reverie.compose.evolution import Evolution
from reverie.compose.recipe import ContinuedPast, LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.told_chords import ToldChord, joined, part
from reverie.models.configs import CONFIGS
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.drums import DRUMS
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre

pytestmark = pytest.mark.filterwarnings("ignore")
"""What Magenta and TensorFlow deprecate in each other is not ours to mend."""

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"

D_DORIAN = LoopLimits(low=48, high=84, tonic=2, scale="dorian")
TUNE = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((62, 65, 69, 67, 65, 64, 62, 60)))
BEAT = tuple(Note(960 * i, 120, 36) for i in range(4)) + tuple(Note(480 + 960 * i, 120, 38) for i in range(4))


def recipe(bundle: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "chords": chords_of(bundle, changes) if bundle.chords else (),
        "kind": bundle.kinds[0],
        "model": bundle.name,
        "model_hash": bundle.sha256,
        "operator": "continue",
        "primer": BEAT if bundle.kinds[0] == "drums" else TUNE,
        "primer_steps": 32,
        "limits": D_DORIAN,
    }
    return recipes.recipe(**(fields | changes))


def chords_of(bundle: ModelFile, changes: dict[str, Any]) -> tuple[ToldChord, ...]:
    """Chords that change in each bar of the loop, and one over the primer, as long as a recipe wants them."""
    steps = changes.get("bars", 2) * changes.get("metre", Metre()).bar_steps
    loop = part([ToldChord(symbol, 16) for symbol in ("Dm7", "G7") * 8], 0, steps)
    kept = changes.get("operator") == "mutate"
    return loop if kept else joined((ToldChord("A7", changes.get("primer_steps", 32)), *loop))


def notes_of(engine: Engine, asked: Recipe) -> tuple[Note, ...]:
    """The first candidate's."""
    return engine.generate(asked)[0].notes


@pytest.fixture(scope="module", params=["numpy", pytest.param("magenta", marks=pytest.mark.magenta)])
def engine(request: pytest.FixtureRequest, drums: ModelFile, melody: ModelFile, improv: ModelFile) -> Engine:
    if request.param == "magenta":
        pytest.importorskip("magenta", reason="the extra 'magenta' is not installed (uv sync --extra magenta)")
    return loaded(request.param, drums, melody, improv)


def loaded(name: str, *models: ModelFile) -> Engine:
    engine = make_engine(name)
    for model in models:
        engine.load(model)
    return engine


@pytest.fixture(scope="module")
def drums() -> ModelFile:
    return read_model_file(SHIPPED / "drum_kit.safetensors")


@pytest.fixture(scope="module")
def melody() -> ModelFile:
    return read_model_file(SHIPPED / "attention_rnn.safetensors")


@pytest.fixture(scope="module")
def improv() -> ModelFile:
    return read_model_file(SHIPPED / "chord_pitches_improv.safetensors")


def higher(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    return tuple(replace(note, pitch=note.pitch + semitones) for note in notes)


@pytest.fixture(params=["drums", "melody", "improv"])
def bundle(request: pytest.FixtureRequest) -> ModelFile:
    return request.getfixturevalue(request.param)


def test_the_same_recipe_gives_the_same_notes_whatever_was_asked_before(engine: Engine, bundle: ModelFile) -> None:
    first = notes_of(engine, recipe(bundle))
    others = [notes_of(engine, recipe(bundle, seed=seed)) for seed in range(2, 6)]
    assert first
    assert notes_of(engine, recipe(bundle)) == first
    assert any(other != first for other in others)


def test_an_engine_of_its_own_gives_the_same_notes(engine: Engine, bundle: ModelFile) -> None:
    another = loaded("numpy" if engine.name == "numpy" else "magenta", bundle)
    assert notes_of(another, recipe(bundle)) == notes_of(engine, recipe(bundle))


def test_notes_are_on_the_grid_and_begin_inside_the_loop(engine: Engine, bundle: ModelFile) -> None:
    for seed in range(8):
        asked = recipe(bundle, seed=seed, temperature=1.4, bars=1)
        for note in notes_of(engine, asked):
            assert note.start % TICKS_PER_STEP == note.length % TICKS_PER_STEP == 0
            assert 0 <= note.start < asked.steps * TICKS_PER_STEP


def test_mutating_composes_only_what_the_primer_leaves(engine: Engine, bundle: ModelFile) -> None:
    kept = tuple(note for note in recipe(bundle).primer if note.start < 1920)
    asked = recipe(bundle, operator="mutate", primer=kept, primer_steps=16)
    assert asked.steps == 16
    assert all(note.start < 16 * TICKS_PER_STEP for note in notes_of(engine, asked))


def test_the_primer_is_heard(engine: Engine, bundle: ModelFile) -> None:
    asked = recipe(bundle)
    half = tuple(asked.primer[::2])
    assert any(
        notes_of(engine, replace(asked, seed=seed)) != notes_of(engine, replace(asked, seed=seed, primer=half))
        for seed in range(4)
    )


def test_a_primer_off_the_grid_is_heard_on_it(engine: Engine, bundle: ModelFile) -> None:
    asked = recipe(bundle)
    swung = tuple(replace(note, start=note.start + 40) for note in asked.primer)
    assert notes_of(engine, replace(asked, primer=swung)) == notes_of(engine, asked)


def test_drums_are_the_nine_that_the_model_knows(engine: Engine, drums: ModelFile) -> None:
    cowbells = tuple(Note(480 * i, 120, 56) for i in range(8))
    for seed in range(4):
        notes = notes_of(engine, recipe(drums, seed=seed, primer=BEAT + cowbells, temperature=1.3))
        assert {note.pitch for note in notes} <= set(DRUMS.values())


@pytest.mark.parametrize("semitones", [-31, -24, -5, 1, 7, 12, 40])
def test_a_melody_in_another_key_or_octave_is_the_same_melody(
    engine: Engine, melody: ModelFile, semitones: int
) -> None:
    asked = recipe(melody)
    limits = replace(D_DORIAN, tonic=(D_DORIAN.tonic + semitones) % 12)
    moved = notes_of(engine, replace(asked, primer=higher(TUNE, semitones), limits=limits))
    assert tuple(moved) == higher(tuple(notes_of(engine, asked)), semitones)


def test_a_melody_stays_near_a_primer_far_outside_the_range_of_the_model(engine: Engine, melody: ModelFile) -> None:
    bass = higher(TUNE, -36)
    for seed in range(4):
        for note in notes_of(engine, recipe(melody, seed=seed, primer=bass)):
            assert 62 - 36 - 24 <= note.pitch <= 62 - 36 + 24


def test_a_primer_from_end_to_end_of_the_keyboard_is_folded(engine: Engine, melody: ModelFile) -> None:
    wide = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((0, 127, 2, 125)))
    notes_of(engine, recipe(melody, primer=wide, primer_steps=16))


def test_without_a_scale_the_key_is_guessed(engine: Engine, melody: ModelFile) -> None:
    chromatic = replace(D_DORIAN, scale="chromatic")
    asked = recipe(melody, limits=chromatic)
    moved = notes_of(engine, replace(asked, primer=higher(TUNE, 3)))
    assert tuple(moved) == higher(tuple(notes_of(engine, asked)), 3)


def test_without_a_primer_drums_begin_with_a_bass_drum(engine: Engine, drums: ModelFile) -> None:
    notes = notes_of(engine, recipe(drums, primer=(), primer_steps=0))
    assert Note(0, TICKS_PER_STEP, DRUMS["bass"]) in notes


def test_without_a_primer_a_melody_begins_with_the_tonic_in_its_register(engine: Engine, melody: ModelFile) -> None:
    for limits in (D_DORIAN, replace(D_DORIAN, low=24, high=48)):
        first = notes_of(engine, recipe(melody, primer=(), primer_steps=0, limits=limits))[0]
        assert first.start == 0
        assert first.pitch % 12 == limits.tonic
        assert limits.low <= first.pitch <= limits.high


def test_a_silent_primer_is_none(engine: Engine, bundle: ModelFile) -> None:
    assert notes_of(engine, recipe(bundle, primer=())) == notes_of(engine, recipe(bundle, primer=(), primer_steps=0))


def test_a_loop_of_one_step_is_possible(engine: Engine, bundle: ModelFile) -> None:
    for steps in (0, 1):
        notes = notes_of(engine, recipe(bundle, bars=1, metre=Metre(1, 16), primer=BEAT[:1], primer_steps=steps))
        assert all(note.start == 0 for note in notes)


def test_a_model_that_was_not_loaded_is_named(engine: Engine, drums: ModelFile) -> None:
    with pytest.raises(ModelError, match=r"drum_kit was asked for music before it was loaded"):
        notes_of(engine, recipe(drums, model_hash="another"))


@pytest.mark.parametrize("name", ["numpy", pytest.param("magenta", marks=pytest.mark.magenta)])
class TestFilesThatCannotBeUsed:
    def test_one_that_is_not_there(self, name: str, drums: ModelFile, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"gone\.safetensors: cannot be read \(No such file or directory\)"):
            make_engine(name).load(replace(drums, path=tmp_path / "gone.safetensors"))

    def test_one_that_changed_under_its_name(self, name: str, drums: ModelFile, melody: ModelFile) -> None:
        with pytest.raises(ModelError, match=r"attention_rnn\.safetensors: is not the file it was"):
            make_engine(name).load(replace(drums, path=melody.path))

    def test_one_that_was_cut_short(self, name: str, drums: ModelFile, tmp_path: Path) -> None:
        path = tmp_path / "cut.safetensors"
        path.write_bytes(drums.path.read_bytes()[:-1000])
        with pytest.raises(ModelError, match=r"cut\.safetensors: is cut off"):
            make_engine(name).load(replace(drums, path=path))

    @pytest.mark.parametrize("config", ["rnn-nade", "rnn-nade_attn"])
    def test_one_of_a_family_that_no_voice_can_be(
        self, name: str, config: str, drums: ModelFile, tmp_path: Path
    ) -> None:
        bundle = read_bundle(drums.path)
        path = tmp_path / "other.safetensors"
        write_bundle(path, make_bundle(replace(bundle.card, config=config), bundle.weights))
        sentence = f"is a model of {CONFIGS[config].family}, which can be no kind of voice yet; give the voice another"
        with pytest.raises(ModelError, match=rf"other\.safetensors: {sentence}"):
            make_engine(name).load(read_model_file(path))


@pytest.mark.magenta
@pytest.mark.parametrize("operator", ["reset", "continue", "mutate"])
def test_with_the_same_numbers_drawn_both_engines_compose_the_same_notes(
    bundle: ModelFile, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("magenta", reason="the extra 'magenta' is not installed (uv sync --extra magenta)")
    ours, magenta = loaded("numpy", bundle), loaded("magenta", bundle)
    monkeypatch.setattr(np.random, "default_rng", np.random.RandomState)  # which Magenta draws from
    for seed in range(12):
        asked = recipe(bundle, seed=seed, operator=operator, temperature=1.1)
        if operator == "mutate":
            kept = tuple(note for note in TUNE if note.start < 1920)
            asked = recipe(bundle, seed=seed, operator=operator, temperature=1.1, primer=kept, primer_steps=16)
        if operator == "reset":
            asked = recipe(bundle, seed=seed, operator=operator, temperature=1.1, primer=(), primer_steps=0)
        assert notes_of(ours, asked) == notes_of(magenta, asked)


def test_candidates_are_different_and_come_with_their_likelihood(bundle: ModelFile) -> None:
    candidates = loaded("numpy", bundle).generate(recipe(bundle, candidates=8, temperature=1.2))
    assert len(candidates) == 8
    assert len({candidate.notes for candidate in candidates}) > 1
    assert all(candidate.log_likelihood is not None and candidate.log_likelihood < 0 for candidate in candidates)


class Drawn:
    """The numbers of one generator, whoever asks for a new one."""

    def __init__(self) -> None:
        self.generator = np.random.default_rng(5)

    def random(self, size: tuple[int, ...]) -> np.ndarray[Any, Any]:
        return self.generator.random(size)


def test_going_on_from_loop_to_loop_is_going_on_from_the_whole_passage(bundle: ModelFile) -> None:
    """Three loops in turn equal one long answer, for the same numbers drawn."""
    engine, asked = loaded("numpy", bundle), recipe(bundle, bars=2)
    pieces: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        drawn = Drawn()
        patch.setattr(np.random, "default_rng", lambda _seed: drawn)
        memory = None
        for number in range(3):
            [candidate] = engine.generate(asked, memory)
            pieces += [(note.start + number * 32 * TICKS_PER_STEP, note.pitch) for note in candidate.notes]
            assert candidate.memory
            memory = candidate.memory()
            asked = replace(asked, past=replace(asked, choice=0).remembered)
    with pytest.MonkeyPatch.context() as patch:
        again = Drawn()
        patch.setattr(np.random, "default_rng", lambda _seed: again)
        [whole] = engine.generate(recipe(bundle, bars=6))
    assert pieces == [(note.start, note.pitch) for note in whole.notes]


@pytest.mark.parametrize("primed", [True, False])
def test_a_recipe_is_made_again_to_the_byte_without_any_memory(bundle: ModelFile, primed: bool) -> None:
    engine, memories = loaded("numpy", bundle), Memories()
    primer = {} if primed else {"primer": (), "primer_steps": 0}
    first = recipe(bundle, candidates=5, temperature=1.2, limits=replace(D_DORIAN, most=32.0), **primer)
    line = Evolution(
        recipes.plan(
            kind=first.kind,
            model=first.model,
            model_hash=first.model_hash,
            primer=first.primer,
            limits=first.limits,
            primer_steps=first.primer_steps,
            candidates=5,
            chords=bundle.chords,
            then=("continue", "continue", "mutate", "continue"),
        )
    )
    for _ in range(6):
        answer = compose(engine, line.next_recipe(), memories)
        assert answer.loop
        line.take(answer.recipe, answer.loop)
        again = compose(loaded("numpy", bundle), Recipe.from_json(answer.recipe.as_json()), Memories())
        assert again.loop == answer.loop
        assert again.recipe == answer.recipe


def test_a_memory_of_another_model_is_refused(drums: ModelFile, melody: ModelFile) -> None:
    engine = loaded("numpy", drums, melody)
    memory = engine.generate(recipe(drums))[0].memory
    assert memory
    with pytest.raises(ModelError, match="damaged, or another model's"):
        engine.generate(recipe(melody, past=(ContinuedPast(1, 1.0, 1, 0, 32),)), memory())


@pytest.mark.parametrize(
    "command", ["reverie.compose.worker", "reverie.conductor.offline.perform", "reverie.conductor.arranging.trial"]
)
def test_the_numpy_engine_has_one_thread(command: str) -> None:
    """More would take a core from the player; they are seven times slower where another program has the other core.

    Nothing that a command imports may import NumPy before its engine does: it would count the threads by then.
    """
    code = (
        f"import psutil, {command}; from reverie.compose.engines.by_family import make_engine; make_engine('numpy');"
        "import numpy; a = numpy.ones((900, 900), 'f'); a @ a; print(psutil.Process().num_threads())"
    )
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept)
    assert done.stdout.strip() == "1"
