from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import reverie
from reverie.models.configs import CONFIGS
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits
from reverie.scenes.schema import Scene

PACKAGE = Path(reverie.__file__).parent


def test_every_kind_has_its_traits_and_a_model_and_is_known_to_scenes() -> None:
    voices = Scene.model_json_schema()["$defs"]
    in_scenes = [voice["properties"]["kind"] for name, voice in voices.items() if name.endswith("Voice")]
    assert {kind for voice in in_scenes for kind in voice.get("enum", [voice.get("const")])} == set(VOICE_KINDS)
    composed = {kind for kind, traits in VOICE_KINDS.items() if not traits.harmonic}
    assert {kind for config in CONFIGS.values() for kind in config.kinds} == composed


def test_no_two_kinds_are_composed_at_the_same_place() -> None:
    orders = [traits.order for traits in VOICE_KINDS.values()]
    assert len(set(orders)) == len(orders)


def test_nothing_is_decided_by_the_name_of_a_kind() -> None:
    compared = re.compile(
        r"kind\s*(==|!=|in|not in)\s*[\(\{\[]?\s*\"(drums|melody|bass|chords)\"|isinstance\(\w+, \w+Voice\)"
    )
    found = [
        f"{file.relative_to(PACKAGE)}: {line.strip()}"
        for file in PACKAGE.rglob("*.py")
        for line in file.read_text().splitlines()
        if compared.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("wrong", [{"grid": 0}, {"grid": 7}, {"grid": 480}, {"polyphony": 0}])
def test_traits_that_no_voice_can_have_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"grid|note"):
        VoiceTraits(order=9, **wrong)
