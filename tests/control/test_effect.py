"""A switch that is pressed says which way it went: to whoever asked, and in the record."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.hands import Stand
from reverie.control.console import ControlConsole


def told(stand: Stand, desk: ControlConsole, **wanted: Any) -> str:
    """The answer; the record says the same."""
    said = desk.ask(wanted, "http").sentence
    record = desk.status()["last"][-1]
    assert record["now"] in said
    stand.time.go(2)
    return said


def test_a_mute_without_a_value_did_not_say_which_way_it_went(stand: Stand, desk: ControlConsole) -> None:
    mute = {"action": "mute", "voice": "bass"}
    assert told(stand, desk, **mute) == "It is done: bass is muted."
    assert told(stand, desk, **mute) == "It is done: bass sounds again."
    assert told(stand, desk, **mute, value=False) == "It is done: bass is not muted."
    assert told(stand, desk, **mute) == "It is done: bass is muted."
    assert told(stand, desk, action="undo") == "It is done: undo (mute bass): bass sounds again."


def test_a_loop_and_a_pause_without_a_value_did_not_say_which_way_they_went(stand: Stand, desk: ControlConsole) -> None:
    lead = {"action": "loop", "voice": "lead"}
    assert told(stand, desk, **lead) == "It is done: lead repeats the loop that it plays."
    assert told(stand, desk, action="loop") == "It is done: every voice repeats the loop that it plays."
    undone = told(stand, desk, action="undo")
    assert undone == "It is done: undo (loop): lead repeats the loop that it plays."
    assert told(stand, desk, **lead) == "It is done: lead evolves again."
    assert told(stand, desk, action="loop", value=False) == "It is done: every voice evolves again."
    assert told(stand, desk, action="pause") == "It is done: the music is paused."
    assert told(stand, desk, action="pause") == "It is done: the pause is over."
    assert told(stand, desk, action="pause", value=False) == "It is done: the music is not paused."


def test_what_is_kept_and_gone_back_to_is_said(stand: Stand, desk: ControlConsole) -> None:
    assert told(stand, desk, action="keep", voice="lead") == "It is done: what lead plays is kept."
    assert told(stand, desk, action="keep") == "It is done: what all voices play together is kept."
    back = told(stand, desk, action="return", voice="lead")
    assert back.startswith("It is done: lead goes back to what was kept at ")
    undone = told(stand, desk, action="undo")
    assert undone == "It is done: undo (return lead): lead goes back to what was played before."
    undone = told(stand, desk, action="undo")
    assert undone == "It is done: undo (keep): what was kept last is not kept any more."


def test_a_step_of_the_volume_says_how_loud_it_is_now(stand: Stand, desk: ControlConsole) -> None:
    assert told(stand, desk, action="quieter") == "It is done: the volume is 92%."
    assert told(stand, desk, action="undo") == "It is done: undo (quieter): the volume is 100%."


def test_a_scene_says_when_it_begins(stand: Stand, desk: ControlConsole) -> None:
    again = told(stand, desk, action="scene", value="first-light")
    assert again == "It is done: first-light goes on."
    said = told(stand, desk, action="scene", value="night-watch")
    assert said == "It is done: night-watch begins with the next bar line."


def test_the_log_says_which_way_a_switch_went(
    stand: Stand, desk: ControlConsole, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    told(stand, desk, action="mute", voice="beat")
    assert "By hand (http): mute beat: beat is muted." in caplog.messages
