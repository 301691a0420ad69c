"""Devices that load banks themselves are told on a bar line which program it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.playing import Studio, place, scene, steps
from reverie.play.messages import BankTaken, FromPlayer, TakeBank, ToPlayer
from reverie.play.slot_settings import SlotSettings
from reverie.play.slots import RETRY
from reverie.processes.codec import from_message, to_message

PROGRAM, ON = 0xC0, 0x90


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def take(name: str, program: int | None, other: int | None = None) -> TakeBank:
    return TakeBank(1, "lead", name, "", other, 1 if other else 0, program)


def programs(studio: Studio) -> list[tuple[float, int, int]]:
    return [event for event in studio.events() if event[1] & 0xF0 == PROGRAM]


def test_the_program_comes_on_the_line_before_its_first_note(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60, 62)))
    studio.play(1)
    studio.clock.time += 0.3
    studio.tell(take("flute", 1))
    studio.play(2)
    [(at, status, program)] = programs(studio)
    assert (at % 2, status, program) == (0, PROGRAM, 1)
    assert [event[1] for event in studio.events() if event[0] == at][-2:] == [PROGRAM, ON]
    assert studio.taken == [BankTaken("lead", "flute")]


def test_without_programs_it_is_only_told_that_it_is_taken(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), take("flute", None))
    studio.play(3)
    assert programs(studio) == []
    assert studio.taken == [BankTaken("lead", "flute")]


def test_with_another_channel_the_program_is_that_channels(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.play(1)
    studio.tell(take("flute", 1, other=5))
    studio.play(3)
    assert [event[1:] for event in programs(studio)] == [(PROGRAM | 4, 1)]
    assert studio.events()[-1][1] & 0x0F == 4


def test_a_device_that_comes_back_is_told_again(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), take("flute", 1))
    studio.play(3)
    studio.output.there = False
    studio.play(1)
    studio.output.there = True
    studio.clock.time += RETRY
    studio.play(4)
    assert [event[2] for event in programs(studio)] == [1, 1]


def test_who_stands_in_is_not_told_of_programs_that_are_not_its_own(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, absent="other"), other=SlotSettings({}))
    studio.slots["main"].stand_in = studio.slots["other"]
    studio.tell(scene(), place(steps(60)))
    studio.output.there = False
    studio.play(2)
    studio.tell(take("flute", 1))
    studio.play(3)
    assert studio.outputs["other"].sent
    assert all(data[0] & 0xF0 != PROGRAM for _, data in studio.outputs["other"].sent)
    assert studio.taken == []


def test_the_program_goes_over_the_wire() -> None:
    message = take("flute", 1)
    assert from_message(ToPlayer | FromPlayer, to_message(message)) == message
