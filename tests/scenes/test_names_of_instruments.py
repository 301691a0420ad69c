"""Instruments and drums by name in scenes and sites: they mean what their numbers mean, and faults have places."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fakes.scenes import TEXT, scene
from reverie.documents import DocumentError
from reverie.music.drums import DRUMS
from reverie.music.general_midi import PROGRAMS
from reverie.scenes.schema import scene_json_schema
from reverie.site.load import load_site
from reverie.site.schema import site_json_schema

DRUMS_TEXT = TEXT.replace("bars: 1\n", 'bars: 1\n    primer: {bass: "x...", closed-hat: "..x."}\n')


def faults(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        scene(text)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("written", ["vibraphone", "Vibraphone", "VIBRAPHONE", '" vibraphone"', "vibra-phone"])
def test_a_program_by_name_is_the_same_scene(written: str) -> None:
    named = scene(TEXT.replace("program: 11", f"program: {written}"))
    assert named.voices["lead"].output.program == 11
    assert named.hash == scene().hash


def test_drums_by_other_names_are_the_same_scene() -> None:
    named = (
        DRUMS_TEXT.replace("{bass: 35}", "{Kick Drum: 35}").replace("{bass: ", "{kick: ").replace("closed-hat", "hat")
    )
    assert "bass:" not in named
    assert scene(named).hash == scene(DRUMS_TEXT).hash


def test_a_name_that_is_none_is_told_at_its_place() -> None:
    line = 1 + TEXT[: TEXT.index("program: 11")].count("\n")
    column = len(TEXT[: TEXT.index("program: 11")].splitlines()[-1]) + len("program: ") + 1
    assert faults(TEXT.replace("program: 11", "program: vibrafone")) == [
        f"study.yaml:{line}:{column}: General MIDI has no instrument 'vibrafone'; did you mean 'vibraphone'?"
    ]
    assert faults(TEXT.replace("program: 11", 'program: "11"')) == [
        f"study.yaml:{line}:{column}: 'program' must be a whole number, such as 11, not the text '11'; write 11"
    ]
    assert faults(TEXT.replace("program: 11", 'program: "-1"')) == [
        f"study.yaml:{line}:{column}: 'program' must be a whole number, such as 11, not the text '-1'"
    ]
    assert "'program' must be 127 or less, not 128" in faults(TEXT.replace("program: 11", "program: 128"))[0]
    assert "'program' must be a whole number" in faults(TEXT.replace("program: 11", "program: [11]"))[0]


def test_one_drum_by_two_names_is_told_at_the_second() -> None:
    text = DRUMS_TEXT.replace('{bass: "x..."', '{bass: "x...", kick: "..x."')
    [fault] = faults(text)
    assert fault.endswith("'kick' and 'bass' are the same drum; write one entry for it")
    line, column = map(int, fault.split(":")[1:3])
    assert text.splitlines()[line - 1][column - 1 :].startswith('"..x."')


def test_a_site_s_sounds_have_names_too(tmp_path: Path) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text("slots: {main: {kind: virtual, sounds: {1: {program: church organ}, 2: {program: 19}}}}\n")
    sounds = load_site(path).slots["main"].sounds
    assert sounds[1] == sounds[2]
    assert load_site(path).slots_as_json()["main"]["sounds"]["1"]["program"] == 19
    path.write_text("slots: {main: {kind: virtual, sounds: {1: {program: church orgen}}}}\n")
    with pytest.raises(DocumentError, match=r"reverie\.yaml:1:\d+: General MIDI .* did you mean 'church organ'"):
        load_site(path)


def allows(schema: Any, written: str | int) -> bool:
    """What an editor makes of a value: the few keywords that these schemas have."""
    if "anyOf" in schema and not any(allows(one, written) for one in schema["anyOf"]):
        return False
    if "enum" in schema and written not in schema["enum"]:
        return False
    if isinstance(written, int):
        return schema.get("type", "integer") == "integer" and schema.get("minimum", 0) <= written <= schema.get(
            "maximum", written
        )
    if "pattern" in schema and not re.search(schema["pattern"], written):
        return False
    return schema.get("type", "string") == "string"


@pytest.mark.parametrize(
    "written", [*PROGRAMS, 0, 127, "Vibraphone", "electric guitar jazz", "honky tonk piano", "pan-flute", "musicbox"]
)
def test_editors_take_every_program_that_a_scene_may_have(written: str | int) -> None:
    for schema, section in ((scene_json_schema(), "OutputSection"), (site_json_schema(), "SoundSection")):
        assert allows(schema["$defs"][section]["properties"]["program"], written)


@pytest.mark.parametrize("written", ["vibrafone", 128, -1])
def test_editors_underline_a_program_that_there_is_not(written: str | int) -> None:
    assert not allows(scene_json_schema()["$defs"]["OutputSection"]["properties"]["program"], written)


def test_editors_know_the_names_of_drums() -> None:
    sections = scene_json_schema()["$defs"]
    for keys in (
        sections["DrumVoice"]["properties"]["primer"]["propertyNames"],
        sections["OutputSection"]["properties"]["drum_map"]["propertyNames"],
    ):
        assert all(allows(keys, name) for name in (*DRUMS, "kick", "hat", "closed hat", "Snare"))
        assert all(allows(keys, name) for name in ("hihat", "open-hihat", "closedhat", "kickdrum", "floortom"))
        assert not any(allows(keys, name) for name in ("snar", "closed-hta"))
    assert allows(sections["SourceSection"]["properties"]["kit"]["propertyNames"], "closed hat")
    assert json.dumps(sections).count('"kick"') == 3
