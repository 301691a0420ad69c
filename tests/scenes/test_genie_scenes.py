"""What scenes say of voices that play by buttons, and what `reverie check` says of it."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.scenes import scene
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError
from reverie.models.configs import CONFIGS

HEAD = """
name: study
title: A study
tempo: {qpm: 80, drift: 4, over: 32}
key: D
scale: dorian
voices:
  beat: {kind: drums, model: drum_kit, output: {slot: main, channel: 10}}
  tune: {kind: melody, model: attention_rnn, register: [C4, C6], output: {slot: main, channel: 2}}
"""
GENIE = "  keys: {kind: genie, model: piano_genie, register: [C3, C6], output: {slot: main, channel: 1}}\n"
KINDS = {name: one.kinds for name, one in CONFIGS.items()}


def written(*said: str) -> str:
    return HEAD + GENIE.replace("register", ", ".join([*said, "register"]))


def settings(*said: str, bar: int = 0) -> dict[str, Any]:
    return dict(arrange(scene(written(*said), models=KINDS), {}).plans["keys"].recipe("reset", 0, bar).settings)


def test_the_model_is_told_the_contour_and_the_tempo_of_its_bars() -> None:
    assert settings('contour: "1 - [2 8]:2"') == {"contour": "1 - [2 8]:2", "qpm": 80.0}
    assert settings(bar=8) == {"qpm": 84.0}


def test_a_voice_says_how_boldly_and_with_how_many_keys_at_a_time_it_plays() -> None:
    plans = [arrange(scene(one), {}).plans["keys"] for one in (written(), written("voices: 4", "temperature: 0.7"))]
    assert [(plan.limits.polyphony, plan.temperature(0)) for plan in plans] == [(2, 0.25), (4, 0.7)]


def test_it_is_composed_after_the_voice_that_it_follows() -> None:
    plan = arrange(scene(written("listen: {follow: tune}")), {}).plans["keys"]
    assert [(one.kind, one.voice) for one in plan.relations] == [("follow", "tune")]
    assert list(arrange(scene(written("listen: {follow: tune}")), {}).plans)[-1] == "keys"


@pytest.mark.parametrize(
    ("said", "bars"),
    [
        ("contour: '1:16 | 2:16 | 3:16'", 3),
        ("contour: '1 2 3'", 1),
        ("contour: '1:16', bars: 4", 4),
        ("voices: 2", 2),
    ],
)
def test_a_loop_is_as_long_as_its_contour_where_nothing_else_is_said(said: str, bars: int) -> None:
    made = scene(written(said), models=KINDS)
    assert arrange(made, {}).plans["keys"].bars == bars
    assert scene(written(said.partition(", bars")[0], "bars: 5"), models=KINDS).hash != made.hash


def test_the_length_of_a_loop_is_part_of_what_a_scene_is() -> None:
    assert scene(written("contour: '1:16'")).hash != scene(written("contour: '1:16'", "bars: 2")).hash
    assert scene(written("contour: '1:16'")).hash == scene(written("contour: '1:16'", "bars: 1")).hash


def test_a_contour_is_part_of_what_a_scene_is() -> None:
    assert len({scene(one).hash for one in (written(), written("contour: '1 2'"), written("contour: '1 3'"))}) == 3


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("contour: '1 2 9'", "sixteenth 3, column 5: a button is a number from 1, the lowest, to 8, not '9'"),
        ("contour: 'D4 -'", "sixteenth 1, column 1: a button is a number from 1, the lowest, to 8, not 'D4'"),
        ("contour: '1 [2 2]'", "sixteenth 2, column 3: buttons pressed together are one or more, each once"),
        ("contour: '> 1'", "> stands behind a note or chord, before its length, such as 3>:4"),
        ("contour: '. .'", "a contour has a button, 1 to 8, that is pressed"),
        ("contour: '- 1 2'", "- holds, but no button is pressed that it could hold"),
        ("contour: '1:8 | 2:16'", "bar 1 has 8 sixteenths up to the bar line in column 5; a bar of 4/4 has 16"),
        ("contour: '1:16 | 2:16 | 3:16', bars: 2", "a loop of 2 bars cannot be filled by a contour of 3"),
        ("contour: '1:272'", "a contour is 16 bars at most, not 17"),
        ("contour: '1', listen: {follow: tune}", "a voice of kind 'genie' has one contour: the written one, or"),
        ("listen: {follow: beat}", "'beat' has no pitches that rise and fall; write lock: beat"),
        ("listen: {accompany: tune}", "accompanies; for 'keys' write answer: tune"),
        ("listen: {follow: tune, drum: snare}", "'follow' has no 'drum'; leave it out"),
        ("voices: 5", "4"),
        ("buttons: '1 2'", "the buttons that are pressed are written 'contour'"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(said: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        scene(written(said), models=KINDS)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + GENIE.replace("[C3, C6]", "[C0, C3]"), "a genie plays the keys of a piano, A0 to C8; C0 to C3 leaves"),
        (HEAD + GENIE.replace("piano_genie", "attention_rnn"), "these can: piano_genie"),
        (
            HEAD.replace("register: [C4", "listen: {follow: keys}, register: [C4") + GENIE,
            "only a voice of kind 'genie' follows; for 'tune' write imitate: keys",
        ),
    ],
)
def test_so_is_what_cannot_be_of_the_whole(text: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        scene(text, models=KINDS)
    assert sentence in str(caught.value)
