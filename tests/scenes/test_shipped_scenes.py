"""The scenes that are shipped can be played, differ, and never fall silent by accident."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.conductor.arranging.arrange import arrange
from reverie.documents import read_document
from reverie.models.library.index import find_models
from reverie.places import models_folder, scenes_folder
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene, scene_json_schema

MODELS, _ = find_models([models_folder()])
FOLDER = SceneFolder([scenes_folder()], MODELS, ["main"])
NAMES = FOLDER.names()
BARS = 2000


def load(name: str) -> Scene:
    loaded = FOLDER.load(name)
    assert loaded.fault is None
    return loaded.scene


def test_there_are_thirteen_that_differ() -> None:
    old = {"first-light", "cat-dreams", "night-watch", "still-water", "seven-steps", "carousel"}
    assert {*old, "low-tide", "sleepers", "wheels", "night-piano", "four-tunes", "chorale", "tin-roof"} <= set(NAMES)
    scenes = [load(name) for name in NAMES]
    assert len({scene.tempo for scene in scenes}) == len({scene.key for scene in scenes}) == len(scenes)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_in_every_bar_somebody_sounds(name: str, seed: int) -> None:
    arrangement = arrange(load(name), {}, seed=seed)
    assert arrangement.course is not None
    silent = [
        bar
        for bar in range(BARS)
        if not any(
            arrangement.course.at(bar).voice(voice).sounds and part.schedule.plays(bar)
            for voice, part in arrangement.parts.items()
        )
    ]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_every_voice_comes_and_every_section_comes(name: str) -> None:
    scene = load(name)
    course = arrange(scene, {}).course
    assert course is not None
    assert scene.form is not None
    states = [course.at(bar) for bar in range(BARS)]
    assert {state.section.name for state in states if state.section} == {one.name for one in scene.form.sections}
    for voice in scene.voices:
        sounding = sum(state.voice(voice).sounds for state in states)
        assert sounding > BARS * 0.05, voice


@pytest.mark.parametrize("name", NAMES)
def test_drums_and_only_drums_are_on_the_drum_channel(name: str) -> None:
    for voice in load(name).voices.values():
        assert (voice.output.channel == 10) == (voice.kind == "drums")
        if voice.model:
            assert voice.primer_steps or voice.written, "a primer makes a scene its own from the first bar on"


@pytest.mark.parametrize("name", NAMES)
def test_the_json_schema_knows_every_key_of_them(name: str) -> None:
    schema = scene_json_schema()
    data = read_document(scenes_folder() / f"{name}.yaml").data
    assert set(schema["required"]) <= set(data) <= set(schema["properties"])
    voices: dict[str, dict[str, Any]] = data["voices"]
    for voice, read in zip(voices.values(), load(name).voices.values(), strict=True):
        section = schema["$defs"][type(read).__name__]
        assert set(section["required"]) <= set(voice) <= set(section["properties"])
