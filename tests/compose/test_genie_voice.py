"""Voices that play a piano by eight buttons: what presses them, what is remembered, and which keys come of it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reverie
from fakes import recipes
from fakes.data import data_folder
from fakes.genie import random_genie
from reverie.compose.composer import compose
from reverie.compose.contours import buttons_of, given_contour
from reverie.compose.drawn_contours import drawn_contour
from reverie.compose.engines.genie_playing import GenieEngine
from reverie.compose.guard import guard
from reverie.compose.operators.operator import After
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.models.genie.decoder import LOWEST_PITCH
from reverie.models.library.bundle import Bundle, make_bundle, read_bundle, write_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notation import read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre
from reverie.music.touch import Touch

PIANO = LoopLimits(low=21, high=108, least=0.5, most=24, polyphony=1)
WHITE = (0, 2, 4, 5, 7, 9, 11)
HARMONY = tuple(
    BarHarmony((ChordSpan(0, symbol, root, root, tones, WHITE),))
    for symbol, root, tones in (("C", 0, (0, 4, 7)), ("F", 5, (5, 9, 0)), ("G", 7, (7, 11, 2)))
)
WRITTEN = "1 - 3 5 [2 8]:4 | . 6 (7 6 5):4 4:2 3:4 2 1:2 8"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    return written_to(tmp_path_factory.mktemp("models") / "genie.safetensors", random_genie())


@pytest.fixture(scope="module")
def shipped() -> ModelFile:
    return read_model_file(Path(reverie.__file__).parent / "shipped" / "models" / "piano_genie.safetensors")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    source = data_folder("magenta-weights") / "piano_genie"
    request = ImportRequest(config="piano_genie")
    return read_model_file(import_model(source, tmp_path_factory.mktemp("models"), request).path)


def written_to(path: Path, bundle: Bundle) -> ModelFile:
    write_bundle(path, bundle)
    return read_model_file(path)


def loaded(model: ModelFile) -> GenieEngine:
    engine = GenieEngine()
    engine.load(model)
    return engine


def asked(model: ModelFile, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "genie",
        "model": model.name,
        "model_hash": model.sha256,
        "candidates": 3,
        "temperature": 0.5,
        "limits": PIANO,
        "settings": {"qpm": 100.0},
    }
    return recipes.recipe(**(fields | changes))


def told(contour: str) -> dict[str, float | str]:
    return {"qpm": 100.0, "contour": contour}


def by_the_rule(
    weights: dict[str, NDArray[np.float32]], presses: list[tuple[float, int]], draws: list[float], temperature: float
) -> list[int]:
    """What magenta.js plays, in the plainest words: ``presses`` are seconds and buttons, one key after the other."""
    wide = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    units = len(wide["input.bias"])
    cells: list[NDArray[Any]] = [np.zeros(units)] * 2
    hiddens = list(cells)
    last_key, last_time = -1, -1e9
    keys: list[int] = []
    for (now, button), draw in zip(presses, draws, strict=True):
        x = np.zeros(123)
        x[0] = 2 * button / 7 - 1
        x[1 + last_key + 1] = 1
        x[90 + int(min(round((now - last_time) * 31.25), 32))] = 1
        x = x @ wide["input.kernel"] + wide["input.bias"]
        for layer in range(2):
            gates = np.concatenate([x, hiddens[layer]]) @ wide[f"layers.{layer}.kernel"]
            i, j, f, o = np.split(gates + wide[f"layers.{layer}.bias"], 4)
            cells[layer] = cells[layer] / (1 + np.exp(-f - 1)) + np.tanh(j) / (1 + np.exp(-i))
            x = hiddens[layer] = np.tanh(cells[layer]) / (1 + np.exp(-o))
        scaled = (x @ wide["output.kernel"] + wide["output.bias"]) / temperature
        chances = np.exp(scaled - scaled.max())
        last_key = int(np.searchsorted(np.cumsum(chances / chances.sum()), draw, side="right"))
        last_time = now
        keys.append(LOWEST_PITCH + last_key)
    return keys


@pytest.mark.parametrize("qpm", [63.0, 140.0])
@pytest.mark.parametrize("which", ["model", "published"])
def test_a_whole_loop_has_the_keys_of_magentas_rule(which: str, qpm: float, request: pytest.FixtureRequest) -> None:
    """The same buttons, times and uniform numbers make the same keys."""
    file: ModelFile = request.getfixturevalue(which)
    line = [(0, 0), (2, 2), (3, 4), (4, 7), (9, 5), (10, 3), (12, 1), (15, 1), (24, 6), (31, 0)]
    rests = [b - a - 1 for (a, _), (b, _) in zip(line, [*line[1:], (32, 0)], strict=True)]
    contour = " ".join(
        f"{button + 1}{f' .:{rest}' if rest else ''}" for (_, button), rest in zip(line, rests, strict=True)
    )
    recipe = asked(file, settings={"qpm": qpm, "contour": contour}, temperature=0.8, candidates=4)
    weights = dict(read_bundle(file.path).weights)
    second = 60 / qpm / 4
    made = loaded(file).generate(recipe)
    assert len({one.notes for one in made}) == 4
    for number, answer in enumerate(made):
        draws = np.random.default_rng((recipe.seed, number)).random(len(line)).tolist()
        expected = by_the_rule(weights, [(step * second, button) for step, button in line], draws, 0.8)
        assert [note.pitch for note in answer.notes] == expected
        assert [note.start for note in answer.notes] == [step * TICKS_PER_STEP for step, _ in line]


def test_a_written_contour_has_its_own_rhythm_and_lengths(model: ModelFile) -> None:
    limits = replace(PIANO, polyphony=2)
    for answer in loaded(model).generate(asked(model, settings=told("1:4 [2 8]:2 . (3 4 5):4 6"), limits=limits)):
        quarter, step = TICKS_PER_QUARTER, TICKS_PER_STEP
        first = [(0, 4 * step), (4 * step, 2 * step), (4 * step, 2 * step), (7 * step, quarter // 3)]
        there = [(note.start, note.length) for note in answer.notes]
        assert there[:4] == first
        assert there[7:9] == [(12 * step, 4 * step), (16 * step, 2 * step)]


def test_a_recipe_makes_the_same_loop_after_json_in_a_new_engine(model: ModelFile) -> None:
    engine = loaded(model)
    first = compose(engine, asked(model), Memories())
    assert first.loop is not None
    after = After(first.recipe, first.loop)
    goes_on = OPERATORS["continue"].told(after.told, after)
    assert goes_on.past
    wanted = replace(asked(model), operator="continue", seed=2, primer=goes_on.primer, past=goes_on.past)
    there = compose(engine, wanted, Memories())
    read = Recipe.from_json(json.loads(json.dumps(there.recipe.as_json())))
    again = compose(loaded(model), read, Memories())
    assert (again.loop, again.recipe.id) == (there.loop, there.recipe.id)


def test_two_loops_that_go_on_are_the_keys_of_one_twice_as_long(model: ModelFile) -> None:
    """What is remembered from loop to loop is all that the model would know in one go."""
    engine = loaded(model)
    contour = "1 . 4 . 8 5 . 2 . . . 6 . 3 . ."
    whole = engine.generate(asked(model, settings=told(contour), bars=2, candidates=1))[0]
    first = compose(engine, asked(model, settings=told(contour), bars=1, candidates=1), Memories())
    assert first.loop is not None
    past = After(first.recipe, first.loop).continued.past
    weights = dict(read_bundle(model.path).weights)
    second = replace(asked(model, settings=told(contour), bars=1, candidates=1), seed=5, past=past, operator="continue")
    line = [(step, int(word) - 1) for step, word in enumerate(contour.split()) if word != "."]
    draws = [*np.random.default_rng((1, 0)).random(len(line)), *np.random.default_rng((5, 0)).random(len(line))]
    times = [(step * 0.15, button) for step, button in [*line, *((step + 16, button) for step, button in line)]]
    expected = by_the_rule(weights, times, draws, 0.5)
    assert [note.pitch for note in whole.notes][: len(line)] == expected[: len(line)]
    assert [note.pitch for note in engine.generate(second)[0].notes] == expected[len(line) :]


def test_only_the_scale_sounds_in_the_register(model: ModelFile) -> None:
    limits = replace(PIANO, low=48, high=72, tonic=2, scale="major")
    notes = [n for one in loaded(model).generate(asked(model, limits=limits, temperature=2.0)) for n in one.notes]
    assert len({note.pitch for note in notes}) > 6
    assert {note.pitch % OCTAVE for note in notes} <= {2, 4, 6, 7, 9, 11, 1}
    assert all(48 <= note.pitch <= 72 for note in notes)


def test_the_first_key_is_where_its_button_lies_in_the_register(model: ModelFile) -> None:
    limits = replace(PIANO, low=48, high=76)

    def first(button: int) -> float:
        given = loaded(model).generate(asked(model, settings=told(f"{button} . . ."), limits=limits, candidates=24))
        return float(np.mean([answer.notes[0].pitch for answer in given]))

    assert 48 <= first(1) < 56 < first(4) < 68 < first(8) <= 76


def test_harmony_that_binds_is_drawn_and_not_mended(model: ModelFile) -> None:
    bound = asked(model, harmony=HARMONY, strictness=1.0, candidates=8, temperature=1.0)
    notes = [note for one in loaded(model).generate(bound) for note in one.notes]
    strong = [note for note in notes if note.start % (2 * TICKS_PER_QUARTER) == 0]
    tones = [HARMONY[note.start // Metre().bar_ticks].spans[0].tones for note in strong]
    assert len(strong) > 20
    assert all(note.pitch % OCTAVE in tone for note, tone in zip(strong, tones, strict=True))
    free = [note for one in loaded(model).generate(replace(bound, strictness=0.0)) for note in one.notes]
    assert any(note.pitch % OCTAVE not in HARMONY[note.start // 1920].spans[0].tones for note in free)


def test_another_voices_line_presses_the_buttons(model: ModelFile) -> None:
    tune = read_tune("C4:4 E4:2 . G4 C5:8 | [D4 A4]:8 .:8")
    loop = Loop(2, Metre(), tune.notes)
    recipe = asked(
        model,
        bars=4,
        relations=(Relation("follow", "lead"),),
        heard=(HeardLoop("lead", loop.content_hash, 0, 1, 1), HeardLoop("lead", loop.content_hash, 2, 1, 0)),
        loops={loop.content_hash: loop},
        limits=replace(PIANO, polyphony=2),
    )
    presses = given_contour(recipe)
    assert presses is not None
    assert [(press.start // TICKS_PER_STEP, press.button) for press in presses] == [
        (0, 2), (0, 5), (32, 1), (36, 3), (39, 4), (40, 6),
    ]  # fmt: skip
    answer = loaded(model).generate(recipe)[0]
    assert [note.start for note in answer.notes] == [press.start for press in presses]
    one = given_contour(replace(recipe, limits=PIANO))
    assert one is not None
    assert [press.button for press in one if press.start == 0] == [5]


@pytest.mark.parametrize("notes", [(), (Note(0, 1920, 60, tied=True),)])
def test_where_the_voice_that_is_followed_rests_for_a_loop_so_does_the_piano(
    model: ModelFile, notes: tuple[Note, ...]
) -> None:
    silent = Loop(1, Metre(), notes)
    recipe = asked(
        model,
        relations=(Relation("follow", "tune"),),
        heard=(HeardLoop("tune", silent.content_hash, 0, 2, 0),),
        loops={silent.content_hash: silent},
        bars=2,
    )
    made = compose(loaded(model), replace(recipe, touch=Touch()), Memories())
    assert made.loop == Loop(2, Metre(), ())
    assert not made.refused
    unknown = compose(loaded(model), replace(recipe, heard=(), loops={}), Memories())
    assert unknown.loop is not None
    assert unknown.loop.notes


@pytest.mark.parametrize(("least", "most"), [(1, 1), (2, 4), (8, 12)])
def test_what_is_played_by_a_drawn_contour_is_as_dense_as_the_voice_is_to_be(
    model: ModelFile, least: float, most: float
) -> None:
    limits = replace(PIANO, least=least, most=most, polyphony=2)
    for seed in range(12):
        recipe = asked(model, limits=limits, bars=4, seed=seed, candidates=4)
        made = compose(loaded(model), recipe, Memories())
        assert made.loop is not None
        assert least <= len(made.loop.notes) / 4 <= most
        assert all(made.loop.bar(bar) for bar in range(4))


def test_the_guard_holds_a_drawn_contour_to_the_density_and_not_a_given_one(model: ModelFile) -> None:
    dense = [Note(at * TICKS_PER_STEP, TICKS_PER_STEP, 60 + at % 5) for at in range(16)]
    recipe = asked(model, bars=1, limits=replace(PIANO, most=8))
    assert guard(recipe, dense).refusal == "dense"
    given = replace(recipe, settings={**recipe.settings, "contour": "1 2 3 4"})
    assert guard(given, dense).refusal is None
    assert guard(given, []).refusal == "empty"


def test_accents_and_ghost_notes_of_a_contour_are_heard_with_a_touch_and_without(model: ModelFile) -> None:
    limits = replace(PIANO, velocity_low=20, velocity_high=120)
    recipe = asked(model, bars=1, limits=limits, candidates=1)
    recipe = replace(recipe, settings={**recipe.settings, "contour": "1>:2 2<:2 3:2 4:2 5>:2 6<:2 7:2 8:2"})
    for touch in (Touch(), None):
        made = compose(loaded(model), replace(recipe, touch=touch), Memories())
        assert made.loop is not None
        accent, ghost, plain = ([made.loop.notes[at].velocity for at in (one, one + 4)] for one in range(3))
        if touch:
            assert min(accent) > max(plain)
            assert max(ghost) < min(plain)
        assert sum(accent) > sum(plain) > sum(ghost)


def test_where_nothing_is_heard_a_contour_is_drawn(model: ModelFile) -> None:
    assert given_contour(asked(model, relations=(Relation("follow", "lead"),))) is None
    assert loaded(model).generate(asked(model, relations=(Relation("follow", "lead"),)))[0].notes


def test_up_to_eight_pitches_keep_every_way() -> None:
    notes = [Note(i, 1, pitch) for i, pitch in enumerate((60, 72, 71, 62, 62, 48, 90, 89))]
    assert buttons_of(notes) == [1, 4, 3, 2, 2, 0, 6, 5]
    many = [Note(i, 1, 40 + i) for i in range(20)]
    assert buttons_of(many) == sorted(buttons_of(many))
    assert (min(buttons_of(many)), max(buttons_of(many))) == (0, 7)


@pytest.mark.parametrize("metre", ["4/4", "7/8", "3/4", "2+2+3/8"])
def test_a_drawn_contour_fills_any_metre_as_densely_as_asked(model: ModelFile, metre: str) -> None:
    def presses(bars: int, **limits: Any) -> list[int]:
        recipe = asked(model, bars=bars, metre=Metre.parse(metre), limits=replace(PIANO, **limits))
        drawn = [drawn_contour(recipe, np.random.default_rng(seed)) for seed in range(12)]
        end = bars * recipe.metre.bar_ticks
        assert all(0 <= press.start < press.start + press.length <= end for one in drawn for press in one)
        return [press.start for one in drawn for press in one]

    thin, dense = presses(4, least=1, most=5), presses(4, least=6, most=12)
    assert 1 * 48 <= len(thin) <= 4 * 48
    assert 6 * 48 <= len(dense) <= 11 * 48
    beats = [start for start in thin if Metre.parse(metre).accent(start) >= 0.7]
    assert len(beats) > len(thin) / 2
    assert presses(3, least=1, most=5)


def test_a_drawn_contour_moves_smoothly_over_most_buttons(model: ModelFile) -> None:
    lines = [drawn_contour(asked(model, bars=8), np.random.default_rng(seed)) for seed in range(20)]
    steps = [abs(b.button - a.button) for one in lines for a, b in pairwise(one)]
    assert 0.6 < np.mean(steps) < 1.4
    assert max(steps) <= 2
    assert {press.button for one in lines for press in one} == set(range(8))


def test_several_voices_are_buttons_of_their_own(model: ModelFile) -> None:
    recipe = asked(model, limits=replace(PIANO, polyphony=3), bars=4)
    for answer in loaded(model).generate(recipe):
        together = [sum(one.start <= note.start < one.end for one in answer.notes) for note in answer.notes]
        assert max(together) in {2, 3, 4}
        keys = [(note.start, note.pitch) for note in answer.notes]
        assert len(keys) == len(set(keys))
    assert compose(loaded(model), recipe, Memories()).loop is not None


def test_a_voice_that_is_locked_to_drums_presses_where_they_are_struck(model: ModelFile) -> None:
    beat = Loop(1, Metre(), tuple(Note(step * TICKS_PER_STEP, 60, 36) for step in (0, 3, 6, 10, 13)))
    heard = (HeardLoop("beat", beat.content_hash, 0, 4, 0),)
    locked = asked(
        model, bars=4, heard=heard, loops={beat.content_hash: beat}, relations=(Relation("lock", "beat", drum=36),)
    )
    limits = replace(PIANO, least=1, most=9)

    def together(recipe: Recipe) -> float:
        starts = [p.start for seed in range(8) for p in drawn_contour(recipe, np.random.default_rng(seed))]
        return sum(start // TICKS_PER_STEP % 16 in {0, 3, 6, 10, 13} for start in starts) / len(starts)

    assert together(replace(locked, limits=limits)) > 0.9
    assert together(replace(locked, limits=limits, relations=())) < 0.6


@pytest.mark.parametrize("contour", ["4 4 4 4 4 4 4 4", "4 .:63", "1:1 2:1"])
def test_no_contour_is_refused_for_what_it_says(model: ModelFile, contour: str) -> None:
    limits = replace(PIANO, least=2, most=6)
    made = compose(loaded(model), asked(model, bars=4, settings=told(contour), limits=limits), Memories())
    assert made.loop is not None
    assert not made.refused
    assert len(made.loop.notes) == {"4 4 4 4 4 4 4 4": 64, "4 .:63": 1, "1:1 2:1": 64}[contour]


def test_mutating_keeps_the_first_half_which_the_model_hears(model: ModelFile) -> None:
    engine = loaded(model)
    first = compose(engine, asked(model), Memories())
    assert first.loop is not None
    after = After(first.recipe, first.loop)
    half = OPERATORS["mutate"].told(after.told, after)
    wanted = replace(asked(model), operator="mutate", primer=half.primer, primer_steps=half.primer_steps, seed=9)
    changed = compose(engine, wanted, Memories()).loop
    assert changed is not None
    middle = first.loop.ticks // 2
    kept = [(note.start, note.pitch) for note in changed.notes if note.start < middle]
    assert kept == [(note.start, note.pitch) for note in first.loop.notes if note.start < middle]
    assert changed != first.loop
    deaf = replace(wanted, primer=tuple(replace(note, pitch=note.pitch % 12 + 60) for note in half.primer))
    assert engine.generate(deaf)[0].events != engine.generate(wanted)[0].events


@pytest.mark.parametrize("which", ["shipped", "published"])
def test_a_trained_model_follows_its_contour(which: str, request: pytest.FixtureRequest) -> None:
    trained: ModelFile = request.getfixturevalue(which)
    settings = told("1 2 3 4 5 6 7 8 . . . . . . . . 8 7 6 5 4 3 2 1 . . . . . . . .")
    ways: list[bool] = []
    for answer in loaded(trained).generate(asked(trained, settings=settings, candidates=12, temperature=0.25)):
        pitches = [note.pitch for note in answer.notes]
        ways += [b > a for a, b in pairwise(pitches[:8])]
        ways += [b < a for a, b in pairwise(pitches[8:])]
    assert len(ways) == 12 * 14
    assert sum(ways) / len(ways) > 0.8


def test_a_model_that_was_not_loaded_or_is_none_of_these_is_told(model: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="before it was loaded"):
        GenieEngine().generate(asked(model))
    bundle = random_genie()
    weights = {name: tensor for name, tensor in bundle.weights.items() if name != "output.bias"}
    broken = written_to(tmp_path / "broken.safetensors", make_bundle(bundle.card, weights))
    with pytest.raises(ModelError, match=r"^\S+broken\.safetensors: output\.bias is missing"):
        loaded(broken)
