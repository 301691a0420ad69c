"""Steering: what a model draws suits the harmony, and how likely it finds that is still its own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes import recipes
from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars, chord, higher
from reverie.compose.chord_places import ChordPlaces, avoid_notes, bass_tones, place_weight, rough_tones
from reverie.compose.composer import compose
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.evolution import Evolution
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.steering import Drawing, MelodyBias, steering, wishes_of
from reverie.compose.wishes import Weights
from reverie.models.encodings.encodings import encoding_of
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile, read_model_file
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.model import compose as draw
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
TUNE = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((62, 65, 69, 67)))
HARMONY = bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR, D_MINOR)


@pytest.fixture(scope="module")
def melody() -> ModelFile:
    return read_model_file(SHIPPED / "attention_rnn.safetensors")


@pytest.fixture(scope="module")
def model(melody: ModelFile) -> RecurrentModel:
    return RecurrentModel(read_model(melody))


@pytest.fixture(scope="module")
def engine(melody: ModelFile) -> RecurrentEngine:
    engine = RecurrentEngine()
    engine.load(melody)
    return engine


def recipe(melody: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "model": melody.name,
        "model_hash": melody.sha256,
        "primer": TUNE,
        "primer_steps": 16,
        "bars": 4,
        "candidates": 8,
        "limits": LoopLimits(low=55, high=84, tonic=0, scale="major"),
        "harmony": HARMONY,
        "strictness": 0.8,
    }
    return recipes.recipe(**(fields | changes))


def on_strong_places(asked: Recipe, notes: Sequence[Note]) -> list[bool]:
    places = ChordPlaces(asked.harmony, asked.metre)
    strong = (note for note in notes if place_weight(asked.metre, note.start) == 1)
    return [note.pitch % 12 in places.at(note.start).tones for note in strong]


@pytest.mark.parametrize(("strictness", "least"), [(0.5, 0.7), (0.8, 0.9), (1.0, 1.0)])
def test_notes_on_strong_places_are_chord_tones_the_more_the_stricter(
    engine: RecurrentEngine, melody: ModelFile, strictness: float, least: float
) -> None:
    asked = [recipe(melody, seed=seed, strictness=strictness) for seed in range(3)]
    fits = [fit for one in asked for answer in engine.generate(one) for fit in on_strong_places(one, answer.notes)]
    free = [
        fit
        for one in asked
        for answer in engine.generate(replace(one, strictness=0.0))
        for fit in on_strong_places(one, answer.notes)
    ]
    assert np.mean(free) < 0.65
    assert np.mean(fits) >= least
    assert len(fits) > 0.75 * len(free)  # it is the pitches that are steered, and not how many notes begin


def test_a_free_voice_is_drawn_to_the_note_as_without_harmony(engine: RecurrentEngine, melody: ModelFile) -> None:
    free = recipe(melody, strictness=0.0)
    assert wishes_of(free) is None
    assert [one.notes for one in engine.generate(free)] == [
        one.notes for one in engine.generate(replace(free, harmony=()))
    ]


def test_the_likelihood_is_that_of_the_model_unsteered(model: RecurrentModel, melody: ModelFile) -> None:
    asked = recipe(melody)
    passage = Drawing(0, 1, asked.steps, lambda pitch: pitch)
    primed = model.stream(model.start(4))
    primed.prime((62, NO_EVENT, NO_EVENT, NO_EVENT))
    carried = primed.carried
    stream = model.stream(carried)
    bias = steering(asked, model.encoding, passage)
    assert bias
    own = model.stream(carried)  # hears the same, and is asked without a bias
    rng, counted = np.random.default_rng(1), 0.0
    events: tuple[int, ...] = ()
    for number in range(asked.steps):
        states = tuple(stream.states)
        events = stream.draw(rng, 1.1, bias=partial(bias, number, states, events))
        own.force(events, 1.1)
        assert np.array_equal(stream.latest[0], own.latest[0])
        labels = [one for one in range(model.encoding.classes[0]) if model.encoding.event(states[0], one) == events[0]]
        found = stream.log_likelihoods[0] - counted
        assert any(np.isclose(found, np.log(own.latest[0][label, 0]), atol=1e-5) for label in labels)
        counted = stream.log_likelihoods[0]
    free = model.stream(carried)
    draw(free, asked.steps, np.random.default_rng(1), 1.1)
    assert not np.allclose(free.log_likelihoods, stream.log_likelihoods)  # they are other passages


def plain(
    encoding: Any, weights: Weights, played: Any, step: int, state: Any, sounding: int | None, chances: Any
) -> list[float]:
    """What a label weighs, looked up one by one: what its event means, and notes together begin as often as before."""

    def meant(label: int) -> int:
        return encoding.event(state, label)

    def absolute(event: int) -> float:
        if event == NOTE_OFF or (event == NO_EVENT and sounding is None):
            return float(weights.rests[step])
        return float(weights.holds[step, sounding] if event == NO_EVENT else weights.begins[step, played(event)])

    labels = range(encoding.classes[0])
    notes = [label for label in labels if meant(label) >= 0]
    before = sum(chances[label] for label in notes)
    after = sum(chances[label] * np.exp(weights.pitches[step, played(meant(label))]) for label in notes)
    made_up = min(float(np.log(before / after)), 2.5)
    return [
        absolute(meant(label))
        + (float(weights.pitches[step, played(meant(label))]) + made_up if meant(label) >= 0 else 0.0)
        for label in labels
    ]


@pytest.mark.parametrize("config", ["basic_rnn", "mono_rnn", "lookback_rnn", "attention_rnn"])
def test_a_bias_is_what_a_plain_look_up_of_each_label_says(config: str) -> None:
    encoding = encoding_of(config)
    rng = np.random.default_rng(3)
    steps = 40

    def wish() -> Any:
        return rng.normal(size=(steps, 128)).astype(np.float32)

    weights = Weights(wish(), wish(), wish(), rng.normal(size=steps).astype(np.float32))

    def played(pitch: int) -> int:
        return pitch - 2

    bias = MelodyBias(encoding, weights, None, Drawing(0, 1, steps, played))
    states = [encoding.push(encoding.start(), 60)] * 3
    sounding: list[int | None] = [None] * 3
    events: tuple[int, ...] = ()
    for step in range(steps):
        chances = rng.random((encoding.classes[0], 3)).astype(np.float32)
        found = bias(step, states, events, [chances])
        for row in range(3):
            wanted = plain(encoding, weights, played, step, states[row], sounding[row], chances[:, row])
            assert np.allclose(found[:, row], wanted, atol=1e-4)
        events = tuple(int(rng.choice([NO_EVENT, NO_EVENT, NOTE_OFF, 55, 62, 69])) for _ in range(3))
        states = [encoding.push(state, event) for state, event in zip(states, events, strict=True)]
        for row, event in enumerate(events):
            if event != NO_EVENT:
                sounding[row] = None if event == NOTE_OFF else played(event)


def test_a_tone_that_is_none_of_the_next_chord_is_not_held_over_the_change(
    engine: RecurrentEngine, melody: ModelFile
) -> None:
    asked = recipe(melody, strictness=1.0)
    places = ChordPlaces(asked.harmony, asked.metre)
    for answer in engine.generate(asked):
        for note in answer.notes:
            for tick in range(0, 4 * 1920, 1920):
                if note.start < tick < note.end:
                    assert note.pitch % 12 in places.at(tick).tones


def test_a_bass_has_root_or_fifth_where_the_chord_changes(engine: RecurrentEngine, melody: ModelFile) -> None:
    limits = LoopLimits(low=36, high=60, tonic=0, scale="major")
    asked = recipe(melody, kind="bass", limits=limits, primer=(Note(0, 960, 38), Note(960, 960, 45)))
    places = ChordPlaces(asked.harmony, asked.metre)
    found: list[bool] = []
    for seed in range(3):
        for answer in engine.generate(replace(asked, seed=seed)):
            for tick in range(0, 4 * 1920, 1920):
                sounding = [note.pitch % 12 for note in answer.notes if note.start <= tick < note.end]
                found += [pitch in bass_tones(places.at(tick)) for pitch in sounding]
    assert np.mean(found) >= 0.9


def test_on_strong_places_what_is_rough_over_the_bass_is_the_exception(
    engine: RecurrentEngine, melody: ModelFile
) -> None:
    ninth = (2, 4, 5, 9, 0)  # D minor with seventh and ninth
    asked = recipe(melody, harmony=bars(ninth, ninth, ninth, ninth, ninth))
    rough = rough_tones(asked.harmony[0].spans[0])
    struck = [
        note.pitch % 12 in rough
        for seed in range(3)
        for answer in engine.generate(replace(asked, seed=seed))
        for note in answer.notes
        if place_weight(asked.metre, note.start) == 1
    ]
    assert rough == {4, 0}
    assert np.mean(struck) < 0.15


def test_a_steered_loop_is_made_again_from_its_recipe(engine: RecurrentEngine, melody: ModelFile) -> None:
    made = compose(engine, recipe(melody), Memories())
    assert made.loop
    again = compose(engine, Recipe.from_json(made.recipe.as_json()), Memories())
    assert again.loop == made.loop
    assert again.recipe.id == made.recipe.id


def test_chords_have_their_places() -> None:
    two = BarHarmony((chord(D_MINOR), chord(G_SEVENTH, 960)))
    places = ChordPlaces((two, BarHarmony((chord(G_SEVENTH, change=False),)), *bars(C_CHORD)), Metre())
    assert [places.at(tick).root for tick in (0, 959, 960, 1920, 3840, 9999)] == [2, 2, 7, 7, 0, 0]
    assert [tick for tick in range(0, 5760, TICKS_PER_STEP) if places.changes_at(tick)] == [0, 960, 3840]
    assert [places.next_change(tick) for tick in (0, 960, 3840)] == [960, 3840, None]
    assert [start for start, _ in places.spans_within(480, 2000)] == [480, 960, 1920]


@pytest.mark.parametrize(
    ("metre", "strong"),
    [
        (Metre(4, 4), [0, 960]),
        (Metre(3, 4), [0]),
        (Metre(2, 4), [0]),
        (Metre(6, 8), [0, 720]),
        (Metre(12, 8), [0, 720, 1440, 2160]),
        (Metre(7, 8), [0, 480, 960]),
        (Metre(7, 8, (3, 2, 2)), [0, 720, 1200]),
    ],
)
def test_strong_places_are_where_groups_begin(metre: Metre, strong: list[int]) -> None:
    ticks = range(0, metre.bar_ticks, TICKS_PER_STEP)
    assert [tick for tick in ticks if place_weight(metre, tick) == 1] == strong


def test_a_chord_knows_what_clashes_with_it_and_what_its_bass_may_play() -> None:
    assert avoid_notes(chord(C_CHORD)) == {5}
    assert avoid_notes(chord(D_MINOR)) == set()
    assert rough_tones(chord(G_SEVENTH)) == {5}
    assert rough_tones(chord(C_CHORD, bass=4)) == set()
    assert bass_tones(chord(G_SEVENTH)) == (7, 2)
    assert bass_tones(chord(C_CHORD, bass=4)) == (4, 0, 7)
    assert bass_tones(chord((11, 2, 5))) == (11, 5)


@pytest.mark.parametrize("kind", ["melody", "drums"])
def test_what_was_steered_is_remembered_to_the_bit_without_what_steered_it(
    engine: RecurrentEngine, melody: ModelFile, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, primer = melody, TUNE
    if kind == "drums":
        model = read_model_file(SHIPPED / "drum_kit.safetensors")
        primer = (Note(0, 120, 36), Note(960, 120, 36), Note(480, 120, 38))
        engine.load(model)
        heavier = Weights.even(64)
        heavier.begins[:, 36] = 1.0
        monkeypatch.setattr("reverie.compose.steering.WISHES", (lambda _recipe: heavier,))
    after = recipe(melody, kind=kind, model=model.name, model_hash=model.sha256, primer=primer)
    memories, loops = Memories(), list[Any]()
    for seed in range(1, 5):
        made = compose(engine, replace(after, seed=seed, operator="continue", past=after.remembered), memories)
        assert made.loop
        assert made.recipe.events
        after = made.recipe
        loops.append(made)
    last = loops[-1].recipe
    asked = Recipe.from_json(last.as_json())
    assert asked.memory
    kept = memories.find(asked.memory)
    forgetful = Memories()
    again = compose(engine, asked, forgetful)
    assert again == loops[-1]
    assert forgetful.find(last.memory_after) == memories.find(last.memory_after)
    assert kept
    assert [one.notes for one in engine.generate(asked, kept)] == [one.notes for one in engine.generate(asked)]


def test_a_past_that_was_not_steered_keeps_no_events(engine: RecurrentEngine, melody: ModelFile) -> None:
    made = compose(engine, recipe(melody, harmony=(), strictness=0.0), Memories())
    assert made.loop
    assert made.recipe.events == ()
    assert "events" not in made.recipe.as_json()


class Forgetful(Memories):
    """As if the folder of memories were emptied after every loop."""

    def find(self, name: str) -> bytes | None:
        del name


@pytest.mark.parametrize("away", [0, 7])
def test_a_line_over_chords_is_the_same_where_all_memories_are_lost(
    engine: RecurrentEngine, melody: ModelFile, away: int
) -> None:
    harmony = Progression(HARMONY if not away else higher(HARMONY, away))
    asked = recipe(melody)
    plan = recipes.plan(
        model=melody.name,
        model_hash=melody.sha256,
        primer=TUNE,
        primer_steps=16,
        limits=asked.limits,
        candidates=8,
        harmony=harmony,
        strictness=0.8,
        then=("continue", "continue", "mutate", "continue"),
    )
    played: list[list[Any]] = []
    for memories in (Memories(), Forgetful()):
        line = Evolution(plan)
        made = list[Any]()
        for _ in range(8):
            answer = compose(engine, Recipe.from_json(line.next_recipe().as_json()), memories)
            assert answer.loop
            line.take(answer.recipe, answer.loop)
            made.append((answer.recipe.id, answer.loop))
        played.append(made)
    assert played[0] == played[1]
