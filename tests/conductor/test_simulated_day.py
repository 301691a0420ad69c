"""The whole conductor, with a fake player and a fake composer, through a day that takes some seconds."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.day_scenes import DAY, day_scenes
from fakes.simulated_day import Installation, live_through
from reverie.compose.messages import ComposeLoop, ComposerSetup, ToComposer
from reverie.play.messages import Place, Rest, SetOverrides, SetScene, Setup, ToPlayer
from reverie.processes.codec import from_message
from reverie.watch.happenings import (
    BarSounded,
    FaultCleared,
    FaultRaised,
    Happening,
    LoopAnswered,
    RestBegun,
    RestEnded,
    SceneBegun,
    SlotChanged,
    SlotsLost,
    WorkerDied,
    WorkerStarted,
)

SCENES = day_scenes(20, 24, beat=8, lead=8)
TICK = 60.0
"""Seconds between two looks: the programme is followed within as many."""


def unplug(lived: Installation) -> None:
    lived.player.plug("main", up=False)


def plug_in(lived: Installation) -> None:
    lived.player.plug("main", up=True)


def kill_composer(lived: Installation) -> None:
    lived.composer.die("The composer was ended by signal 9 (Killed).")


def kill_player(lived: Installation) -> None:
    lived.player.die("The player was ended by signal 9 (Killed).")


def hang_composer(lived: Installation) -> None:
    lived.composer.hangs = True


INCIDENTS = [
    ("10:00", kill_composer),
    ("14:00", hang_composer),
    ("16:00", kill_player),
    ("20:00", unplug),
    ("20:10", plug_in),
]


SENTENCES: dict[type[Happening], Callable[[Any], str]] = {
    WorkerStarted: lambda one: f"{one.role} started",
    WorkerDied: lambda one: f"{one.role} died: {one.reason}",
    SlotChanged: lambda one: f"{one.slot.name} {'up' if one.slot.up else 'down'}",
    SlotsLost: lambda one: f"{', '.join(one.slots)} lost",
    SceneBegun: lambda one: f"scene {one.scene.name}",
    RestBegun: lambda _: "rest begun",
    RestEnded: lambda _: "rest ended",
    FaultRaised: lambda one: f"fault {one.fault.id}",
    FaultCleared: lambda one: f"cleared {one.fault.id}",
}
"""All but bars, loops and what the player is given."""


def line(lived: Installation) -> list[str]:
    """What was told, in order, each with its time of the day."""
    return [f"{lived.clock(one)} {SENTENCES[type(one)](one)}" for one in lived.happened if type(one) in SENTENCES]


def test_a_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lived = live_through(tmp_path, SCENES, DAY, "2026-11-28 08:00", 24, INCIDENTS, TICK)
    assert line(lived) == [
        "08:00 scene morning",
        "08:00 player started",
        "08:00 composer started",
        "08:00 main up",
        "10:00 composer died: signal",
        "10:00 composer started",
        "14:02 composer died: hang",
        "14:02 composer started",
        "16:00 player died: signal",
        "16:00 main lost",
        "16:00 player started",
        "16:00 main up",
        "18:00 scene evening",
        "20:00 fault slot-missing",
        "20:00 fault nothing-heard",
        "20:00 main down",
        "20:10 cleared slot-missing",
        "20:10 cleared nothing-heard",
        "20:10 main up",
        "23:00 rest begun",
        *("02:03 composer died: recycled", "02:03 composer started"),  # it is twelve hours old
        *("04:01 player died: recycled", "04:01 main lost", "04:01 player started", "04:01 main up"),
        "07:00 scene morning",
        "07:00 rest ended",
    ]
    everything_was_logged_once(caplog)
    no_bar_was_missing_and_none_was_empty(lived)
    every_loop_was_asked_until_it_was_answered(lived)
    the_player_was_told_what_it_had_to_know(lived)
    systemd_was_told_that_it_sounds(lived)


def everything_was_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    said = [record.getMessage() for record in caplog.records]
    once = [
        "The first bar has gone out, 12.0 s after the start.",
        "The composer was ended by signal 9 (Killed). It is started again.",
        "The player was ended by signal 9 (Killed). It is started again.",
        "Playing evening (A scene for the evening).",
        "Slot main: the MIDI port of the rehearsal is gone. Switch the device on or plug it in again.",
        "Resting until the programme says otherwise.",
        "The rest is over.",
        "Ending every note.",
    ]
    assert [sentence for sentence in said if sentence in once] == once
    assert sum("The composer owed an answer for" in sentence for sentence in said) == 1
    assert sum(sentence.startswith("Nothing can be heard for now") for sentence in said) == 1
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.WARNING] == []


def no_bar_was_missing_and_none_was_empty(lived: Installation) -> None:
    bars = [(lived.clock(one), one.bar) for one in lived.told(BarSounded)]
    assert 86_400 - 60 < sum(bar.seconds for _, bar in bars) <= 86_400
    assert Counter(bar.scene for _, bar in bars if not bar.resting).keys() == SCENES.keys()
    resting = [bar for _, bar in bars if bar.resting]
    assert 8 * 3600 - 60 < sum(bar.seconds for bar in resting) < 8 * 3600 + 60
    assert not any(bar.sent or any(bar.notes.values()) for bar in resting)
    unheard = {clock[:4] for clock, bar in bars if not bar.resting and not bar.sent}
    assert unheard == {"20:0", "20:1"}
    assert all(bar.due and any(bar.notes.values()) for _, bar in bars if not bar.resting)


def every_loop_was_asked_until_it_was_answered(lived: Installation) -> None:
    said = [from_message(ToComposer, message) for _, message in lived.composer.told]
    asked = Counter(one.recipe.id for one in said if isinstance(one, ComposeLoop))
    answered = Counter(
        replace(one.answer.recipe, choice=None, score={}, engine="").id for one in lived.told(LoopAnswered)
    )
    assert sum(isinstance(one, ComposerSetup) for one in said) == 4
    assert asked.keys() == answered.keys()
    assert set(answered.values()) == {1}


def the_player_was_told_what_it_had_to_know(lived: Installation) -> None:
    told = [from_message(ToPlayer, message) for _, message in lived.player.told]
    assert sum(isinstance(said, Setup) for said in told) == 3
    assert [said.name for said in told if isinstance(said, SetScene)] == [
        "morning",
        "morning",
        "evening",
        "evening",
        "morning",
    ]
    assert [said.on for said in told if isinstance(said, Rest)] == [False, False, False, True, True, False]
    second_life = told[[number for number, said in enumerate(told) if isinstance(said, Setup)][1] :]
    assert [type(said) for said in second_life[:5]] == [Setup, Rest, SetOverrides, SetScene, Place]
    assert isinstance(second_life[3], SetScene)
    assert second_life[3].first_bar > 2000


def systemd_was_told_that_it_sounds(lived: Installation) -> None:
    lines = [line for line in lived.notifier.lines if not line.startswith("STATUS=")]
    assert lines[0] == "READY=1"
    assert lines[-1] == "STOPPING=1"
    assert set(lines[1:-1]) == {"WATCHDOG=1"}
    assert len(lines) - 2 >= 86_400 / TICK - 2
