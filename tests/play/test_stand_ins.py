"""Whoever stands in for a slot whose device is away is sent all that the device would have been sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes.outputs import RecordingSampler
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.play.messages import Panic, Part, Reopen, SetOverrides, TakeBank
from reverie.play.slot_settings import SlotSettings

ON, OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0
VOLUME, EXPRESSION = 7, 11


class Understudy(Studio):
    """A studio whose slot ``main`` loses its device after a bar, and ``spare`` sounds in its place."""

    def __init__(self, folder: Path, main: SlotSettings, spare: SlotSettings, **others: SlotSettings) -> None:
        super().__init__(folder, leaders=None, outputs=RecordingSampler, main=main, spare=spare, **others)
        for name in ("main", *others):
            self.slots[name].stand_in = self.slots["spare"]

    def lose(self, name: str = "main") -> None:
        self.outputs[name].there = False
        self.clock.time += 0.3
        self.play(1)

    def controls(self, number: int, output: str = "spare") -> list[tuple[int, int]]:
        """Channel, from 0, and value of each time that the controller was sent."""
        messages = self.outputs[output].messages
        return [(data[0] & 15, data[2]) for data in messages if data[0] & 0xF0 == CONTROL and data[1] == number]


def begun(folder: Path, main: SlotSettings | None = None, spare: SlotSettings | None = None) -> Understudy:
    studio = Understudy(folder, main or SlotSettings({}), spare or SlotSettings({}))
    studio.tell(scene(replace(LEAD, program=5)), place(steps(60, 62, 64, 65)))
    studio.play(1)
    return studio


@pytest.mark.parametrize(
    ("main", "spare", "full"),
    [(None, None, 100), (80, 80, 80), (70, None, 70), (None, 90, 90), (60, 110, 110)],
)
def test_hands_turn_the_volume_of_one_that_stands_in(
    tmp_path: Path, main: int | None, spare: int | None, full: int
) -> None:
    studio = begun(tmp_path, SlotSettings({}, volume=main), SlotSettings({}, volume=spare))
    studio.lose()
    studio.play(1)
    assert studio.controls(VOLUME) == ([] if main is spare is None else [(0, full)])
    studio.tell(SetOverrides(volume=0.3))
    studio.play(1)
    assert studio.controls(VOLUME)[-1] == (0, round(full * 0.3))
    studio.tell(SetOverrides())
    studio.play(1)
    assert studio.controls(VOLUME)[-1] == (0, full)


def test_one_that_stood_in_while_a_plan_kept_it_low_stayed_low_in_the_next_life(tmp_path: Path) -> None:
    studio = begun(tmp_path, SlotSettings({}, volume=80))
    studio.lose()
    studio.tell(SetOverrides(volume=0.05))
    studio.play(2)
    assert studio.controls(VOLUME)[-1] == (0, 4)
    after = begun(tmp_path, SlotSettings({}, volume=80))
    assert after.controls(VOLUME)[0] == (0, 100), "what is there now is not told the volume of another"


def test_a_volume_that_was_set_before_holds_from_the_first_note_of_one_that_stands_in(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    studio.tell(SetOverrides(volume=0.5))
    studio.play(1)
    assert not studio.controls(VOLUME), "nothing of ours sounds there"
    studio.lose()
    messages = studio.outputs["spare"].messages
    volume, first = messages.index(bytes((CONTROL, VOLUME, 50))), [data[0] for data in messages].index(ON)
    assert volume < first


def test_the_volume_goes_to_the_channel_to_which_the_notes_go(tmp_path: Path) -> None:
    studio = begun(tmp_path, SlotSettings({}, volume=80, channels={1: 5}), SlotSettings({}, channels={1: 11}))
    studio.lose()
    studio.tell(SetOverrides(volume=0.5))
    studio.play(1)
    assert studio.controls(VOLUME)[0] == (10, 80)
    assert studio.controls(VOLUME)[-1] == (10, 40)


def test_a_device_that_is_back_has_the_volume_that_was_set_meanwhile(tmp_path: Path) -> None:
    studio = begun(tmp_path, SlotSettings({}, volume=80))
    studio.lose()
    studio.tell(SetOverrides(volume=0.5))
    studio.play(1)
    studio.output.sent.clear()
    studio.output.there = True
    studio.play(4)
    assert set(studio.controls(VOLUME, "main")) == {(0, 40)}
    studio.tell(SetOverrides(volume=0.25))
    studio.play(1)
    assert studio.controls(VOLUME, "main")[-1] == (0, 20)


def test_one_that_stands_in_and_starts_then_rises_and_falls_as_the_slot_would(tmp_path: Path) -> None:
    studio = Understudy(tmp_path, SlotSettings({}, volume=100, fade=1.0), SlotSettings({}))
    studio.outputs["main"].there = studio.outputs["spare"].there = False
    studio.clock.time += 4
    studio.player.tend()
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    studio.outputs["spare"].there = True
    studio.play(4)
    values = [value for _, value in studio.controls(VOLUME)]
    assert values == sorted(values)
    assert values[0] <= 50
    assert values[-1] == 100
    assert len(values) >= 10
    over = studio.player.fade_out()
    assert over == studio.clock.now() + 1.0
    while studio.clock.time < over:
        studio.clock.time = studio.player.due
        studio.player.advance()
        studio.player.tend()
    assert studio.controls(VOLUME)[-1][1] < 10


def test_of_two_slots_with_one_stand_in_the_loudest_counts_and_one_that_is_back_no_more(tmp_path: Path) -> None:
    studio = Understudy(tmp_path, SlotSettings({}, volume=40), SlotSettings({}), other=SlotSettings({}, volume=90))
    studio.tell(scene(LEAD, Part("far", "other", 1)), place(steps(60, 62)), place(steps(50, 52), part="far"))
    studio.play(1)
    studio.lose()
    assert studio.controls(VOLUME)[-1] == (0, 40)
    studio.lose("other")
    assert studio.controls(VOLUME)[-1] == (0, 90)
    studio.outputs["other"].there = True
    studio.play(4)
    studio.tell(SetOverrides(volume=0.5))
    studio.play(1)
    assert studio.controls(VOLUME)[-1] == (0, 20)


def test_mutes_panics_and_programs_reach_one_that_stands_in(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    studio.lose()
    spare = studio.outputs["spare"]
    assert bytes((PROGRAM, 5)) in spare.messages
    studio.tell(scene(replace(LEAD, program=9), epoch=2), place(steps(70, length=400), epoch=2))
    studio.play(2)
    assert bytes((PROGRAM, 9)) in spare.messages
    sounding = [data[1] for data in spare.messages if data[0] in {ON, OFF}]
    assert sounding.count(70) % 2, "a note sounds"
    studio.tell(SetOverrides(muted=("lead",)))
    assert spare.messages[-1] == bytes((OFF, 70, 0))
    studio.play(1)
    studio.tell(SetOverrides())
    studio.play(1)
    studio.tell(Panic())
    assert [data[1] for data in spare.messages[-3:]] == [64, 123, 120]


def test_one_that_stands_in_again_is_not_left_silent_by_a_crossfade_that_was_cut_short(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    studio.lose()
    studio.tell(TakeBank(1, "lead", "bank", "/bank.sf2", other_channel=4, fade_bars=2))
    studio.play(2)
    assert studio.controls(EXPRESSION)[-2][1] < 120, "it is under way"
    studio.output.there = True
    while not studio.slots["main"].up:
        studio.play(1)
    last = [value for channel, value in studio.controls(EXPRESSION) if channel == 0][-1]
    assert last < 127
    studio.lose()
    assert [value for channel, value in studio.controls(EXPRESSION) if channel == 0][-1] == 127


def test_one_that_stands_in_and_has_a_clock_of_its_own_is_not_sent_two(tmp_path: Path) -> None:
    studio = begun(tmp_path, SlotSettings({}, clock=True), SlotSettings({}, clock=True))
    studio.lose()
    before = len([data for data in studio.outputs["spare"].messages if data[0] == 0xF8])
    lines = len(studio.outputs["spare"].told)
    studio.play(1)
    assert len([data for data in studio.outputs["spare"].messages if data[0] == 0xF8]) - before == 96
    assert len(studio.outputs["spare"].told) - lines == 1, "each bar is told once"


@pytest.mark.parametrize("own", ["other", "spare"])
def test_notes_that_two_slots_strike_together_on_one_that_stands_in_are_one_note(tmp_path: Path, own: str) -> None:
    others = {"other": SlotSettings({})} if own == "other" else {}
    studio = Understudy(tmp_path, SlotSettings({}), SlotSettings({}), **others)
    short, long = loop(Note(0, 240, 60), Note(960, 480, 60)), loop(Note(0, 720, 60), Note(1200, 240, 60))
    studio.tell(scene(LEAD, Part("far", own, 1)), place(short), place(long, part="far"))
    studio.play(1)
    studio.lose()
    if own == "other":
        studio.lose("other")
    studio.play(1)
    begin = studio.clock.time
    studio.play(2)
    notes = [
        (round((at - begin) * 960) % 1920, data[0])
        for at, data in studio.outputs["spare"].sent
        if at >= begin and data[0] in {ON, OFF}
    ]
    assert notes[:6] == [(0, ON), (720, OFF), (960, ON), (1200, OFF), (1200, ON), (1440, OFF)]
    assert {(at, kind) for at, kind in notes} == set(notes[:6])


def notes(studio: Understudy, output: str) -> list[tuple[float, int, int]]:
    """Beats since the start, status and pitch of every note of an output."""
    return [
        (round((at - 1000.0) * 2, 3), data[0] & 0xF0, data[1])
        for at, data in studio.outputs[output].sent
        if data[0] & 0xF0 in {ON, OFF}
    ]


def test_a_device_that_is_back_within_a_bar_is_heard_again_from_the_next_bar_line_on(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    studio.lose()
    studio.play(1)
    back = len(studio.bars)
    studio.output.sent.clear()
    studio.output.there = True
    studio.play(4)
    first, *_ = [beat for beat, status, _ in notes(studio, "main") if status == ON]
    assert first % 4 == 0
    assert first // 4 > back, "a bar had begun when the device was found again"
    spare = [(beat, status, pitch) for beat, status, pitch in notes(studio, "spare") if beat < first]
    assert [pitch for _, status, pitch in spare if status == ON] == [
        pitch for _, status, pitch in spare if status == OFF
    ]
    assert max(beat for beat, status, _ in notes(studio, "spare") if status == ON) == first - 1, "no beat was left out"


def test_a_stand_in_that_is_lost_while_the_device_is_back_leaves_no_silence(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    studio.lose()
    studio.play(1)
    studio.output.there = True
    studio.outputs["spare"].there = False
    studio.play(4)
    assert len([1 for _, status, _ in notes(studio, "main") if status == ON]) >= 12


def test_a_slot_that_is_opened_anew_ends_its_notes_and_finds_its_device_again(tmp_path: Path) -> None:
    studio = begun(tmp_path)
    opened = studio.output.opened
    studio.tell(Reopen("main"), Reopen("no such slot"))
    studio.play(2)
    assert studio.output.opened == opened + 1
    assert [state.up for state in studio.states if state.name == "main"] == [True, False, True]
    sounding = 0
    for _, status, _ in notes(studio, "main"):
        sounding += 1 if status == ON else -1
    assert sounding <= 1, "the last note may sound yet"
