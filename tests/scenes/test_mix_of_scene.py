"""How a scene says its mix, and what controllers come of it."""

from __future__ import annotations

import pytest

from reverie.compose.course import BarState, VoiceState
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError, parse_document
from reverie.scenes.folder import read_scene
from reverie.scenes.schema import Scene

TEXT = """
name: dawn
title: Dawn
tempo: 84
key: D
scale: dorian
harmony: "Dm9 | G13"
SCENE
voices:
  beat: {kind: drums, model: kit, output: {channel: 10 BEAT}}
  low: {kind: bass, model: rnn, register: [C2, C4], output: {channel: 2 LOW}}
  pad: {kind: chords, register: [C3, C5], output: {channel: 3 PAD}}
  tune: {kind: melody, model: rnn, register: [C4, C6], output: {channel: 1 TUNE}}
"""


def scene(of_scene: str = "", **voices: str) -> Scene:
    text = TEXT.replace("SCENE", of_scene)
    for name in ("beat", "low", "pad", "tune"):
        written = voices.get(name, "")
        text = text.replace(f" {name.upper()}", f", {written}" if written else "")
    return read_scene(parse_document(text, "dawn.yaml"))


def state(made: Scene, bar: int = 0) -> BarState:
    course = arrange(made, {}).course
    assert course is not None
    return course.at(bar)


def controls(made: Scene, voice: str, bar: int = 0) -> dict[int, int]:
    return dict(state(made, bar).voice(voice).controls)


def test_a_scene_that_says_nothing_of_a_mix_has_no_course_and_the_hash_it_had() -> None:
    assert arrange(scene(), {}).course is None
    assert scene().hash == scene("seed: 1").hash != scene("mix: roles").hash
    assert scene().hash != scene(low="level: 0").hash


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("level: 0", {7: 100}),
        ("level: 4", {7: 126}),
        ("level: -6", {7: 71}),
        ("level: -12", {7: 50}),
        ("level: -60", {7: 3}),
        ("pan: 0", {10: 64}),
        ("pan: -100", {10: 1}),
        ("pan: 100", {10: 127}),
        ("reverb: 0, chorus: 100", {91: 0, 93: 127}),
        ("reverb: 40", {91: 51}),
    ],
)
def test_what_a_voice_says_becomes_controllers_of_its_channel_alone(written: str, expected: dict[int, int]) -> None:
    made = scene(pad=written)
    assert controls(made, "pad") == expected
    assert state(made).voice("low") == VoiceState()


def test_the_trim_moves_every_level_and_no_more() -> None:
    made = scene("mix: {trim: -6}", pad="level: -6, pan: 10")
    assert controls(made, "pad") == {7: 50, 10: 70}
    assert controls(made, "low") == {7: 71}


def test_by_roles_the_melody_is_6_db_before_the_pad_and_the_bass_dry_in_the_middle() -> None:
    made = scene("mix: {by: roles, balance: 0}")
    assert controls(made, "tune")[7] == 100
    assert controls(made, "pad")[7] == 71
    assert controls(made, "low") == {7: 89, 10: 64, 91: 0, 93: 0}
    assert controls(made, "pad")[91] > 3 * controls(made, "beat")[91]
    assert controls(made, "tune")[10] == controls(made, "beat")[10] == 64


def test_what_a_voice_says_itself_goes_before_its_role() -> None:
    made = scene("mix: roles", low="reverb: 100", tune="pan: -50")
    assert controls(made, "low")[91] == 127
    assert controls(made, "low")[10] == 64
    assert controls(made, "tune")[10] == 32


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("level: 5", "4 or less"),
        ("pan: -101", "-100 or more"),
        ("reverb: 101", "100 or less"),
        ("chorus: wide", "must be a number"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(written: str, sentence: str) -> None:
    with pytest.raises(DocumentError, match=sentence):
        scene(pad=written)
    with pytest.raises(DocumentError, match=r"dawn\.yaml:8:"):
        scene("mix: loud")


def test_one_channel_has_one_mix() -> None:
    one = "\n  tune: {kind: melody, model: rnn, register: [C4, C6], output: {channel: 1 TUNE}}"
    other = one.replace("tune", "echo").replace(" TUNE", ", level: -3")
    text = TEXT.replace("SCENE", "").replace(" BEAT", "").replace(" LOW", "").replace(" PAD", "")
    with pytest.raises(DocumentError, match="'tune' already has level 0 on channel 1"):
        read_scene(parse_document(text.replace(" TUNE", ", level: 0") + other, "dawn.yaml"))
    shared = read_scene(parse_document(text.replace(" TUNE", "") + other, "dawn.yaml"))
    assert controls(shared, "tune") == controls(shared, "echo") == {7: 84}
