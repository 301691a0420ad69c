"""Programs that plans put in place of the parts' own: on the bar line, and back wherever the plan is over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.outputs import RecordingSampler
from fakes.playing import LEAD, Studio, place, scene, steps
from reverie.play.bars import PUNCTUAL
from reverie.play.events import PlannedProgram
from reverie.play.messages import BarPlan, Part, PartPlan, Rest, TellBars
from reverie.play.planned_programs import PlannedPrograms
from reverie.play.player import Player
from reverie.play.recording.tape import Tape

ON, PROGRAM = 0x90, 0xC0
FLUTE = replace(LEAD, program=73)
BARE = Part("pad", "main", 2)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def plan(bar: int, program: int | None = None) -> BarPlan:
    return BarPlan(bar, 1.0, {} if program is None else {"lead": PartPlan(program=program)})


def told(*plans: BarPlan, epoch: int = 1) -> TellBars:
    return TellBars(epoch, plans[0].bar, plans)


def programs(studio: Studio, output: str = "main") -> list[tuple[float, int, int]]:
    """Seconds since the start, channel from 1, and the program."""
    sent = studio.outputs[output].sent
    return [(round(at - 1000, 6), (data[0] & 15) + 1, data[1]) for at, data in sent if data[0] & 0xF0 == PROGRAM]


def test_another_program_comes_on_the_bar_line_before_its_notes_and_the_own_one_after_it(studio: Studio) -> None:
    studio.tell(scene(FLUTE), told(plan(0), plan(1, 42), plan(3)), place(steps(60)))
    studio.play(5)
    assert programs(studio) == [(0.0, 1, 73), (2.0, 1, 42), (6.0, 1, 73)]
    kinds = [data[0] & 0xF0 for at, data in studio.output.sent if round(at - 1000, 6) == 2.0]
    assert kinds == [PROGRAM, ON]


def test_it_stands_on_the_tape(studio: Studio, tmp_path: Path) -> None:
    studio.tell(scene(FLUTE), told(plan(0), plan(1, 42), plan(2)), place(steps(60)))
    studio.play(3)
    studio.player.close()
    (journal,) = (tmp_path / "tape").iterdir()
    said = [line for line in journal.read_text().splitlines() if f" {PROGRAM:02x}" in f" {line.lower()}"]
    assert [line.lower().split()[2][-2:] for line in said] == ["49", "2a", "49"], said


def test_the_next_scene_has_its_own_or_else_that_which_was_there_before(studio: Studio) -> None:
    studio.tell(scene(FLUTE), told(plan(0, 42)), place(steps(60)))
    studio.play(1)
    studio.tell(scene(replace(LEAD, program=9), epoch=2, at_bar=2), place(steps(72), epoch=2))
    studio.play(2)
    assert programs(studio)[-1] == (4.0, 1, 9)
    assert len([one for one in programs(studio) if one[0] == 4.0]) == 1
    studio.tell(told(plan(2, 42), epoch=2))
    studio.play(2)
    assert programs(studio)[-1][2] == 42
    studio.tell(scene(LEAD, epoch=3, at_bar=0), place(steps(72), epoch=3))
    studio.play(2)
    assert programs(studio)[-1][2] == 9, "the scene says nothing, and is not left with the mood's"


def test_one_that_stands_in_has_what_the_plan_wants_and_the_device_that_comes_back_too(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "spare")
    studio.slots["main"].stand_in = studio.slots["spare"]
    studio.tell(scene(FLUTE), told(plan(0, 42)), place(steps(60)))
    studio.play(1)
    studio.output.there = False
    studio.clock.time += 0.3
    studio.play(1)
    assert [one[2] for one in programs(studio, "spare")] == [42]
    studio.output.sent.clear()
    studio.output.there = True
    while not studio.slots["main"].up:
        studio.play(1)
    studio.play(1)
    assert [one[2] for one in programs(studio)] == [42]


def test_the_player_puts_the_own_program_back_as_it_leaves(studio: Studio) -> None:
    studio.tell(scene(FLUTE, BARE), told(plan(0, 42)), place(steps(60)), place(steps(48), part="pad"))
    studio.play(1)
    studio.player.close()
    assert [one[1:] for one in programs(studio)][-2:] == [(1, 42), (1, 73)]


def test_nothing_is_changed_in_a_rest(studio: Studio) -> None:
    studio.tell(scene(FLUTE), told(plan(0), plan(1, 42), plan(2, 43)), place(steps(60)))
    studio.play(1)
    studio.tell(Rest(on=True))
    studio.play(2)
    before = len(programs(studio))
    studio.play(1)
    assert len(programs(studio)) == before
    studio.tell(Rest(on=False))
    studio.play(2)
    assert programs(studio)[-1][2] == 43


def test_a_plan_that_comes_while_its_bar_is_laid_out_holds_in_it_alone(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.player = Player(studio.slots, Tape(tmp_path / "tape"), studio.clock, studio._hear, None, PUNCTUAL)
    studio.player.tend()
    studio.tell(scene(FLUTE), told(plan(0), plan(2, 40)), place(steps(60)))
    while studio.clock.time < 1003.996:
        studio.clock.time = min(max(studio.clock.time, studio.player.due), 1003.996)
        studio.player.advance()
        studio.player.tend()
    studio.tell(told(plan(2, 42), plan(3)))
    studio.play(3)
    assert [(round(at), program) for at, _, program in programs(studio)] == [(0, 73), (4, 42), (6, 73)]


@given(st.lists(st.tuples(st.none() | st.integers(0, 127), st.booleans()), max_size=20))
def test_whatever_is_wanted_the_channel_has_it_and_only_changes_are_sent(
    wishes: list[tuple[int | None, bool]],
) -> None:
    plans, has = PlannedPrograms(), 73
    for wish, scene_begins in wishes:
        if scene_begins:
            has = 73
            plans.forget(0)
        wanted = () if wish is None else (PlannedProgram(FLUTE, wish),)
        sent = [*plans.turn_to(wanted)]
        assert len(sent) <= 1
        for choice in sent:
            has = choice.program
        assert has == (73 if wish is None else wish) == plans.of(FLUTE)
        assert not [*plans.turn_to(wanted)]


def test_a_part_with_a_soundfont_of_its_own_has_a_program_of_that(tmp_path: Path) -> None:
    studio = Studio(tmp_path, outputs=RecordingSampler)
    sampler = cast("RecordingSampler", studio.output)
    own = replace(FLUTE, font="/scenes/own.sf2")
    studio.tell(scene(epoch=0), place(steps(60), epoch=0))
    studio.play(2)
    studio.tell(scene(own, at_bar=3), told(plan(0, 42), plan(1, 44), plan(2)), place(steps(60)))
    studio.play(6)
    began = sampler.chosen[0][0]
    assert [round((at - began) / 2.0) for at, *_ in sampler.chosen] == [0, 0, 1, 2][-len(sampler.chosen) :]
    assert sampler.programs[-3:] == [42, 44, 73]
    assert {font for *_, font in sampler.chosen} == {own.font}
