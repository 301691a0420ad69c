"""What the conductor says of itself in one sentence, to page, systemd and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.daemon import STUDY
from fakes.hand_clock import HandClock
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.play.messages import SlotState
from reverie.site.actions import Action
from reverie.watch.metrics import Metrics


def begun(folder: Path, programme: Programme | None = None) -> Theatre:
    """Two bars of the study have gone out, at half past ten in the evening."""
    theatre = Theatre(folder, {"study": STUDY}, programme=programme, clock=HandClock("2026-11-28 22:30"))
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    theatre.begin()
    theatre.answer()
    theatre.play(2)
    return theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return begun(tmp_path)


def said(theatre: Theatre) -> str:
    return theatre.conductor.summary().text


def rest(theatre: Theatre) -> None:
    """The next bar rests."""
    bar = theatre.conductor._evidence.bar
    assert bar is not None
    theatre.player.says(replace(bar, bar=bar.bar + 1, resting=True))


def test_a_dead_slot_a_broken_scene_and_a_mended_one(theatre: Theatre) -> None:
    assert said(theatre) == "✓ Playing study, bar 3."
    assert "reverie_audible 1.0" in theatre.metrics
    theatre.player.says(SlotState("main", up=False, detail="It was unplugged."))
    told = said(theatre)
    assert told.startswith("✗ Nothing can be heard but in browsers (open http://127.0.0.1:")
    assert told.endswith(
        "and press Listen): main: It was unplugged. The music (study, bar 3) goes on to its tape as well."
    )
    assert theatre.conductor.alive().ok
    assert "reverie_audible 0.0" in theatre.metrics
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    theatre.write("study", STUDY + "colour: red\n")
    theatre.conductor.play_scene("study")
    assert "! Plays study, bar 3, but: " in said(theatre)
    assert "Mend the file, see `reverie check`; the last good version plays until it is mended" in said(theatre)
    assert "reverie_configuration_ok 0.0" in theatre.metrics
    theatre.write("study", STUDY)
    theatre.conductor.play_scene("study")
    assert said(theatre) == "✓ Playing study, bar 3."
    assert "reverie_configuration_ok 1.0" in theatre.metrics


def test_a_rest_says_until_when(tmp_path: Path) -> None:
    programme = Programme([ProgrammeEntry(time(10), "study"), ProgrammeEntry(time(22), None)])
    theatre = begun(tmp_path, programme)
    rest(theatre)
    assert said(theatre) == "✓ Resting until 10:00, as the programme says."


def test_a_pause_by_hand_says_when_it_ends(theatre: Theatre) -> None:
    theatre.conductor._console._acts.do(Action("pause", value=True))
    rest(theatre)
    assert said(theatre) == "✓ Paused by hand until 22:40."


def test_the_first_death_of_a_worker_is_an_increase() -> None:
    assert b'reverie_worker_restarts_total{reason="exit",role="player"} 0.0' in Metrics("1", "numpy").render()[0]
