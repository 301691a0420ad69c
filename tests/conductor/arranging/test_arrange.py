"""What a scene asks for and this machine does not have, told in a sentence each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.daemon import STUDY
from reverie.conductor.arranging.unmet import unmet
from reverie.documents import read_document, validate
from reverie.scenes.schema import Scene

SLOTS: dict[str, Any] = {"main": {"kind": "virtual"}}


def scene(folder: Path, **changes: Any) -> Scene:
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(STUDY) | changes))
    return validate(read_document(path), Scene, {})


def about(sentences: list[str], word: str) -> list[str]:
    return [sentence for sentence in sentences if word in sentence]


def test_a_leader_that_the_site_has_not_is_told(tmp_path: Path) -> None:
    led = scene(tmp_path, lead="link")
    assert about(unmet(led, {}, SLOTS), "leader") == [
        "study: its leader is 'link', which is not in the site's `sync`; it leads itself"
    ]
    assert about(unmet(led, {}, SLOTS, {"link"}), "leader") == []
    assert about(unmet(scene(tmp_path), {}, SLOTS), "leader") == []


@pytest.mark.parametrize("slot", [{"kind": "din", "device": "/dev/ttyS0"}, {"kind": "port", "din": True}])
def test_a_scene_that_asks_too_much_of_a_cable_is_told(tmp_path: Path, slot: dict[str, Any]) -> None:
    voices = yaml.safe_load(STUDY)["voices"]
    assert about(unmet(scene(tmp_path), {}, {"main": slot}), "bytes") == []
    for voice in voices.values():
        voice["density"] = [1, 200]
    crowded = scene(tmp_path, voices=voices)
    (sentence,) = about(unmet(crowded, {}, {"main": slot}), "bytes")
    assert sentence.startswith("study: slot main is asked for up to 3,600 bytes a second")
    assert about(unmet(crowded, {}, SLOTS), "bytes") == []
    (with_clock,) = about(unmet(crowded, {}, {"main": slot | {"clock": True}}), "bytes")
    assert "3,696 bytes" in with_clock


def test_models_and_slots_that_are_not_there_are_told(tmp_path: Path) -> None:
    sentences = unmet(scene(tmp_path), {}, {})
    assert len(about(sentences, "names the model")) == 3
    assert len(about(sentences, "names the slot 'main'")) == 3
