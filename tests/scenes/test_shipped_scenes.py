"""The scenes that are shipped can be played, differ, and never fall silent by accident."""

from __future__ import annotations

import math
from typing import Any

import pytest

from reverie.documents import read_document
from reverie.places import scenes_folder
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene, scene_json_schema

MODELS = {"drum_kit": ("drums",), "attention_rnn": ("melody", "bass")}
FOLDER = SceneFolder([scenes_folder()], MODELS, ["main"])
NAMES = FOLDER.names()


def load(name: str) -> Scene:
    loaded = FOLDER.load(name)
    assert loaded.fault is None
    return loaded.scene


def test_there_are_six_that_differ() -> None:
    assert {"first-light", "cat-dreams", "night-watch", "still-water", "seven-steps", "carousel"} <= set(NAMES)
    scenes = [load(name) for name in NAMES]
    assert len({scene.tempo for scene in scenes}) == len({scene.key for scene in scenes}) == len(scenes)


@pytest.mark.parametrize("name", NAMES)
def test_in_every_bar_somebody_plays(name: str) -> None:
    schedules = [voice.schedule for voice in load(name).voices.values()]
    cycle = math.lcm(*(schedule.every or 1 for schedule in schedules))
    silent = [bar for bar in range(cycle) if not any(schedule.plays(bar) for schedule in schedules)]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_drums_and_only_drums_are_on_the_drum_channel(name: str) -> None:
    for voice in load(name).voices.values():
        assert (voice.output.channel == 10) == (voice.kind == "drums")
        if voice.model:
            assert voice.primer_steps > 0, "a primer makes a scene its own from the first bar on"


@pytest.mark.parametrize("name", NAMES)
def test_the_json_schema_knows_every_key_of_them(name: str) -> None:
    schema = scene_json_schema()
    data = read_document(scenes_folder() / f"{name}.yaml").data
    assert set(schema["required"]) <= set(data) <= set(schema["properties"])
    voices: dict[str, dict[str, Any]] = data["voices"]
    for voice, read in zip(voices.values(), load(name).voices.values(), strict=True):
        section = schema["$defs"][type(read).__name__]
        assert set(section["required"]) <= set(voice) <= set(section["properties"])
