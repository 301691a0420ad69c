"""Buttons that people press: what is written of them, who is played by them, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.genie import random_genie
from fakes.hands import Stand
from fakes.scenes import scene
from reverie.compose.composer import compose
from reverie.compose.engines.genie_playing import GenieEngine
from reverie.compose.ensemble import Ensemble
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.control.osc_input import action_of
from reverie.control.plain_action import action_of as plain_action_of
from reverie.control.pressed_contour import MOST, PAUSE, PressedContour
from reverie.models.library.bundle import write_bundle
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.notation import read_contour
from reverie.music.time import TICKS_PER_STEP
from reverie.site.actions import Action, ControlError, ControlLimits

SIXTEENTH = 60 / 120 / 4
SCENE = """
name: study
title: A study
tempo: 120
key: C
scale: major
voices:
  lead: {kind: melody, model: attention_rnn, register: [C4, C6], output: {channel: 2}}
  keys: {kind: genie, model: genie, bars: 1, voices: 1, register: [C3, C6], density: [0.5, 24], output: {channel: 1}}
"""


def pressed(*presses: tuple[float, int]) -> PressedContour:
    found = PressedContour()
    for sixteenth, button in presses:
        found.press(button, 100 + sixteenth * SIXTEENTH)
    return found


def test_presses_are_written_in_sixteenths_of_the_tempo() -> None:
    line = pressed((0, 1), (4.2, 3), (5.9, 5), (5.95, 8), (8, 2))
    assert line.written(120) == "1:4 3:2 [5 8]:2 2:4"
    assert line.written(60) == "1:2 3:1 [5 8]:1 2:4"


def test_a_pause_begins_another_contour_and_the_oldest_presses_are_forgotten() -> None:
    assert pressed((0, 1), (2, 4), (2 + PAUSE / SIXTEENTH + 1, 7)).written(120) == "7:4"
    chords = pressed(*((2 * (number // 2), 1 + number % 2 * 7) for number in range(MOST + 1)))
    assert chords.written(120).startswith("[1 8]:2 ")
    many = pressed(*((2 * number, number % 8 + 1) for number in range(MOST + 10)))
    assert many.written(120).split()[0] == "3:2"
    assert PressedContour().written(120) == ""


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 8)), min_size=1, max_size=100), st.floats(20, 400))
def test_whatever_is_pressed_is_a_contour_of_whole_quarters(presses: list[tuple[float, int]], qpm: float) -> None:
    line, now = PressedContour(), 0.0
    for wait, button in presses:
        now += wait
        line.press(button, now)
    passage = read_contour(line.written(qpm))
    assert passage.steps % 4 == 0
    assert {note.pitch for note in passage.notes} <= {button - 1 for _, button in presses}


@pytest.mark.parametrize(
    ("address", "arguments", "action"),
    [
        ("/reverie/contour/keys", [3], Action("contour", 3.0, "keys")),
        ("/reverie/contour", ["keys", 8.0], Action("contour", 8.0, "keys")),
        ("/reverie/contour/keys", [0], Action("contour", 0.0, "keys")),
    ],
)
def test_what_a_message_asks_for(address: str, arguments: list[Any], action: Action) -> None:
    assert action_of(address, arguments, ControlLimits()) == action
    assert plain_action_of({"action": "contour", "voice": "keys", "value": action.value}, ControlLimits()) == action


@pytest.mark.parametrize(
    ("address", "arguments", "sentence"),
    [
        ("/reverie/contour", [3], "a contour is for one voice, such as /reverie/contour/lead"),
        ("/reverie/contour/keys", [9], "'contour' needs a button, 1 to 8, or 0 to leave the contour to the scene"),
        ("/reverie/contour/keys", [2.5], "needs a button"),
        ("/reverie/contour/keys", [True], "needs a button"),
        ("/reverie/contour/keys", [], "needs a button"),
    ],
)
def test_what_no_button_is_is_told(address: str, arguments: list[Any], sentence: str) -> None:
    with pytest.raises(ControlError, match=sentence):
        action_of(address, arguments, ControlLimits())


def test_a_voice_is_played_by_what_is_pressed_until_that_is_left_to_the_scene(tmp_path: Path) -> None:
    stand = Stand()
    desk = stand.desk(tmp_path)
    for button in (1, 4, 4, 8):
        desk.use(Action("contour", float(button), "lead"), "osc")
        stand.time.go(2 * SIXTEENTH)
    assert stand.fake.done[-1] == "lead pressed 1:2 4:2 4:2 8:2"
    assert desk.status()["now"] == ["lead is played by the buttons 1:2 4:2 4:2 8:2."]
    assert desk.status()["last"][-1]["now"] == "lead is played by the buttons 1:2 4:2 4:2 8:2"
    desk.use(Action("contour", 0.0, "lead"), "osc")
    assert stand.fake.done[-1] == "lead pressed None"
    assert desk.status()["now"] == []
    desk.use(Action("contour", 2.0, "lead"), "osc")
    assert stand.fake.done[-1] == "lead pressed 2:4", "what was pressed before is over"
    desk.scene_begun()
    assert desk.status()["now"] == []


def test_voices_without_buttons_and_voices_that_are_not_there_are_told(tmp_path: Path) -> None:
    stand = Stand()
    desk = stand.desk(tmp_path)
    assert desk.use(Action("contour", 2.0, "bass"), "osc") == "bass has no buttons; voices of kind genie have"
    assert "has no voice 'nobody'" in (desk.use(Action("contour", 2.0, "nobody"), "osc") or "")
    assert desk.status()["now"] == []
    stand.time.go(2 * SIXTEENTH)
    desk.use(Action("contour", 5.0, "bass"), "osc")
    assert stand.fake.done[-1] == "bass pressed 5:4", "what such a voice could not play is not remembered"


@pytest.fixture
def genie(tmp_path: Path) -> ModelFile:
    write_bundle(tmp_path / "genie.safetensors", random_genie())
    return read_model_file(tmp_path / "genie.safetensors")


def test_loops_to_come_have_the_contour_in_their_recipes(genie: ModelFile) -> None:
    ensemble = Ensemble(arrange(scene(SCENE), {genie.name: genie}), 1, {})
    assert not ensemble.set_contour("lead", "1 2")
    assert ensemble.set_contour("keys", "1:4 8:4 3:8")
    recipes = {recipe.voice: recipe for recipe in ensemble.fill()[1]}
    assert recipes["keys"].settings["contour"] == "1:4 8:4 3:8"
    assert "contour" not in recipes["lead"].settings
    engine = GenieEngine()
    engine.load(genie)
    made = compose(engine, recipes["keys"], Memories())
    assert made.loop is not None
    assert [note.start // TICKS_PER_STEP for note in made.loop.notes] == [0, 4, 8]
    ensemble.composed(made)
    ensemble.set_contour("keys", None)
    again = {recipe.voice: recipe for recipe in ensemble.fill()[1]}
    assert "contour" not in again["keys"].settings
