"""What people ask of a voice, made by the shipped models: their own is kept as it is, and what is heard is what the
recipe says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reverie
from fakes.engines import loaded
from fakes.scenes import scene
from reverie.compose.asked_loop import asked_loop
from reverie.compose.composer import Composed, compose, derived
from reverie.compose.engines.engine import Engine
from reverie.compose.operators.asked import ASKED, BLENDED, GIVEN, SEEDED, own_as_text, own_of
from reverie.compose.operators.operator import After
from reverie.compose.recipe import Recipe
from reverie.compose.selection import distance
from reverie.compose.state_cache import Memories
from reverie.compose.voice_plan import VoicePlan
from reverie.conductor.arranging.arrange import arrange
from reverie.models.library.index import ModelFile, find_models
from reverie.music.drums import DRUMS
from reverie.music.notation import ACCENT, GHOST, PLAIN, read_tune
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP
from reverie.music.written_tune import written_tune
from reverie.site.actions import ControlError
from reverie.site.loop_wishes import BlendWish, LoopWish, SeedWish

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
SCENE = """
name: study
title: A study
tempo: 120
metre: {metre}
key: D
scale: dorian
seed: 3
harmony: "Dm7 | G7"
voices:
  beat:
    kind: drums
    model: {drums}
    bars: 2
    evolve: {{hold: 2, candidates: 3}}
    output: {{channel: 10, velocity: [50, 110]}}
  lead:
    kind: melody
    model: {melody}
    register: [C4, C6]
    bars: 2
    evolve: {{hold: 2, candidates: 3}}
    output: {{channel: 1, velocity: [50, 90]}}
"""
FIRST, SECOND = "D5:4 F5:4 A5:4 G5:4 F5:8 E5:8", "A4:2 C5:2 D5:4 E5:8 D5:2 C5:2 A4:12"
STEPS = 32


@pytest.fixture(scope="module")
def models() -> dict[str, ModelFile]:
    return find_models([SHIPPED])[0]


@pytest.fixture(scope="module")
def engines(models: dict[str, ModelFile]) -> dict[str, Engine]:
    names = ("drum_kit", "melody_2bar", "drums_2bar", "attention_rnn")
    return {models[name].sha256: loaded(models[name]) for name in names}


def plan(models: dict[str, ModelFile], voice: str, **fields: str) -> VoicePlan:
    told = {"drums": "drum_kit", "melody": "attention_rnn", "metre": "4/4"} | fields
    return arrange(scene(SCENE.format(**told)), models).plans[voice]


def recipe(plan: VoicePlan, wish: LoopWish, number: int = 4, after: After | None = None) -> Recipe:
    asked = asked_loop(wish, plan)
    return asked.recipe(plan, plan.recipe(asked.operator, number, 8, after))


def made(engines: dict[str, Engine], recipe: Recipe) -> Composed:
    if recipe.operator == GIVEN:
        return derived(recipe)
    return compose(engines[recipe.model_hash], recipe, Memories())


def loop_of(engines: dict[str, Engine], recipe: Recipe) -> Loop:
    loop = made(engines, recipe).loop
    assert loop is not None
    return loop


def struck(notes: tuple[Note, ...]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for note in notes:
        found.setdefault(note.start // TICKS_PER_STEP, set()).add(note.pitch)
    return found


def strokes(*places: tuple[int, str], mark: int = PLAIN) -> tuple[Note, ...]:
    return tuple(Note(step * TICKS_PER_STEP, TICKS_PER_STEP, DRUMS[drum], mark) for step, drum in places)


GRID = strokes((0, "bass"), (4, "snare"), (8, "bass"), (10, "bass"), (12, "snare"), (12, "crash"))


@pytest.mark.parametrize("drums", ["drum_kit", "drums_2bar"])
def test_the_grids_own_steps_are_kept_and_the_model_goes_on(
    models: dict[str, ModelFile], engines: dict[str, Engine], drums: str
) -> None:
    asked = recipe(plan(models, "beat", drums=drums), SeedWish(GRID, 16))
    assert (asked.operator, asked.model, asked.primer_steps) == (SEEDED, "drum_kit", 16)
    loop = loop_of(engines, asked)
    there = struck(loop.notes)
    assert {step: drums for step, drums in there.items() if step < 16} == struck(GRID)
    assert any(step >= 16 for step in there), "the model goes on"
    others = {loop_of(engines, recipe(plan(models, "beat"), SeedWish(GRID, 16), number)).notes for number in range(5)}
    assert len(others) > 1, "and each time otherwise"
    assert all(
        note.shift == 0 and 50 <= note.velocity <= 110 for note in loop.notes if note.start < 16 * TICKS_PER_STEP
    )


def test_the_model_hears_the_strokes_from_which_it_goes_on(
    models: dict[str, ModelFile], engines: dict[str, Engine]
) -> None:
    """Of two seeds that could not be less alike, each is gone on from by what is like itself."""
    sparse = strokes((0, "bass"), (8, "snare"))
    busy = strokes(*((step, "closed-hat") for step in range(16)), *((step, "bass") for step in range(0, 16, 2)))
    counts: list[float] = []
    for seed in (sparse, busy):
        loops = [loop_of(engines, recipe(plan(models, "beat"), SeedWish(seed, 16), number)) for number in range(6)]
        counts.append(sum(note.start >= 16 * TICKS_PER_STEP for loop in loops for note in loop.notes) / 6)
    assert counts[1] > 2 * counts[0]


def test_what_is_heard_is_what_the_recipe_says_to_the_byte(
    models: dict[str, ModelFile], engines: dict[str, Engine]
) -> None:
    wishes: list[tuple[str, LoopWish]] = [
        ("beat", SeedWish(GRID, 16)),
        ("beat", SeedWish((*GRID, *strokes((20, "ride"), mark=ACCENT)), 16, frozenset({20, 21}), 1.5)),
        ("beat", SeedWish((*GRID, *strokes((31, "bass"))), 32)),
        ("lead", BlendWish((FIRST, SECOND), (0.4, 0.6))),
        ("lead", BlendWish((FIRST, SECOND), (1.0, 0.0))),
    ]
    for voice, wish in wishes:
        first = made(engines, recipe(plan(models, voice), wish))
        kept = Recipe.from_json(json.loads(json.dumps(first.recipe.as_json())))
        again = made(engines, kept)
        assert kept.id == first.recipe.id
        assert (again.loop, again.recipe.id) == (first.loop, first.recipe.id), wish
        assert first.recipe.operator in ASKED


def test_steps_after_the_marker_are_as_they_were_set_and_their_marks_are_heard(
    models: dict[str, ModelFile], engines: dict[str, Engine]
) -> None:
    later = (*strokes((18, "snare"), mark=GHOST), *strokes((20, "ride"), (20, "bass"), mark=ACCENT))
    wish = SeedWish((*GRID, *later), 16, frozenset({18, 19, 20}))
    for number in range(4):
        loop = loop_of(engines, recipe(plan(models, "beat"), wish, number))
        there = struck(loop.notes)
        assert there.get(18) == {DRUMS["snare"]}
        assert 19 not in there
        assert there.get(20) == {DRUMS["ride"], DRUMS["bass"]}
        loud = {note.velocity for note in loop.notes if note.start == 20 * TICKS_PER_STEP}
        [soft] = [note.velocity for note in loop.notes if note.start == 18 * TICKS_PER_STEP]
        assert (loud, soft) == ({110}, 50)


GRIDS = st.lists(st.tuples(st.integers(0, STEPS - 1), st.sampled_from(sorted(DRUMS))), max_size=40, unique=True)


@given(GRIDS, st.integers(0, STEPS), st.frozensets(st.integers(0, STEPS - 1), max_size=12), st.floats(0.5, 2.0))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_grid_is_changed_and_no_grid_makes_noise(
    models: dict[str, ModelFile],
    engines: dict[str, Engine],
    grid: list[tuple[int, str]],
    marker: int,
    own: frozenset[int],
    density: float,
) -> None:
    voice = plan(models, "beat")
    wish = SeedWish(tuple(sorted(strokes(*grid))), marker, own, density)
    try:
        asked = recipe(voice, wish)
    except ControlError:
        assert marker == STEPS or {*range(marker, STEPS)} <= own, "only what is whole and silent"
        return
    loop = made(engines, asked).loop
    if loop is None:
        return  # and the voice goes on by itself
    mine = {step: drums for step, drums in struck(wish.strokes).items() if step < marker or step in own}
    there = struck(loop.notes)
    for step in {*range(marker), *own}:
        assert there.get(step, set()) == mine.get(step, set())
    assert all(50 <= note.velocity <= 110 for note in loop.notes)
    assert all(note.start >= 0 and note.end <= loop.ticks for note in loop.notes)
    added = sum(len(drums) for step, drums in there.items() if step >= marker and step not in own)
    assert added <= voice.limits.most * voice.bars + len(wish.strokes)
    assert max(map(len, there.values()), default=0) <= 9


def test_ends_of_a_mixture_are_the_tunes_themselves_and_between_them_it_is_like_both(
    models: dict[str, ModelFile], engines: dict[str, Engine]
) -> None:
    voice = plan(models, "lead")
    for shares, tune in (((1.0, 0.0), FIRST), ((0.0, 1.0), SECOND)):
        asked = recipe(voice, BlendWish((FIRST, SECOND), shares))
        assert asked.operator == GIVEN
        loop = loop_of(engines, asked)
        meant = read_tune(tune).notes
        whole = [*meant, *(note.moved(16 * TICKS_PER_STEP) for note in meant)] if len(meant) < 5 else meant
        assert [(note.start, note.pitch, note.length) for note in loop.notes] == [
            (note.start, note.pitch, note.length) for note in whole
        ]
    near = loop_of(engines, recipe(voice, BlendWish((FIRST, SECOND), (0.95, 0.05))))
    far = loop_of(engines, recipe(voice, BlendWish((FIRST, SECOND), (0.05, 0.95))))
    to = {
        name: [distance(loop.notes, read_tune(tune).notes) for tune in (FIRST, SECOND)]
        for name, loop in (("near", near), ("far", far))
    }
    assert to["near"][0] < to["far"][0]
    assert to["far"][1] < to["near"][1]


def test_a_melody_of_another_model_has_the_musicvae_as_a_guest_and_its_own_goes_on_from_the_notes(
    models: dict[str, ModelFile], engines: dict[str, Engine]
) -> None:
    voice = plan(models, "lead")
    first = made(engines, recipe(voice, BlendWish((FIRST, SECOND), (0.5, 0.5))))
    assert (first.recipe.model, voice.model) == ("melody_2bar", "attention_rnn")
    assert first.recipe.operator == BLENDED
    assert first.loop is not None
    assert first.recipe.remembered == ()
    following = voice.recipe("continue", 5, 10, After(first.recipe, first.loop))
    assert (following.model, following.past, following.primer) == ("attention_rnn", (), first.loop.notes)
    assert made(engines, following).loop is not None


def test_who_cannot_play_so_says_why(models: dict[str, ModelFile]) -> None:
    def refusal(voice: VoicePlan, wish: LoopWish) -> str:
        with pytest.raises(ControlError) as told:
            asked_loop(wish, voice)
        return str(told.value)

    assert "no drums" in refusal(plan(models, "lead"), SeedWish(GRID, 16))
    assert "no tunes" in refusal(plan(models, "beat"), BlendWish((FIRST,), (1.0,)))
    odd = plan(models, "lead", metre="5/4")
    assert "MusicVAE" in refusal(odd, BlendWish((FIRST, SECOND), (0.5, 0.5)))
    assert asked_loop(BlendWish((FIRST, SECOND), (1.0, 0.0)), odd).operator == GIVEN
    without: dict[str, ModelFile] = {"drums_2bar": models["drums_2bar"]}
    latent = arrange(scene(SCENE.format(drums="drums_2bar", melody="attention_rnn", metre="4/4")), without).plans[
        "beat"
    ]
    assert "no model" in refusal(latent, SeedWish(GRID, 16))
    assert asked_loop(SeedWish(GRID, STEPS), latent).operator == GIVEN


def test_own_steps_are_written_into_a_setting_and_read_again(models: dict[str, ModelFile]) -> None:
    later = (*strokes((18, "snare"), mark=GHOST), *strokes((20, "ride"), mark=ACCENT), *strokes((21, "bass")))
    text = own_as_text((*GRID, *later), {18, 19, 20, 21})
    assert text == "18 38<;19;20 51>;21 36"
    asked = recipe(plan(models, "beat"), SeedWish((*GRID, *later), 16, frozenset({18, 19, 20, 21})))
    assert own_of(asked) == {18: later[:1], 19: (), 20: later[1:2], 21: later[2:]}


@given(st.lists(st.tuples(st.integers(0, 31), st.integers(36, 96), st.integers(1, 8)), max_size=20))
def test_a_tune_that_is_written_down_is_read_again(told: list[tuple[int, int, int]]) -> None:
    line = sorted({start: (start, pitch, length) for start, pitch, length in told}.values())
    ends = [*(start for start, _, _ in line[1:]), *([32] if line else [])]
    notes = [
        Note(start * TICKS_PER_STEP, min(length, end - start) * TICKS_PER_STEP, pitch)
        for (start, pitch, length), end in zip(line, ends, strict=True)
    ]
    written = written_tune(notes, 32)
    assert bool(written) == bool(notes)
    read = read_tune(written)
    assert [(one.start, one.pitch, one.length) for one in read.notes] == [
        (one.start, one.pitch, one.length) for one in notes
    ]
    assert not notes or read.steps == 32
