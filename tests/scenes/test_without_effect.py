"""Numbers that could never have an effect in their scene are told, where they stand."""

from __future__ import annotations

import pytest

from reverie.documents import DocumentError, parse_document, validate
from reverie.scenes.schema import Scene

SCENE = """
name: three
title: Three voices
tempo: 60
key: D
scale: dorian
voices:
  lead: {kind: melody, model: attention_rnn, register: [C4, C6], density: [2, 8], output: {channel: 1}}
  bass: {kind: bass, model: attention_rnn, register: [C2, C4], output: {channel: 2}}
  beat: {kind: drums, pattern: {bass: "X... .... X... ...."}, output: {channel: 10}}
moods: {fear: {density: 0.5}}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        validate(parse_document(SCENE + text), Scene)
    return [f"{fault.line}:{fault.column}: {fault.message}" for fault in refused.value.faults]


def test_guards_for_more_voices_than_the_scene_has_passed_without_a_word() -> None:
    vain = "the scene has 3 voices, never 9; a mood leaves as many as would sound without it"
    assert faults("guards: {voices: 9}\n") == [f"12:18: {vain}"]
    assert faults("guards: {voices: [1, 9]}\n") == [
        "12:18: the scene has 3 voices, never 9; the most would hold nobody back"
    ]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            "{sections: [{name: a, bars: 8, at_most: 9}]}",
            "12:47: the section 'a' has 3 voices, never 9; 'at_most' would hold nobody back",
        ),
        (
            "{sections: [{name: a, bars: 8, voices: [bass], at_most: [2, 3]}]}",
            "12:63: the section 'a' has 1 voice, never 2; 'at_most' would hold nobody back",
        ),
        (
            "{sections: [{name: a, bars: 8}], chapters: [{name: c, for: 10m, sections: [a], at_most: 4}]}",
            "12:95: the scene has 3 voices, never 4; 'at_most' would hold nobody back",
        ),
        (
            "{hour: {at_most: {0: 5, 30: 4}}}",
            "12:24: the scene has 3 voices, never 4; 'at_most' would hold nobody back",
        ),
        (
            '{day: {at_most: {"06:00": 16}}}',
            "12:23: the scene has 3 voices, never 16; 'at_most' would hold nobody back",
        ),
        (
            "{sections: [{name: a, bars: [4, 8], enter: 8}]}",
            (
                "12:50: the section 'a' is over after 8 bars, before a second voice would come in, so that all would "
                "come in together; write fewer bars than it has, or 0"
            ),
        ),
        (
            "{sections: [{name: a, bars: 8, voices: [bass, lead], rests: {beat: 0.5}}]}",
            "12:74: the voice 'beat' is not in the section 'a', and cannot rest there",
        ),
    ],
)
def test_a_number_of_the_form_that_could_never_have_an_effect_is_told(form: str, said: str) -> None:
    assert faults(f"form: {form}\n") == [said]


@pytest.mark.parametrize(
    "text",
    [
        "guards: {voices: 3}",
        "guards: {voices: [2, 3]}",
        "guards: {voices: [2, 16]}",
        "form: {sections: [{name: a, bars: [4, 9], enter: 8, at_most: [2, 9], rests: {beat: 0.5}}]}",
        "form: {sections: [{name: a, bars: 8, voices: [bass], maybe: {beat: 0.5}, at_most: 2, rests: {beat: 0.5}}]}",
        "form: {hour: {at_most: {0: 3, 30: 9}}}",
        "form: {rests: {beat: 0.2}, opening: 64}",
    ],
)
def test_what_can_have_an_effect_is_left_alone(text: str) -> None:
    assert validate(parse_document(f"{SCENE}{text}\n"), Scene).name == "three"
