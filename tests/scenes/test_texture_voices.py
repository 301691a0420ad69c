"""What scenes say of voices of several notes at a time, and what `reverie check` says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from fakes.scenes import scene
from reverie.compose.course import BarState
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError
from reverie.models.configs import CONFIGS
from reverie.models.library.index import ModelFile

HEAD = """
name: study
title: A study
tempo: {qpm: 80, drift: 4, over: 32}
key: D
scale: dorian
harmony: "Dm7 | G7"
voices:
  beat: {kind: drums, model: drum_kit, output: {slot: main, channel: 10}}
  tune: {kind: melody, model: attention_rnn, register: [C4, C6], output: {slot: main, channel: 2}}
"""
FOUR = "  four: {kind: polyphony, model: polyphony, register: [C3, C6], output: {slot: main, channel: 1}}\n"
PIANO = (
    "  piano: {kind: performance, model: performance, register: [C2, C7], notes: {from: 2, to: 6, over: 8}, "
    "output: {slot: main, channel: 3}}\n"
)
KINDS = {name: one.kinds for name, one in CONFIGS.items()}


def refused(voices: str) -> str:
    with pytest.raises(DocumentError) as caught:
        scene(HEAD + voices, models=KINDS)
    return str(caught.value)


def test_a_voice_says_how_many_notes_it_has_at_a_time() -> None:
    made = arrange(scene(HEAD + FOUR.replace("polyphony, reg", "polyphony, voices: 3, reg") + PIANO), {})
    assert made.plans["four"].limits.polyphony == 3
    assert made.plans["piano"].limits.polyphony == 10


def test_ramps_and_tempo_are_in_the_recipes_of_their_bars() -> None:
    plan = arrange(scene(HEAD + PIANO), {}).plans["piano"]
    first, later = plan.recipe("reset", 0, 0), plan.recipe("reset", 1, 8)
    assert (first.settings["notes"], later.settings["notes"]) == (2.0, 6.0)
    assert (first.settings["qpm"], later.settings["qpm"]) == (80.0, 84.0)
    assert first.settings["pitches"] == "chord"
    assert first.id != later.id
    assert plan.hold == 1


@dataclass(frozen=True)
class Slower:
    """From bar 4 on at three quarters of the scene's tempo."""

    def at(self, bar: int) -> BarState:
        return BarState(tempo=0.75 if bar >= 4 else 1.0)

    def begins(self, voice: str, after: int) -> int | None:
        del voice, after
        return None


def test_the_tempo_of_a_recipe_is_that_to_which_a_mood_bends_the_scene() -> None:
    plan = replace(arrange(scene(HEAD + PIANO), {}).plans["piano"], course=Slower())
    assert [plan.recipe("reset", 0, bar).settings["qpm"] for bar in (0, 8)] == [80.0, 63.0]


def test_a_model_under_chords_is_told_those_of_the_scene() -> None:
    model = ModelFile("performance", None, "h", ("performance",), chords="triads")  # type: ignore[arg-type]
    plan = arrange(scene(HEAD + PIANO), {"performance": model}).plans["piano"]
    assert [chord.symbol for chord in plan.recipe("reset", 0, 0).chords] == ["Dm", "G", "Dm", "G"]


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        (FOUR.replace("model: polyphony", "model: attention_rnn"), "these can: polyphony"),
        (PIANO.replace("model: performance", "model: polyphony"), "these can: performance, performance_with_dynamics"),
        (FOUR.replace("register", "line: 'C7 - -', register"), "the line leaves the register C3 to C6: C7"),
        (FOUR.replace("register", "line: '. .', register"), "a line has a note"),
        (
            FOUR.replace("register", "line: 'C4 - -', listen: {accompany: tune}, register"),
            "a voice of polyphony has one line: the written one, or another voice's; leave one of them out",
        ),
        (FOUR.replace("register", "listen: {accompany: beat}, register"), "has no pitches that could be accompanied"),
        (PIANO.replace("register", "listen: {accompany: tune}, register"), "only a voice of kind 'polyphony'"),
        (PIANO.replace("register", "beat: 1, register"), "a performance is in free time; leave it out"),
        (FOUR.replace("register", "voices: 9, register"), "8"),
        (PIANO.replace("register", "pitches: root, register"), "chord"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(voice: str, sentence: str) -> None:
    assert sentence in refused(voice)
