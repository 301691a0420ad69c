"""What scenes say of voices that harmonize, and what `reverie check` says of it."""

from __future__ import annotations

import pytest

from fakes.scenes import scene
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError
from reverie.models.configs import CONFIGS

HEAD = """
name: study
title: A study
tempo: 80
key: D
scale: dorian
harmony: "Dm7 | G7"
voices:
  beat: {kind: drums, model: drum_kit, output: {slot: main, channel: 10}}
  tune: {kind: melody, model: attention_rnn, register: [C4, C6], output: {slot: main, channel: 2}}
"""
CHOIR = (
    "  choir: {kind: harmonize, model: coconet, listen: {accompany: tune}, register: [F2, E5], "
    "output: {slot: main, channel: 1}}\n"
)
KINDS = {name: one.kinds for name, one in CONFIGS.items()}


def refused(voices: str) -> str:
    with pytest.raises(DocumentError) as caught:
        scene(HEAD + voices, models=KINDS)
    return str(caught.value)


def test_what_it_says_is_in_its_recipes_and_it_is_composed_after_what_it_harmonizes() -> None:
    written = CHOIR.replace("register", "parts: [alto, tenor], shortest: 4, passes: 48, struck: line, register")
    made = arrange(scene(HEAD + written, models=KINDS), {})
    recipe = made.plans["choir"].recipe("reset", 0, 0)
    assert recipe.settings == {
        "given": "soprano",
        "parts": "alto tenor",
        "passes": 48.0,
        "shortest": 4.0,
        "struck": "line",
    }
    assert recipe.limits.polyphony == 2
    assert [relation.voice for relation in recipe.relations if relation.kind == "accompany"] == ["tune"]
    assert [*made.plans].index("choir") > [*made.plans].index("tune")


def test_its_mutations_draw_some_parts_again_and_its_continuations_lead_on() -> None:
    plan = arrange(scene(HEAD + CHOIR, models=KINDS), {}).plans["choir"]
    operators = [plan.recipe(name, 1, 2).operator for name in ("reset", "mutate", "continue")]
    assert operators == ["reset", "parts-mutate", "parts-continue"]
    assert plan.recipe("reset", 0, 0).limits.polyphony == 4


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        (CHOIR.replace("model: coconet", "model: polyphony"), "these can: coconet"),
        (
            CHOIR.replace("listen: {accompany: tune}", "line: 'C6 - -'"),
            "the line leaves the register F2 to E5: C6",
        ),
        (CHOIR.replace("listen: {accompany: tune}", "line: '. .'"), "a line has a note"),
        (
            CHOIR.replace("register", "line: 'C4 - -', register"),
            "a voice that harmonizes has one line: the written one, or another voice's; leave one of them out",
        ),
        (
            CHOIR.replace("listen: {accompany: tune}", "line: 'C4:8 | D4:16'"),
            "bar 1 has 8 sixteenths up to the bar line in column 6; a bar of 4/4 has 16",
        ),
        (
            CHOIR.replace("listen: {accompany: tune}", "line: 'C4:16 | D4:16', bars: 1"),
            "a loop of 1 bars cannot be filled by a line of 2",
        ),
        (
            CHOIR.replace(
                "kind: harmonize, model: coconet, listen: {accompany: tune}",
                "kind: polyphony, model: polyphony, line: 'C4:8 | D4:16'",
            ),
            "bar 1 has 8 sixteenths up to the bar line in column 6; a bar of 4/4 has 16",
        ),
        (
            CHOIR.replace(
                "kind: harmonize, model: coconet, listen: {accompany: tune}",
                "kind: melody, model: cat-mel_2bar_small, evolve: {then: [walk], walk: {tunes: [C4, 'C4:8 | D4:8']}}",
            ),
            "bar 1 has 8 sixteenths up to the bar line in column 6; a bar of 4/4 has 16",
        ),
        (CHOIR.replace("accompany: tune", "accompany: beat"), "has no pitches that could be accompanied"),
        (CHOIR.replace("register", "parts: [alto, alto], register"), "a part is named once"),
        (
            CHOIR.replace("listen: {accompany: tune}", "line: C4, parts: [soprano]"),
            "the only part that is played is the written line, to which nothing is added",
        ),
        (CHOIR.replace("register", "parts: [descant], register"), "must be 'soprano', 'alto', 'tenor' or 'bass', not"),
        (CHOIR.replace("listen: {accompany: tune}", "struck: line"), "there is no line to be struck with"),
        (CHOIR.replace("register", "voices: 3, register"), "which of them it plays is written 'parts'"),
        (CHOIR.replace("register", "passes: 0, register"), "1"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(voice: str, sentence: str) -> None:
    assert sentence in refused(voice)


def test_a_line_that_the_voice_does_not_play_may_leave_its_register() -> None:
    voice = CHOIR.replace("listen: {accompany: tune}", "line: 'C6 - -', parts: [alto, tenor, bass]")
    assert scene(HEAD + voice, models=KINDS).voices["choir"].at_once == 3
