"""A trio of one model as three voices: they share a place, each plays its own part, and go on from there together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import chords, recipes
from fakes.scenes import scene
from fakes.vae import random_vae
from reverie.compose.composer import compose
from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.latent_places import LatentPlace
from reverie.compose.engines.latent_space import LatentEngine
from reverie.compose.operators.latent_steps import LATENT_CONTINUE, LATENT_MUTATE
from reverie.compose.operators.latent_walks import INTERPOLATE, WALK
from reverie.compose.operators.operator import After, ModelInput, Operator
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.performing import perform
from reverie.documents import DocumentError, parse_document
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.index import ModelFile, read_model_file
from reverie.models.vae.converters import Trios
from reverie.models.vae.model import load
from reverie.models.vae.weights import weights_from
from reverie.music.harmony import fold
from reverie.scenes.folder import read_scene

TRIOS = ("flat-trio_16bar", "hierdec-trio_16bar", "hier-trio_16bar")
KINDS = ("melody", "bass", "drums")
WIDE = {
    "melody": LoopLimits(low=48, high=96, least=0, most=99),
    "bass": LoopLimits(low=24, high=60, least=0, most=99),
    "drums": LoopLimits(least=0, most=99),
}


@pytest.fixture(params=TRIOS)
def trio(request: pytest.FixtureRequest, tmp_path: Path) -> ModelFile:
    path = tmp_path / "trio.safetensors"
    write_bundle(path, random_vae(request.param))
    return read_model_file(path)


@pytest.fixture
def led(tmp_path: Path) -> ModelFile:
    path = tmp_path / "led.safetensors"
    write_bundle(path, random_vae("hierdec-trio_16bar"))
    return read_model_file(path)


def loaded(model: ModelFile) -> LatentEngine:
    engine = LatentEngine()
    engine.load(model)
    return engine


def asked(model: ModelFile, kind: str, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": kind,
        "voice": kind,
        "model": model.name,
        "model_hash": model.sha256,
        "limits": WIDE[kind],
        "temperature": 1.0,
        "candidates": 4,
        "seed": KINDS.index(kind) + 10,
        "settings": {"together": 77},
    }
    return recipes.recipe(**(fields | changes))


def kept(engine: LatentEngine, recipe: Recipe) -> After:
    made = compose(engine, recipe, Memories())
    assert made.loop is not None
    return After(made.recipe, made.loop)


def then(operator: Operator, after: After, **settings: float | str) -> Recipe:
    told = operator.told(ModelInput(), after)
    carried = operator.carried(after) if operator.carried else {}
    return replace(
        after.recipe,
        operator=operator.name,
        seed=after.recipe.seed + 100,
        primer=told.primer,
        primer_steps=told.primer_steps,
        past=told.past,
        before=after.loop.notes,
        settings={"together": 78, **settings, **carried},
        choice=None,
        events=(),
        score={},
    )


def vectors(afters: Sequence[After]) -> list[list[int]]:
    return [list(one.recipe.events[2:]) for one in afters]


def test_three_voices_have_one_place_and_go_on_from_it_together(trio: ModelFile) -> None:
    engine = loaded(trio)
    now = [kept(engine, asked(trio, kind)) for kind in KINDS]
    assert trio.parts == KINDS
    first = vectors(now)
    assert first[0] == first[1] == first[2]
    ways: list[float] = []
    for operator in (LATENT_MUTATE, LATENT_CONTINUE):
        after = [kept(engine, then(operator, one)) for one in now]
        places = vectors(after)
        assert places[0] == places[1] == places[2] != first[0]
        ways.append(float(np.linalg.norm(np.array(places[0]) - np.array(first[0]))))
        now = after if operator is LATENT_MUTATE else now
        first = vectors(now)
    assert 0 < ways[0] < ways[1]


def test_a_loop_is_made_again_alone_from_its_recipe(trio: ModelFile) -> None:
    for kind in KINDS:
        after = kept(loaded(trio), asked(trio, kind, bars=4))
        for operator in (LATENT_CONTINUE, LATENT_MUTATE):
            after = kept(loaded(trio), then(operator, after))
            read = Recipe.from_json(json.loads(json.dumps(after.recipe.as_json())))
            again = compose(loaded(trio), read, Memories())
            assert (again.loop, again.recipe.id) == (after.loop, after.recipe.id)


def test_each_voice_plays_its_own_part_of_what_the_place_says(trio: ModelFile) -> None:
    """Plainly: at each step of each part the class whose log-probability plus luck is the greatest."""
    engine, vae = loaded(trio), load(read_bundle(trio.path))
    made = {kind: engine.generate(asked(trio, kind, candidates=1))[0] for kind in KINDS}
    place = LatentPlace.of_events(made["drums"].events, vae.latent_size)
    assert place is not None
    sizes = [count for core in vae.wiring.cores for count in core]
    ends = np.cumsum(sizes)[:-1]
    luck = np.split(place.luck(32, sum(sizes)), ends, axis=1)
    frames = np.zeros((1, 32, 3), np.int64)
    for step in range(32):
        likely = np.split(vae.activated(place.vector[None], frames[:, : step + 1])[0, step], ends)
        frames[0, step] = [int((np.log(one) + by[step]).argmax()) for one, by in zip(likely, luck, strict=True)]
    said = Trios(16).notes(frames[0])
    for kind, notes in zip(KINDS, (said.melody, said.bass, said.drums), strict=True):
        shift = made[kind].events[0]
        expected = [(120 * note.start, 120 * note.length, fold(note.pitch + shift, 0, 127)) for note in notes]
        assert expected
        assert [(note.start, note.length, note.pitch) for note in made[kind].notes] == expected


def test_a_voice_has_candidates_of_its_own_around_the_place(trio: ModelFile) -> None:
    given = loaded(trio).generate(asked(trio, "drums", candidates=8))
    assert len({one.events for one in given}) == 1, "whichever is kept, all voices go on from one place"
    assert len({one.notes for one in given}) > 1
    others = [loaded(trio).generate(asked(trio, "drums", candidates=8, seed=seed)) for seed in range(90, 96)]
    assert {one[0].notes for one in others} == {given[0].notes}, "the first is the place itself"
    assert len({one[-1].notes for one in others}) > 1


def test_melody_and_bass_are_moved_to_one_key(trio: ModelFile) -> None:
    engine = loaded(trio)
    harmony = chords.bars(chords.D_MINOR, chords.G_SEVENTH, chords.C_CHORD)
    moved: set[int] = set()
    for together in range(8):
        told: dict[str, Any] = {"settings": {"together": together}, "harmony": harmony, "strictness": 0.5}
        shifts = [engine.generate(asked(trio, kind, **told))[0].events[0] for kind in ("melody", "bass")]
        assert shifts[0] % 12 == shifts[1] % 12
        moved.add(shifts[0] % 12)
    assert len(moved) > 2


def test_what_the_scene_wishes_of_one_voice_leaves_the_others_as_they_are(led: ModelFile) -> None:
    """Where each part is spoken by a core of its own."""
    engine = loaded(led)

    def loops(**changes: Any) -> dict[str, Sequence[Candidate]]:
        return {kind: engine.generate(asked(led, kind, **(changes if kind == "melody" else {}))) for kind in KINDS}

    plain, dense = loops(), loops(density=4.0)
    assert dense["melody"] != plain["melody"]
    assert (dense["bass"], dense["drums"]) == (plain["bass"], plain["drums"])


def test_three_voices_take_the_same_way_to_another_place(trio: ModelFile) -> None:
    engine = loaded(trio)
    now = [kept(engine, asked(trio, kind)) for kind in KINDS]
    for _ in range(5):
        now = [kept(engine, then(INTERPOLATE, one, left=3.0, to="new")) for one in now]
        places = vectors(now)
        assert places[0] == places[1] == places[2]


def test_a_walk_leads_all_three_along(trio: ModelFile) -> None:
    told = {"together": 5, "seed": 42, "share 0": 0.25, "share 1": 0.75}
    engine = loaded(trio)
    places = [vectors([kept(engine, asked(trio, kind, operator=WALK.name, settings=told))]) for kind in KINDS]
    assert places[0] == places[1] == places[2]


SCENE = """
name: study
title: A study
tempo: 100
key: D
scale: dorian
seed: {seed}
voices:
  beat:
    kind: drums
    model: led
    bars: 2
    density: [0, 64]
    evolve: {{hold: 2, candidates: 2, then: [{then}]}}
    output: {{channel: 10}}
  low:
    kind: bass
    model: led
    bars: 4
    register: [E1, E3]
    density: [0, 64]
    evolve: {{hold: 1, candidates: 2, then: [{then}]}}
    output: {{channel: 2}}
  lead:
    kind: melody
    model: led
    bars: 2
    register: [C4, C6]
    density: [0, 64]
    evolve: {{hold: 2, candidates: 2, then: [{then}]}}
    output: {{channel: 1}}
"""


def written(then: str = "mutate, continue, interpolate, reset", seed: int = 1) -> str:
    return SCENE.format(then=then, seed=seed)


def test_loops_that_begin_in_one_bar_are_told_one_place(led: ModelFile) -> None:
    plans = arrange(scene(written()), {led.name: led}).plans
    told = {bar: {plan.recipe("reset", 3, bar).settings["together"] for plan in plans.values()} for bar in (0, 4, 8)}
    assert [len(some) for some in told.values()] == [1, 1, 1]
    assert len(set().union(*told.values())) == 3
    other = arrange(scene(written(seed=2)), {led.name: led}).plans["beat"]
    assert {other.recipe("reset", 3, 0).settings["together"]} != told[0]
    walks = {
        plan.recipe("walk", 0, 0).settings["seed"]
        for plan in arrange(scene(written("walk")), {led.name: led}).plans.values()
    }
    assert len(walks) == 1
    assert len({plan.recipe("reset", 0, 0).seed for plan in plans.values()}) == 3


def test_a_scene_of_a_trio_is_the_same_again_to_the_byte(led: ModelFile, tmp_path: Path) -> None:
    def played(name: str) -> bytes:
        path = tmp_path / name
        models = {led.name: led}
        perform(scene(written()), models, loaded(led), bars=32, seed=None, path=path, progress=lambda _bar: None)
        return path.read_bytes()

    assert played("a.mid") == played("b.mid")
    assert len(played("a.mid")) > 1000


HEARS_NOTHING = (
    "the model 'led' plays melody, bass and drums together, and hears nothing of one of them alone; leave it"
)
PULLS = (
    "there is no model 'hierdec-trio_16bar' here; Magenta published it, and `reverie models pull hierdec-trio_16bar`"
)


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("register: [C4, C6]", "register: [C4, C6]\n    primer: C5:16", f"study.yaml:29:13: {HEARS_NOTHING}"),
        ("then: [reset]", "then: [walk], walk: {tunes: ['C5:16', 'D5:16']}", HEARS_NOTHING),
        ("model: led", "model: hierdec-trio_16bar", PULLS),
        (
            "kind: bass",
            "kind: polyphony",
            "the model 'led' composes melody, bass, drums, and cannot be a voice of kind 'polyphony'",
        ),
    ],
)
def test_what_a_trio_cannot_be_is_told(led: ModelFile, was: str, now: str, sentence: str) -> None:
    before, there, after = written("reset").rpartition(was)
    text = f"{before}{now}{after}"
    assert there
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), {led.name: led})
    assert sentence in str(told.value)


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("config", TRIOS)
def test_one_vector_makes_the_three_parts_that_magenta_makes_of_it(config: str, tmp_path: Path) -> None:
    """So cold that no chance is left: both say the likeliest."""
    from fakes.vae_magenta import Reference

    sizes: dict[str, Any] = {"enc_rnn_size": [32], "dec_rnn_size": [48, 32], "z_size": 16}
    sizes |= {} if config.startswith("flat") else {"segments": 2}
    reference = Reference(config, batch_size=4, seed=3, **sizes)
    weights = weights_from(config, reference.variables)
    path = tmp_path / "magenta.safetensors"
    write_bundle(path, make_bundle(ModelCard("magenta", config), weights))
    model = read_model_file(path)
    engine = loaded(model)
    told = [{"together": number} for number in range(4)]
    made = {
        kind: [engine.generate(asked(model, kind, candidates=1, temperature=1e-5, settings=one))[0] for one in told]
        for kind in KINDS
    }
    z = (np.array([one.events[2:] for one in made["drums"]]) / 64).astype(np.float32)
    uniforms = np.full((4, reference.longest, 3), 0.5)
    vectors_said = reference.sample(z, uniforms, 1e-5)[:, :32]
    heads = np.split(vectors_said, (90, 180), axis=-1)
    frames = np.stack([head.argmax(axis=-1) for head in heads], axis=-1)
    for row in range(4):
        said = Trios(16).notes(frames[row])
        for kind, notes in zip(KINDS, (said.melody, said.bass, said.drums), strict=True):
            ours = made[kind][row]
            expected = [
                (120 * note.start, 120 * note.length, fold(note.pitch + ours.events[0], 0, 127)) for note in notes
            ]
            assert [(note.start, note.length, note.pitch) for note in ours.notes] == expected
