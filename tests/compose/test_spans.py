"""A model keeps its place in the bar in metres that its counter does not fit, since it begins anew at bar lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reverie
from fakes import recipes
from fakes.counting_models import COUNTERS, counting_model
from reverie.compose.composer import compose
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.evolution import Evolution
from reverie.compose.recipe import ContinuedPast, LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.steering import Drawing, MelodyBias
from reverie.compose.wishes import Weights
from reverie.conductor.arranging.arrange import arrange
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF, ending
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile, find_models, read_model_file
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.spans import BarSpan, SpanComposer
from reverie.music.drums import DRUMS
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.places import scenes_folder
from reverie.scenes.folder import SceneFolder

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
SEVEN, WALTZ, SIX, FIVE = Metre(7, 8, (2, 2, 3)), Metre(3, 4), Metre(6, 8), Metre(5, 4)
ODD = (SEVEN, WALTZ, SIX, FIVE)
KICK, HAT = 1, 4
"""Classes of ``drum_kit``."""
NOTHING, FIRST_PITCH = 0, 2
"""Classes of ``lookback_rnn``."""


def beat(bar: int) -> Callable[[int], int]:
    return lambda count: KICK if count % bar == 0 else HAT if count % bar == bar - 2 else 0


def drummer(folder: Path, metre: Metre) -> ModelFile:
    return counting_model(folder, "drum_kit", beat(metre.bar_steps))


def piper(folder: Path, config: str, metre: Metre) -> ModelFile:
    """A melody with a note on each bar line and one in the last eighth."""
    bar = metre.bar_steps
    notes, nothing = (FIRST_PITCH, NOTHING) if config == "lookback_rnn" else (0, 36)
    places = {0: notes + 12, bar - 2: notes + 14}
    return counting_model(folder, config, lambda count: places.get(count % bar, nothing))


def plan(model: ModelFile, metre: Metre, **changes: Any) -> Any:
    bar = metre.bar_ticks
    told = (
        (Note(0, 120, DRUMS["bass"]),)
        if model.kinds[0] == "drums"
        else (Note(0, bar - 240, 60), Note(bar - 240, 240, 62))
    )
    fields: dict[str, Any] = {
        "kind": model.kinds[0],
        "model": model.name,
        "model_hash": model.sha256,
        "metre": metre,
        "primer": told,
        "primer_steps": metre.bar_steps,
        "limits": LoopLimits(low=36, high=96),
        "span": model.counting.span(metre.bar_steps),
    }
    return recipes.plan(**(fields | changes))


def played(model: ModelFile, line: Evolution, loops: int) -> list[tuple[Recipe, Sequence[Note]]]:
    """The recipes of so many loops, and their notes."""
    engine = RecurrentEngine()
    engine.load(model)
    made: list[tuple[Recipe, Sequence[Note]]] = []
    for _ in range(loops):
        answer = compose(engine, line.next_recipe(), Memories())
        assert answer.loop
        made.append((answer.recipe, answer.loop.notes))
        line.take(answer.recipe, answer.loop)
    return made


def places(notes: Sequence[Note], bar: int) -> set[tuple[int, int]]:
    return {(note.start // TICKS_PER_STEP % bar, note.pitch) for note in notes}


@pytest.mark.parametrize("metre", ODD, ids=str)
@pytest.mark.parametrize("bars", [1, 2, 3, 4, 7])
def test_drums_keep_their_place_from_loop_to_loop_and_in_long_loops(tmp_path: Path, metre: Metre, bars: int) -> None:
    model = drummer(tmp_path, metre)
    line = Evolution(plan(model, metre, bars=bars, then=("continue", "continue", "mutate"), candidates=2))
    for _, notes in played(model, line, 8):
        assert places(notes, metre.bar_steps) == {
            (0, DRUMS["bass"]),
            (metre.bar_steps - 2, DRUMS["closed-hat"]),
        }
        assert len(notes) == 2 * bars


@pytest.mark.parametrize("metre", [SEVEN, WALTZ, SIX], ids=str)
@pytest.mark.parametrize("config", [config for config in COUNTERS if config != "drum_kit"])
def test_melodies_keep_their_place(tmp_path: Path, config: str, metre: Metre) -> None:
    model = piper(tmp_path, config, metre)
    line = Evolution(plan(model, metre, bars=4, then=("continue", "mutate", "continue")))
    for _, notes in played(model, line, 6):
        assert {place for place, _ in places(notes, metre.bar_steps)} == {0, metre.bar_steps - 2}
        assert len(notes) == 8


@pytest.mark.parametrize("metre", ODD, ids=str)
@pytest.mark.parametrize("steps", [0, 1, 5, 8, 14, 21, 30, 100])
def test_a_loop_begins_on_the_bar_line_however_long_its_primer_is(tmp_path: Path, metre: Metre, steps: int) -> None:
    model = drummer(tmp_path, metre)
    primer = (Note(0, 120, DRUMS["snare"]),) if steps else ()
    [(_, notes)] = played(model, Evolution(plan(model, metre, bars=5, primer=primer, primer_steps=steps)), 1)
    assert places(notes, metre.bar_steps) == {(0, DRUMS["bass"]), (metre.bar_steps - 2, DRUMS["closed-hat"])}


def test_without_spans_the_place_is_lost(tmp_path: Path) -> None:
    """What this mends: so a test that finds all in its place has looked."""
    model = drummer(tmp_path, SEVEN)
    _, notes = played(model, Evolution(plan(model, SEVEN, span=0)), 4)[-1]
    assert (0, DRUMS["bass"]) not in places(notes, SEVEN.bar_steps)


def test_what_counts_in_bars_goes_on_as_ever(tmp_path: Path) -> None:
    for metre in (Metre(), Metre(2, 4), Metre(4, 8)):
        assert drummer(tmp_path, metre).counting.span(metre.bar_steps) == 0
    common = plan(drummer(tmp_path, Metre()), Metre())
    assert "span" not in common.recipe("reset", 0, 0).as_json()


def test_scenes_tell_their_models_how_far_they_know_their_place() -> None:
    models, _ = find_models([SHIPPED])
    folder = SceneFolder([scenes_folder()], {name: model.kinds for name, model in models.items()}, ["main"])
    spans: dict[str, set[int]] = {}
    for name in folder.names():
        loaded = folder.load(name)
        assert loaded.fault is None
        spans[name] = {plan.span for plan in arrange(loaded.scene, models).plans.values() if plan.model}
    assert spans.pop("seven-steps") == {56, 126}
    assert spans.pop("carousel") == {120}
    assert set().union(*spans.values()) == {0}


@pytest.mark.parametrize("name", ["drum_kit", "attention_rnn"])
def test_a_loop_in_an_odd_metre_is_made_again_to_the_byte_by_a_new_engine(name: str) -> None:
    model = read_model_file(SHIPPED / f"{name}.safetensors")
    line = Evolution(
        plan(model, SEVEN, bars=3, candidates=4, then=("continue", "mutate"), limits=LoopLimits(36, 96, 0.1))
    )
    for recipe, notes in played(model, line, 4):
        assert (recipe.span, recipe.past, recipe.memory) == (
            SEVEN.bar_steps * (4 if name == "drum_kit" else 9),
            (),
            None,
        )
        engine = RecurrentEngine()
        engine.load(model)
        again = compose(engine, Recipe.from_json(recipe.as_json()), Memories())
        assert again.loop
        assert again.loop.notes == notes
        assert again.recipe == recipe


def test_what_continued_a_past_before_there_were_spans_is_drawn_as_it_was(tmp_path: Path) -> None:
    model = drummer(tmp_path, SEVEN)
    engine = RecurrentEngine()
    engine.load(model)
    past = (ContinuedPast(1, 1.0, 1, 0, 28),)
    of_old = replace(plan(model, SEVEN, span=0).recipe("continue", 1, 2), past=past)
    assert engine.generate(replace(of_old, span=56))[0].notes == engine.generate(of_old)[0].notes


@given(st.integers(1, 32), st.integers(2, 9), st.data())
def test_no_step_is_drawn_beyond_the_span(bar: int, bars: int, data: st.DataObject) -> None:
    span = BarSpan(bar, bar * bars)
    place, known, left = (
        data.draw(st.integers(0, bar - 1)),
        data.draw(st.integers(1, 300)),
        data.draw(st.integers(1, 300)),
    )
    told = span.told(place, known, left)
    assert told % bar == place
    assert 0 < told < span.longest
    assert told <= known or told <= bar
    assert told + left <= span.longest or told <= place + 2 * bar


class Noted:
    """A bias that changes nothing and writes down what it is asked."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.events: list[tuple[Any, ...]] = []

    def __call__(self, number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Any]) -> None:
        assert len(states) == chances[0].shape[1]
        self.numbers.append(number)
        self.events.append(tuple(events))


@pytest.fixture(scope="module")
def kit() -> RecurrentModel:
    return RecurrentModel(read_model(read_model_file(SHIPPED / "drum_kit.safetensors")))


OPENING = (frozenset({36}), *(frozenset[int](),) * 13)


def last(events: Sequence[Any], steps: int) -> Sequence[Any]:
    return events[-steps:]


def test_steering_goes_on_step_by_step_where_a_model_begins_anew(kit: RecurrentModel) -> None:
    noted = Noted()
    composer = SpanComposer(kit, BarSpan(14, 56), last)
    made = composer.compose(OPENING, 0, 70, np.random.default_rng(1), 1.2, batch=3, bias=noted)
    assert noted.numbers == list(range(70))
    assert noted.events == [(), *list(zip(*made.events, strict=True))[:-1]]


def parts_likelihood(kit: RecurrentModel, opening: Sequence[Any], events: Sequence[Any], temperature: float) -> float:
    """How likely 70 events after a bar of 14 are where a bar is told first, and then two."""
    passage, total = (*opening, *events), 0.0
    for begin, told, end in ((0, 14, 56), (28, 56, 84)):
        stream = kit.stream(kit.start())
        stream.prime(passage[begin:told])
        for event in passage[told:end]:
            stream.force([event], temperature)
        total += float(stream.log_likelihoods[0])
    return total


def test_each_candidate_is_as_likely_as_if_it_were_alone(kit: RecurrentModel) -> None:
    composer = SpanComposer(kit, BarSpan(14, 56), last)
    made = composer.compose(OPENING, 0, 70, np.random.default_rng(2), 1.3, batch=4)
    assert len(set(made.events)) == 4
    for events, likelihood in zip(made.events, made.log_likelihoods, strict=True):
        assert likelihood == pytest.approx(parts_likelihood(kit, OPENING, events, 1.3), rel=1e-4)


def test_each_passage_goes_on_from_an_opening_of_its_own(kit: RecurrentModel) -> None:
    composer = SpanComposer(kit, BarSpan(14, 56), last)
    snares = (frozenset({38}), *(frozenset[int](),) * 13)
    made = composer.compose_after([OPENING, snares], 0, 70, np.random.default_rng(2), 1.3)
    for opening, events, likelihood in zip((OPENING, snares), made.events, made.log_likelihoods, strict=True):
        assert likelihood == pytest.approx(parts_likelihood(kit, opening, events, 1.3), rel=1e-4)
    with pytest.raises(ValueError, match="equally long"):
        composer.compose_after([OPENING, snares[:7]], 0, 70, np.random.default_rng(2))


@pytest.fixture(scope="module")
def tune() -> RecurrentModel:
    return RecurrentModel(read_model(read_model_file(SHIPPED / "attention_rnn.safetensors")))


def sung(tune: RecurrentModel, weights: Weights, count: int) -> Sequence[tuple[int, ...]]:
    """Melodies in 7/8 that are told two beats and steered by weights, in spans of two bars: seams after each bar."""
    opening = (60, *(NO_EVENT,) * 7, 64, *(NO_EVENT,) * 3, NOTE_OFF, NO_EVENT)
    bias = MelodyBias(tune.encoding, weights, None, Drawing(0, 1, count, lambda pitch: pitch))
    composer = SpanComposer(tune, BarSpan(14, 28), ending)
    return composer.compose(opening, 0, count, np.random.default_rng(3), 1.2, batch=64, bias=bias).events


def held_at(events: Sequence[int], step: int) -> bool:
    """Whether a note that was drawn before goes on at a step."""
    before = next((event for event in reversed(events[:step]) if event != NO_EVENT), NOTE_OFF)
    return events[step] == NO_EVENT and before != NOTE_OFF


def test_a_melody_is_steered_over_the_seam_by_what_sounds_there(tune: RecurrentModel) -> None:
    """At a seam a model begins anew; its steering must not, or a note is held that was to end."""
    count, seam = 42, 14
    free = Weights.even(count)
    assert np.mean([held_at(events, seam) for events in sung(tune, free, count)]) > 0.2
    ended = replace(free, holds=free.holds.copy())
    ended.holds[seam] = -1e4
    assert not any(held_at(events, seam) for events in sung(tune, ended, count))
    rested = replace(free, rests=free.rests.copy(), begins=free.begins.copy())
    rested.rests[seam], rested.begins[seam] = -1e4, -1e4
    for events in sung(tune, rested, count):
        before = next((event for event in reversed(events[:seam]) if event != NO_EVENT), NOTE_OFF)
        assert before == NOTE_OFF or held_at(events, seam)


def test_what_is_wished_for_after_a_seam_is_wished_for_there(tune: RecurrentModel) -> None:
    """Each bar has its own two pitches."""
    count, pitches = 42, ((60, 64), (62, 65), (67, 71))
    weights = Weights.even(count)
    for bar, own in enumerate(pitches):
        others = [pitch for pitch in range(weights.pitches.shape[1]) if pitch not in own]
        weights.begins[14 * bar : 14 * (bar + 1), others] = -1e4
    found = sung(tune, weights, count)
    for bar, own in enumerate(pitches):
        begun = {event for events in found for event in events[14 * bar : 14 * (bar + 1)] if event >= 0}
        assert begun == set(own)
