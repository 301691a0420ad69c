"""A GrooVAE plays drums for voices of other models: their own loop, or a beat to what others play."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes import recipes
from fakes.engines import loaded
from fakes.scenes import scene
from fakes.vae import random_vae
from reverie.compose.composer import compose
from reverie.compose.operators.operator import After
from reverie.compose.played_loop import _is_of
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.unmet import unmet
from reverie.conductor.offline.performing import perform
from reverie.documents import DocumentError, parse_document
from reverie.models.errors import ModelError
from reverie.models.library.bundle import write_bundle
from reverie.models.library.index import ModelFile, find_models, read_model_file
from reverie.music.drums import DRUMS
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.scenes.folder import read_scene

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
BEAT = tuple(
    sorted(
        [Note(960 * i, 120, DRUMS["bass"]) for i in range(8)]
        + [Note(480 + 960 * i, 120, DRUMS["snare"]) for i in range(8)]
        + [Note(240 * i, 120, DRUMS["closed-hat"]) for i in range(32)]
    )
)
TUNE = Loop(2, Metre(), tuple(Note(480 * i, 480, 60) for i in range(8)))


@pytest.fixture(scope="module")
def humanize() -> ModelFile:
    return read_model_file(SHIPPED / "humanize.safetensors")


@pytest.fixture
def tapper(tmp_path: Path) -> ModelFile:
    path = tmp_path / "tap2drum.safetensors"
    write_bundle(path, random_vae("groovae_2bar_tap_fixed_velocity"))
    return read_model_file(path)


def asked(model: ModelFile, operator: str, **changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "kind": "drums",
        "model": model.name,
        "model_hash": model.sha256,
        "operator": operator,
        "bars": 4,
        "limits": LoopLimits(velocity_low=1, velocity_high=127, most=100),
    }
    return recipes.recipe(**(fields | changes))


def test_every_stroke_stays_and_is_struck_as_unevenly_as_a_drummer_does(humanize: ModelFile) -> None:
    engine, shifts, velocities = loaded(humanize), list[int](), list[int]()
    for seed in range(8):
        made = compose(engine, asked(humanize, "groove", before=BEAT, seed=seed), Memories())
        assert made.loop is not None
        assert {(n.start, n.pitch) for n in made.loop.notes} == {(n.start, n.pitch) for n in BEAT}
        assert all(abs(note.shift) < TICKS_PER_STEP / 2 for note in made.loop.notes)
        shifts += [note.shift for note in made.loop.notes]
        velocities += [note.velocity for note in made.loop.notes]
    assert 20 < np.std(velocities) < 50, "drummers spread by about 36"
    assert 5 < np.std(shifts) < 40, "ticks; drummers by about 26 ms, which are 25 at 120 quarters a minute"


def test_a_hotter_groove_is_more_uneven(humanize: ModelFile) -> None:
    engine = loaded(humanize)

    def spread(temperature: float) -> float:
        made = [
            engine.generate(asked(humanize, "groove", before=BEAT, seed=s, temperature=temperature)) for s in range(6)
        ]
        return float(np.std([note.shift for one in made for note in one[0].notes]))

    assert spread(0.3) < spread(1.0) < spread(2.0)


def test_the_same_recipe_makes_the_same_groove_in_a_new_engine(humanize: ModelFile, tapper: ModelFile) -> None:
    heard = (HeardLoop("lead", TUNE.content_hash, 0, 4, 0),)
    loops = {TUNE.content_hash: TUNE}
    for model, recipe in (
        (humanize, asked(humanize, "groove", before=BEAT)),
        (tapper, asked(tapper, "drumify", heard=heard, loops=loops, candidates=4)),
    ):
        read = Recipe.from_json(json.loads(json.dumps(recipe.as_json())), loops)
        assert loaded(model).generate(read) == loaded(model).generate(recipe)


def test_strokes_of_no_known_drum_are_left_as_they_are(humanize: ModelFile) -> None:
    odd = Note(120, 120, 100, 77)
    notes = loaded(humanize).generate(asked(humanize, "groove", before=(*BEAT, odd)))[0].notes
    assert odd in notes


def test_a_beat_depends_on_the_rhythm_that_is_heard_and_on_that_alone(tapper: ModelFile) -> None:
    engine = loaded(tapper)

    def beat(loop: Loop, voice: str = "lead", **changes: Any) -> tuple[Note, ...]:
        heard = (HeardLoop(voice, loop.content_hash, 0, 4, 0),)
        recipe = asked(tapper, "drumify", heard=heard, loops={loop.content_hash: loop}, **changes)
        return engine.generate(recipe)[0].notes

    higher = replace(TUNE, notes=tuple(replace(note, pitch=note.pitch + 7) for note in TUNE.notes))
    later = replace(TUNE, notes=tuple(note.moved(240) for note in TUNE.notes[:-1]))
    assert beat(TUNE) == beat(higher) != beat(later)
    relations = (Relation("lock", "lead"),)
    assert beat(TUNE, relations=relations) == beat(TUNE)
    assert beat(TUNE, "other", relations=relations) == beat(replace(TUNE, notes=()), relations=relations)
    assert all(note.start < 4 * 16 * TICKS_PER_STEP for note in beat(TUNE))


def test_a_groove_is_no_model_of_a_voice(humanize: ModelFile) -> None:
    assert humanize.kinds == ()
    with pytest.raises(ModelError, match="cannot play 'reset'"):
        loaded(humanize).generate(asked(humanize, "reset"))
    with pytest.raises(ModelError, match="bars of 4/4 and no others"):
        loaded(humanize).generate(asked(humanize, "groove", before=BEAT, metre=Metre(3, 4)))


SCENE = """
name: study
title: A study
tempo: 100
metre: {metre}
key: D
scale: dorian
voices:
  bass:
    kind: bass
    model: bass_line
    register: [C2, C4]
    evolve: {{hold: 1}}
    output: {{channel: 2}}
  beat:
    kind: drums
    model: drum_kit
    listen: [{{lock: bass}}]
    evolve: {{hold: 1, then: [{operator}, continue]}}
    output: {{channel: 10}}
"""


@pytest.mark.parametrize("operator", ["groove", "drumify"])
def test_a_scene_is_performed_for_bars_and_its_bytes_are_the_same_again(
    tmp_path: Path, tapper: ModelFile, operator: str
) -> None:
    models, _ = find_models([SHIPPED])
    models |= {"tap2drum": tapper}
    study = scene(SCENE.format(metre="4/4", operator=operator))

    def played(name: str) -> bytes:
        engine = loaded(*(models[one] for one in ("drum_kit", "bass_line", "humanize", "tap2drum")))
        path = tmp_path / name
        perform(study, models, engine, bars=40, seed=None, path=path, progress=lambda _bar: None)
        return path.read_bytes()

    assert played("a.mid") == played("b.mid")


def test_what_follows_a_groove_begins_with_it_and_remembers_nothing(humanize: ModelFile) -> None:
    models, _ = find_models([SHIPPED])
    plan = arrange(scene(SCENE.format(metre="4/4", operator="groove")), models).plans["beat"]
    begun = plan.recipe("reset", 0, 0)
    assert begun.model == "drum_kit"
    recipe = plan.recipe("groove", 1, 2, After(replace(begun, choice=0), Loop(2, Metre(), BEAT[:24])))
    assert (recipe.model, recipe.model_hash, recipe.candidates) == ("humanize", humanize.sha256, 1)
    assert recipe.before == BEAT[:24]
    made = compose(loaded(humanize), recipe, Memories())
    assert made.loop is not None
    after = plan.recipe("continue", 2, 4, After(made.recipe, made.loop))
    assert (after.model, after.past, after.primer) == ("drum_kit", (), made.loop.notes)


@pytest.mark.parametrize(
    ("metre", "operator", "changed", "sentence"),
    [
        (
            "7/8",
            "groove",
            "",
            "knows bars of 4/4 alone, and the scene has 7/8; no model that is here can, so leave 'groove' out",
        ),
        (
            "4/4",
            "drumify",
            "drumify: nobody, ",
            "the model 'nobody' of 'drumify' is not there; possible here: tap2drum",
        ),
        ("4/4", "groove", "groove: drum_kit, ", "the model 'drum_kit' of 'groove' cannot play it; these can: humanize"),
    ],
)
def test_a_model_that_cannot_play_an_operator_is_told(metre: str, operator: str, changed: str, sentence: str) -> None:
    text = SCENE.format(metre=metre, operator=operator).replace("hold: 1, then", f"{changed}hold: 1, then")
    with pytest.raises(DocumentError) as told:
        read_scene(parse_document(text, "study.yaml"), find_models([SHIPPED])[0])
    assert sentence in str(told.value)


def test_a_groove_of_a_melody_and_a_beat_to_nothing_are_told() -> None:
    text = SCENE.format(metre="4/4", operator="drumify")
    with pytest.raises(DocumentError, match=r"say of whose, such as listen: \[\{lock: bass\}\]"):
        scene(text.replace("    listen: [{lock: bass}]\n", ""))
    with pytest.raises(DocumentError, match="'groove' is nothing for voices of kind 'bass'"):
        scene(text.replace("evolve: {hold: 1}", "evolve: {then: [groove]}"))


def test_a_groove_is_a_loop_of_its_voice_although_another_model_played_it() -> None:
    old = arrange(scene(SCENE.format(metre="4/4", operator="groove")), find_models([SHIPPED])[0]).plans["beat"]
    made = old.recipe("groove", 1, 4, After(old.recipe("reset", 0, 0), Loop(2, Metre(), BEAT[:8])))
    assert made.model == "humanize"
    assert _is_of(old, made)
    assert not _is_of(old, replace(made, model_hash="of another"))


def test_a_guest_that_is_not_there_is_told_and_its_place_in_the_evolution_is_held() -> None:
    models = {name: one for name, one in find_models([SHIPPED])[0].items() if name != "humanize"}
    study = scene(SCENE.format(metre="4/4", operator="{do: groove, hold: 2}"))
    slots = {"main": {"kind": "fluidsynth"}}
    assert unmet(study, models, slots) == [
        "study: the voice beat: the model 'humanize' of 'groove' is not there; in place of 'groove' its loop is held"
    ]
    plan = arrange(study, models).plans["beat"]
    assert "groove" not in plan.guests
    assert plan.then == ("loop", "continue")
    assert plan.programme
    assert [str(step) for step in plan.programme.steps] == ["loop", "continue"]
    assert unmet(study, find_models([SHIPPED])[0], slots) == []


def test_a_guest_that_cannot_play_is_told_too() -> None:
    models, _ = find_models([SHIPPED])
    models |= {"humanize": replace(models["drum_kit"], name="humanize")}
    study = scene(SCENE.format(metre="4/4", operator="groove"))
    told = "the model 'humanize' of 'groove' cannot play it; in place of 'groove' its loop is held"
    assert unmet(study, models, {"main": {"kind": "fluidsynth"}}) == [f"study: the voice beat: {told}"]
    assert "groove" not in arrange(study, models).plans["beat"].guests
