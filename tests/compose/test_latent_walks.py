"""Ways through a latent space: an interpolation comes nearer with each step, and a walk is where its bar says."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes import recipes
from fakes.engines import loaded
from fakes.scenes import scene
from reverie.compose.composer import compose
from reverie.compose.engines.engine import Engine
from reverie.compose.engines.latent_places import LatentPlace
from reverie.compose.latent_settings import InterpolationSettings, WalkSettings
from reverie.compose.operators.operator import After
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.selection import distance
from reverie.compose.state_cache import Memories
from reverie.compose.voice_plan import VoicePlan
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.performing import perform
from reverie.documents import DocumentError, parse_document
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.models.library.index import ModelFile, find_models, read_model_file
from reverie.models.vae.latent import blend
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notation import read_tune
from reverie.music.notes import Note
from reverie.scenes.folder import read_scene
from reverie.scenes.latent_section import InterpolateSection, WalkSection

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
BEAT = tuple(Note(960 * i, 120, DRUMS["bass"]) for i in range(4)) + tuple(
    Note(480 + 960 * i, 120, DRUMS["snare"]) for i in range(4)
)
SIZE = 32


@pytest.fixture(scope="module")
def drums() -> ModelFile:
    return read_model_file(SHIPPED / "drums_2bar.safetensors")


@pytest.fixture(scope="module")
def engine(drums: ModelFile) -> Engine:
    return loaded(drums)


def plan(drums: ModelFile, **changes: Any) -> VoicePlan:
    fields: dict[str, Any] = {
        "kind": "drums",
        "model": drums.name,
        "model_hash": drums.sha256,
        "primer": BEAT,
        "primer_steps": 32,
        "limits": LoopLimits(least=0, most=100),
        "temperature": lambda _bar: 0.5,
    }
    return recipes.plan(**(fields | changes))


def first(engine: Engine, recipe: Recipe) -> After:
    made = compose(engine, recipe, Memories())
    assert made.loop is not None
    return After(made.recipe, made.loop)


def vector(after: After) -> Any:
    place = LatentPlace.of_events(after.recipe.events, SIZE)
    assert place is not None
    return place.vector


def way(engine: Engine, plan: VoicePlan, steps: int, begun: After) -> list[After]:
    found = [begun]
    for number in range(steps):
        found.append(first(engine, plan.recipe("interpolate", number + 1, 2 * (number + 1), found[-1])))
    return found


def test_each_step_of_an_interpolation_is_nearer_to_where_it_leads_and_the_last_is_there(
    engine: Engine, drums: ModelFile
) -> None:
    settings = {"interpolate": InterpolationSettings(InterpolateSection(steps=6))}
    voice = plan(drums, operator_settings=settings)
    far: list[list[float]] = []
    for seed in range(8):
        begun = first(engine, replace(voice.recipe("reset", 0, 0), primer=(), primer_steps=0, seed=seed))
        there = way(engine, voice, 6, begun)
        assert [one.recipe.settings["left"] for one in there[1:]] == [6, 5, 4, 3, 2, 1]
        end = vector(there[-1])
        apart = [float(np.linalg.norm(vector(one) - end)) for one in there]
        assert all(later < sooner for sooner, later in pairwise(apart))
        steps = [float(np.linalg.norm(vector(b) - vector(a))) for a, b in pairwise(there)]
        assert max(steps) < 2.5 * min(steps), "no step is a leap"
        far.append([distance(one.loop.notes, there[-1].loop.notes) for one in there])
    mean = np.mean(far, axis=0)
    assert mean[0] > mean[3] > mean[5] > mean[6] == 0, "the loops come nearer as the places do"


def test_at_its_end_an_interpolation_turns_to_a_new_place_and_back_to_the_primer(
    engine: Engine, drums: ModelFile
) -> None:
    voice = plan(drums, operator_settings={"interpolate": InterpolationSettings(InterpolateSection(steps=2))})
    there = way(engine, voice, 8, first(engine, voice.recipe("reset", 0, 0)))[1:]
    assert [one.recipe.settings["to"] for one in there] == ["primer"] * 2 + ["new"] * 2 + ["primer"] * 2 + ["new"] * 2
    assert np.allclose(vector(there[1]), vector(there[5]), atol=1 / 32), "the same primer"
    assert np.linalg.norm(vector(there[3]) - vector(there[7])) > 3, "another new place"


def test_every_step_is_made_again_from_its_recipe(engine: Engine, drums: ModelFile) -> None:
    settings = {
        "interpolate": InterpolationSettings(InterpolateSection(steps=3)),
        "walk": WalkSettings(WalkSection(places=3), 4, 7),
    }
    voice = plan(drums, operator_settings=settings, candidates=4)
    there = way(engine, voice, 4, first(engine, voice.recipe("reset", 0, 0)))
    there += [first(engine, voice.recipe("walk", 9, bar, there[-1])) for bar in (4, 8)]
    for one in there:
        read = Recipe.from_json(json.loads(json.dumps(one.recipe.as_json())))
        again = loaded(drums)
        made = compose(again, read, Memories())
        assert (made.loop, made.recipe.id) == (one.loop, one.recipe.id)


@pytest.mark.parametrize(
    ("kind", "count", "back"),
    [("line", 3, None), ("there_and_back", 3, 14), ("grid", 4, 126), ("random_walk", 3, None)],
)
def test_a_walk_is_where_its_bar_says_whatever_was_before(
    engine: Engine, drums: ModelFile, kind: Any, count: int, back: int | None
) -> None:
    section = WalkSection(kind=kind, places=4 if kind == "grid" else 3, steps=8)
    assert section.count == count
    voice = plan(drums, operator_settings={"walk": WalkSettings(section, 4, 7)})
    begun = first(engine, voice.recipe("reset", 0, 0))
    loops = [first(engine, voice.recipe("walk", number, 4 * number, begun)) for number in range(9)]
    for number in (0, 5):
        anew = first(engine, voice.recipe("walk", number, 4 * number + 3, loops[8]))
        assert (vector(anew) == vector(loops[number])).all(), "any bar in which the loop is held"
        assert anew.loop == loops[number].loop
    near = [float(np.linalg.norm(vector(b) - vector(a))) for a, b in pairwise(loops)]
    apart = float(np.linalg.norm(vector(loops[0]) - vector(loops[7])))
    assert max(near) < max(apart, 3.0)
    if back is not None:
        again = first(engine, voice.recipe("walk", back, 4 * back, begun))
        assert (vector(again) == vector(loops[0])).all()
    if kind == "line":
        late = first(engine, voice.recipe("walk", 100, 400, begun))
        assert (vector(late) == vector(loops[7])).all()


def test_a_mixture_is_as_long_as_what_is_mixed() -> None:
    vectors = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)
    norms = np.linalg.norm(vectors, axis=1)
    assert np.allclose(blend(vectors, [0, 1, 0, 0]), vectors[1], atol=1e-6)
    assert np.linalg.norm(blend(vectors, [0.25] * 4)) == pytest.approx(norms.mean(), rel=1e-5)
    with pytest.raises(ValueError, match="cancel each other out"):
        blend(np.stack([vectors[0], -vectors[0]]), [0.5, 0.5])


SCENE = """
name: study
title: A study
tempo: 100
key: D
scale: dorian
voices:
  beat:
    kind: drums
    model: {model}
    primer: {{bass: "x... x... x... x..."}}
    evolve: {{hold: 1, then: [{operator}]}}
    output: {{channel: 10}}
"""


@pytest.mark.parametrize("operator", ["interpolate", "walk"])
def test_a_scene_is_performed_for_bars_and_its_bytes_are_the_same_again(
    tmp_path: Path, engine: Engine, drums: ModelFile, operator: str
) -> None:
    study = scene(SCENE.format(model="drums_2bar", operator=operator))
    assert operator in arrange(study, {drums.name: drums}).plans["beat"].operator_settings

    def played(name: str) -> bytes:
        path = tmp_path / name
        perform(study, {drums.name: drums}, engine, bars=100, seed=None, path=path, progress=lambda _bar: None)
        return path.read_bytes()

    assert played("a.mid") == played("b.mid")


def test_a_model_without_a_latent_space_is_told() -> None:
    document = parse_document(SCENE.format(model="drum_kit", operator="walk"), "study.yaml")
    with pytest.raises(DocumentError) as told:
        read_scene(document, find_models([SHIPPED])[0])
    assert "'walk' goes through a latent space, which the model 'drum_kit' does not have; give the voice" in str(
        told.value
    )


TUNES = ("C5:4 E5:4 G5:8", "A4:2 B4:2 C5:4 A4:8", "G5:2 F5:2 E5:4 D5:8", "E4:8 G4:8")


@pytest.fixture(scope="module")
def melodies() -> ModelFile:
    return read_model_file(SHIPPED / "melody_2bar.safetensors")


@pytest.mark.parametrize(("corner", "turn"), [(0, 0), (1, 3), (3, 12), (2, 15)])
def test_tunes_stand_in_the_corners_of_a_walk(
    engine: Engine, drums: ModelFile, melodies: ModelFile, corner: int, turn: int
) -> None:
    engine.load(melodies)
    section = WalkSection(kind="grid", steps=4, tunes=TUNES)
    limits = LoopLimits(low=48, high=84, least=0, most=100)
    fields: dict[str, Any] = {"kind": "melody", "model": melodies.name, "model_hash": melodies.sha256}
    settings = {"walk": WalkSettings(section, 2, 7)}
    voice = plan(drums, **fields, limits=limits, operator_settings=settings, primer=(), primer_steps=0)
    there = first(engine, voice.recipe("walk", turn, 2 * turn, first(engine, voice.recipe("reset", 0, 0))))
    tune = read_tune(TUNES[corner])
    alone = {"walk": WalkSettings(WalkSection(kind="grid", steps=4), 2, 7)}
    primed = replace(voice, operator_settings=alone, primer=tune.notes, primer_steps=tune.steps)
    begins = first(engine, primed.recipe("walk", 0, 0, first(engine, primed.recipe("reset", 0, 0))))
    assert (vector(there) == vector(begins)).all(), "as a walk begins at the primer"


@pytest.mark.parametrize(
    ("walk", "sentence"),
    [
        ("{kind: grid, tunes: [C5, D5]}", "a grid has a tune in each of its 4 corners, and here are 2"),
        ("{places: 3, tunes: [C5, D5]}", "there are 2 tunes, and a walk has a place for each; leave 'places' out"),
        ('{tunes: [C5, "H5"]}', "H5"),
        ('{tunes: [C5, ". ."]}', "a tune has a note"),
    ],
)
def test_tunes_that_do_not_fit_are_told(walk: str, sentence: str) -> None:
    text = SCENE.format(model="melody_2bar", operator="walk").replace("kind: drums", "kind: melody")
    text = text.replace('    primer: {bass: "x... x... x... x..."}\n', "    register: [C4, C6]\n")
    text = text.replace("then: [walk]", f"then: [walk], walk: {walk}")
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), find_models([SHIPPED])[0])
    assert sentence in str(told.value)


def test_drums_have_no_tunes() -> None:
    text = SCENE.format(model="drums_2bar", operator="walk").replace(
        "then: [walk]", "then: [walk], walk: {tunes: [C5, D5]}"
    )
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), find_models([SHIPPED])[0])
    assert "drums have no tunes; leave them out" in str(told.value)


@pytest.mark.parametrize(
    ("walk", "sentence"),
    [
        ("{kind: grid, steps: 50}", "a grid has 33 loops along a side at most, not 50"),
        ("{kind: grid, places: 3}", "a grid has a place in each of its 4 corners; leave 'places' out"),
        ("{places: 12}", "in 8 loops a walk does not come by all of its 12 places; write 'steps: 12' or more"),
    ],
)
def test_numbers_of_a_walk_that_would_be_ignored_are_told(walk: str, sentence: str) -> None:
    text = SCENE.format(model="drums_2bar", operator="walk").replace("then: [walk]", f"then: [walk], walk: {walk}")
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), find_models([SHIPPED])[0])
    assert sentence in str(told.value)


def test_walks_of_chance_of_two_voices_are_not_alike() -> None:
    section = WalkSection(kind="random_walk", places=3, steps=8)
    ways = [[WalkSettings(section, 4, seed).at(bar) for bar in range(0, 200, 4)] for seed in (7, 8, 7)]
    shares = [[{key: one for key, one in told.items() if key != "seed"} for told in way] for way in ways]
    assert shares[0] == shares[2]
    assert sum(one == other for one, other in zip(shares[0], shares[1], strict=True)) < 10


def rewritten(melodies: ModelFile, folder: Path, *, encoder: bool) -> ModelFile:
    """The shipped model as one that knows all keys, as those do that Magenta publishes."""
    bundle = read_bundle(melodies.path)
    weights = {name: one for name, one in bundle.weights.items() if encoder or not name.startswith("encoder.")}
    card = replace(bundle.card, name="any-key", settings={}, golden=None)
    write_bundle(folder / "any-key.safetensors", make_bundle(card, weights))
    return read_model_file(folder / "any-key.safetensors")


@pytest.mark.parametrize("chord", [(0, (0, 4, 7)), (5, (5, 9, 0)), (7, (7, 11, 2))])
def test_a_tune_stays_in_its_key_over_whatever_chord_its_loop_begins(
    melodies: ModelFile, drums: ModelFile, tmp_path: Path, chord: tuple[int, tuple[int, ...]]
) -> None:
    model = rewritten(melodies, tmp_path, encoder=True)
    engine = loaded(model)
    root, tones = chord
    bars = (BarHarmony((ChordSpan(0, "", root, root, tones, (0, 2, 4, 5, 7, 9, 11)),)),) * 3
    settings = {"walk": WalkSettings(WalkSection(kind="line", tunes=TUNES), 2, 7)}
    fields: dict[str, Any] = {"kind": "melody", "model": model.name, "model_hash": model.sha256}
    limits = LoopLimits(low=48, high=84, least=0, most=100)
    voice = plan(drums, **fields, limits=limits, operator_settings=settings, primer=(), primer_steps=0)
    recipe = replace(voice.recipe("walk", 0, 0, first(engine, voice.recipe("reset", 0, 0))), harmony=bars)
    place = LatentPlace.of_events(first(engine, recipe).recipe.events, SIZE)
    assert place is not None
    assert place.shift % OCTAVE == 0


def test_tunes_of_a_model_that_hears_nothing_are_refused(melodies: ModelFile, tmp_path: Path) -> None:
    model = rewritten(melodies, tmp_path, encoder=False)
    assert not model.hears
    assert melodies.hears
    text = SCENE.format(model="any-key", operator="walk").replace("kind: drums", "kind: melody")
    text = text.replace('    primer: {bass: "x... x... x... x..."}\n', "    register: [C4, C6]\n")
    text = text.replace("then: [walk]", "then: [walk], walk: {tunes: [C5, D5]}")
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), {"any-key": model})
    assert "'any-key' was published without an encoder, and finds no place for tunes; leave them out" in str(told.value)
