"""Plans of bars in the player: silence, loudness, tempo and controllers, each on its bar line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.outputs import RecordingOutput
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.bars import PUNCTUAL
from reverie.play.messages import BarPlan, Panic, Part, PartPlan, Rest, SetOverrides, TellBars
from reverie.play.outputs.fluidsynth import FluidSynth
from reverie.play.player import Player
from reverie.play.recording.ledger import Ledger
from reverie.play.recording.tape import Tape
from reverie.play.slot_settings import SlotSettings
from reverie.play.slots import Slot

ON, OFF, PROGRAM, CONTROL = 0x90, 0x80, 0xC0, 0xB0
PAD = Part("pad", "main", 2)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def lead(
    bar: int, *controls: tuple[int, int], sounds: bool = True, dynamics: float = 1.0, tempo: float = 1.0
) -> BarPlan:
    return BarPlan(bar, tempo, {"lead": PartPlan(sounds, dynamics, controls)})


def told(first: int, *plans: BarPlan, epoch: int = 1) -> TellBars:
    return TellBars(epoch, first, plans)


def starts(studio: Studio, output: str = "main") -> list[tuple[float, int, int]]:
    """Seconds since the start, pitch and velocity of each note."""
    sent = studio.outputs[output].sent
    return [(round(at - 1000, 6), data[1], data[2]) for at, data in sent if data[0] & 0xF0 == ON]


def controls(studio: Studio, output: str = "main") -> list[tuple[float, int, int, int]]:
    """Seconds since the start, channel from 1, number and value of each controller."""
    sent = studio.outputs[output].sent
    return [
        (round(at - 1000, 6), (data[0] & 15) + 1, data[1], data[2]) for at, data in sent if data[0] & 0xF0 == CONTROL
    ]


def test_a_part_is_silent_in_just_the_bars_that_want_it(studio: Studio) -> None:
    studio.tell(scene(LEAD, PAD), told(0, BarPlan(0), lead(1, sounds=False), BarPlan(3)))
    studio.tell(place(steps(60)), place(steps(48), part="pad"))
    studio.play(5)
    assert [at for at, pitch, _ in starts(studio) if pitch == 60][:3] == [0.0, 6.0, 8.0]
    assert [at for at, pitch, _ in starts(studio) if pitch == 48][:5] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert [(bar.tacet, bar.due, bar.repeated) for bar in studio.bars[:4]] == [
        ((), 2, ()),
        (("lead",), 1, ("pad",)),
        (("lead",), 1, ("pad",)),
        ((), 2, ("lead", "pad")),
    ]


def test_notes_that_began_before_a_silence_end_as_they_are_written_and_tied_ones_are_not_struck_on(
    studio: Studio,
) -> None:
    over = loop(Note(960, 1440, 60), Note(0, 1920, 48), Note(1920, 1920, 48, tied=True), bars=2)
    studio.tell(scene(), told(0, BarPlan(0), lead(1, sounds=False)), place(over))
    studio.play(2)
    assert studio.events() == [(0.0, ON, 48), (1.0, ON, 60), (2.0, OFF, 48), (2.5, OFF, 60)]


def test_a_tied_note_whose_beginning_was_silent_is_struck(studio: Studio) -> None:
    over = loop(Note(0, 1920, 48), Note(1920, 1920, 48, tied=True), bars=2)
    studio.tell(scene(), told(0, lead(0, sounds=False), BarPlan(1)), place(over))
    studio.play(2)
    assert studio.events()[0] == (2.0, ON, 48)


def test_dynamics_are_a_factor_of_velocities_that_stay_velocities(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, dynamics=0.5), lead(1, dynamics=9.0), lead(2, dynamics=0.001), BarPlan(3)))
    studio.tell(place(steps(60)))
    studio.play(4)
    assert [velocity for *_, velocity in starts(studio)][:4] == [50, 127, 1, 100]


def test_a_tempo_is_a_factor_of_the_scenes_own_also_on_the_tape(studio: Studio, tmp_path: Path) -> None:
    studio.tell(scene(tempo=Tempo(120)), told(0, BarPlan(0), BarPlan(1, 0.5), BarPlan(2, 2.0)), place(steps(60)))
    studio.play(4)
    assert [at for at, *_ in starts(studio)][:5] == [0.0, 2.0, 6.0, 7.0, 8.0]
    assert [bar.seconds for bar in studio.bars] == [2.0, 4.0, 1.0, 1.0]
    studio.player.close()
    (journal,) = (tmp_path / "tape").iterdir()
    assert [line.split()[2] for line in journal.read_text().splitlines() if line[0] == "B"][:4] == [
        "120",
        "60",
        "240",
        "240",
    ]


def test_a_tempo_that_control_has_set_is_nobodys_factor(studio: Studio) -> None:
    studio.tell(SetOverrides(qpm=60.0), scene(tempo=Tempo(120)), told(0, BarPlan(0), BarPlan(1, 0.5)), place(steps(60)))
    studio.play(3)
    assert [bar.seconds for bar in studio.bars] == [4.0, 4.0, 4.0]
    studio.tell(SetOverrides())
    studio.play(2)
    assert studio.bars[-1].seconds == 4.0, "half of 120"


def test_controllers_come_on_the_bar_line_before_its_notes_and_only_where_they_change(studio: Studio) -> None:
    plans = (lead(0, (10, 20), (91, 80)), lead(1, (10, 20), (91, 90)), lead(3, (91, 90)), BarPlan(4))
    studio.tell(scene(), told(0, *plans), place(steps(60)))
    studio.play(5)
    assert controls(studio) == [
        (0.0, 1, 10, 20),
        (0.0, 1, 91, 80),
        (2.0, 1, 91, 90),
        (6.0, 1, 10, 64),  # which is named no more
        (8.0, 1, 91, 40),
    ]
    kinds = [data[0] & 0xF0 for at, data in studio.output.sent if round(at - 1000, 6) == 2.0]
    assert kinds == [CONTROL, ON]


def test_what_no_standard_gives_a_place_stays_where_it_was_left(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (20, 99), (1, 30)), BarPlan(1)), place(steps(60)))
    studio.play(2)
    assert controls(studio) == [(0.0, 1, 20, 99), (0.0, 1, 1, 30), (2.0, 1, 1, 0)]


class DrySynth(RecordingOutput):
    """A device that begins without reverb, as FluidSynth does."""

    @property
    def power_on(self) -> dict[int, int]:
        return {91: 0}


def test_a_controller_goes_back_to_where_its_own_device_begins(tmp_path: Path) -> None:
    studio = Studio(tmp_path, outputs=DrySynth)
    studio.tell(scene(), told(0, lead(0, (91, 80), (10, 20)), BarPlan(1)), place(steps(60)))
    studio.play(2)
    assert sorted(controls(studio)[-2:]) == [(2.0, 1, 10, 64), (2.0, 1, 91, 0)]
    assert FluidSynth().power_on == {91: 0}


def test_another_scene_puts_back_what_it_does_not_say_itself(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "other")
    far = Part("far", "other", 3)
    studio.tell(scene(LEAD, far), place(steps(60)), place(steps(40), part="far"))
    plan = {"lead": PartPlan(controls=((10, 20), (91, 80), (1, 5))), "far": PartPlan(controls=((93, 70),))}
    studio.tell(told(0, BarPlan(0, 1.0, plan)))
    studio.play(1)
    studio.tell(scene(epoch=2, at_bar=2), told(0, lead(0, (91, 30)), epoch=2), place(steps(72), epoch=2))
    studio.play(2)
    assert [one for one in controls(studio) if one[0] > 0] == [
        (4.0, 1, 10, 64),
        (4.0, 1, 1, 0),
        (4.0, 1, 91, 30),
    ]
    assert controls(studio, "other")[-1] == (4.0, 3, 93, 0)


def test_a_level_is_a_share_of_what_the_slots_volume_and_the_hands_make_of_it(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, volume=80))
    studio.tell(scene(LEAD, PAD), place(steps(60)), place(steps(48), part="pad"))
    studio.tell(told(0, lead(0, (7, 50)), lead(3, (7, 120)), BarPlan(4)))
    studio.play(1)
    volumes = [(channel, value) for _, channel, number, value in controls(studio) if number == 7]
    assert sorted(volumes[-2:]) == [(1, 40), (2, 80)]
    studio.tell(SetOverrides(volume=0.5))
    studio.play(1)
    seen = {channel: value for _, channel, number, value in controls(studio) if number == 7}
    assert seen == {1: 20, 2: 40}
    studio.tell(SetOverrides())
    studio.play(2)
    assert [value for at, channel, _, value in controls(studio) if channel == 1 and at >= 6.0] == [96, 80]


def test_a_level_is_loud_as_it_says_where_no_slot_has_a_volume_and_goes_back_to_the_usual(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (7, 70)), BarPlan(1)), place(steps(60)))
    studio.play(2)
    assert controls(studio) == [(0.0, 1, 7, 70), (2.0, 1, 7, 100)]


def test_a_device_that_comes_back_is_told_all_of_it_again(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (7, 70), (10, 20))), place(steps(60)))
    studio.play(1)
    studio.output.there = False
    studio.clock.time += 0.3
    studio.play(1)
    studio.output.sent.clear()
    studio.output.there = True
    while not studio.slots["main"].up:
        studio.play(1)
    first = [data[0] for data in studio.output.messages].index(ON)
    messages = studio.output.messages[:first]
    assert messages.count(bytes((CONTROL, 7, 70))) == 1
    assert messages.count(bytes((CONTROL, 10, 20))) == 1


def test_one_that_stands_in_is_told_and_put_back_when_it_leaves(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "spare")
    studio.slots["main"].stand_in = studio.slots["spare"]
    studio.tell(scene(), told(0, lead(0, (10, 20), (7, 60))), place(steps(60)))
    studio.play(1)
    assert controls(studio, "spare") == []
    studio.output.there = False
    studio.clock.time += 0.3
    studio.play(1)
    assert {one[2:] for one in controls(studio, "spare")} == {(10, 20), (7, 60)}
    studio.output.there = True
    while not studio.slots["main"].up:
        studio.play(1)
    studio.play(1)
    assert {one[2:] for one in controls(studio, "spare")[-2:]} == {(10, 64), (7, 100)}


def test_two_channels_of_a_scene_that_are_one_of_the_device_do_not_quarrel(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, channels={2: 1}))
    plan = {"lead": PartPlan(controls=((10, 20), (7, 50))), "pad": PartPlan(controls=((10, 90), (7, 110)))}
    studio.tell(scene(LEAD, PAD), told(0, BarPlan(0, 1.0, plan)))
    studio.tell(place(steps(60)), place(steps(48), part="pad"))
    studio.play(4)
    assert {one[1:] for one in controls(studio)} == {(1, 10, 20), (1, 7, 50)}
    assert len([one for one in controls(studio) if one[2] == 10]) == 1


def test_the_player_puts_back_what_it_moved_as_it_leaves(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (10, 20), (7, 60))), place(steps(60)))
    studio.play(1)
    studio.player.close()
    assert studio.output.messages[-2:] == [bytes((CONTROL, 10, 64)), bytes((CONTROL, 7, 100))]


def test_bars_that_were_never_told_are_like_the_last_that_was_and_what_is_told_anew_replaces(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, dynamics=0.5), lead(4, dynamics=0.6)), place(steps(60)))
    studio.play(2)
    studio.tell(told(3, lead(3, dynamics=0.7)))
    studio.play(4)
    assert [velocity for *_, velocity in starts(studio)][:7] == [50, 50, 50, 70, 70, 70, 70]


def test_plans_of_another_scene_wait_for_it(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    studio.tell(told(0, lead(0, dynamics=0.5), epoch=2))
    studio.tell(scene(epoch=2, at_bar=1), told(0, lead(0, dynamics=0.6), epoch=2), place(steps(72), epoch=2))
    studio.tell(told(0, lead(0, dynamics=0.7), epoch=7))
    studio.play(2)
    assert [velocity for *_, velocity in starts(studio)][:2] == [100, 60]


def test_nothing_is_moved_in_a_rest_and_all_holds_after_it(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (10, 20)), lead(1, (10, 30)), lead(4, (10, 40))), place(steps(60)))
    studio.tell(Rest(on=True))
    studio.play(2)
    studio.tell(Rest(on=False))
    studio.play(3)
    assert controls(studio) == [(6.0, 1, 10, 30), (8.0, 1, 10, 40)]


def test_a_plan_that_comes_while_its_bar_is_laid_out_and_has_not_begun_holds_in_it(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.player = Player(studio.slots, Tape(tmp_path / "tape"), studio.clock, studio._hear, None, PUNCTUAL)
    studio.player.tend()
    studio.tell(scene(), place(steps(60)))
    while studio.clock.time < 1003.996:
        studio.clock.time = min(max(studio.clock.time, studio.player.due), 1003.996)
        studio.player.advance()
        studio.player.tend()
    studio.tell(told(2, lead(2, (10, 20), dynamics=0.5, tempo=0.5)))
    studio.play(3)
    assert [(round(at), velocity) for at, _, velocity in starts(studio)][:4] == [(0, 100), (2, 100), (4, 50), (8, 50)]
    assert [round(at) for at, *_ in controls(studio)] == [4]
    assert [bar.seconds for bar in studio.bars][:3] == [2.0, 2.0, 4.0]


def test_the_program_of_a_scene_comes_before_its_notes_beside_its_controllers(studio: Studio) -> None:
    studio.tell(scene(Part("lead", "main", 1, program=9)), told(0, lead(0, (10, 20))), place(steps(60)))
    studio.play(1)
    first = studio.output.messages[:3]
    assert sorted(first[:2]) == [bytes((CONTROL, 10, 20)), bytes((PROGRAM, 9))]
    assert first[2][0] == ON


@pytest.mark.parametrize("ends", ["a new life", "the output process"])
def test_a_level_near_nothing_is_put_back_after_whoever_set_it_was_killed(studio: Studio, ends: str) -> None:
    plan = told(0, lead(0, (7, 3), (10, 20), (74, 9), (20, 5)))
    studio.tell(scene(), plan, place(steps(60)))
    studio.play(1)
    output = RecordingOutput(studio.clock)
    if ends == "a new life":
        slot = Slot("main", output, Ledger(studio.folder / "ledger", "main"), studio.states.append)
        slot.tend(2000.0, 10.0)
        assert slot.up
    else:
        Ledger(studio.folder / "ledger", "main").close(output)
    moved = {data[1:] for data in output.messages if data[0] == CONTROL}
    assert {bytes((7, 100)), bytes((10, 64)), bytes((74, 64))} <= moved
    assert 20 not in {number for number, _ in moved}, "nobody knows where that belongs"
    assert Ledger(studio.folder / "ledger", "main").quiet


def test_a_panic_leaves_levels_where_the_music_that_goes_on_wants_them(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (7, 3), (10, 20))), place(steps(60)))
    studio.play(1)
    studio.tell(Panic())
    assert [one[2:] for one in controls(studio) if one[2] in {7, 10}] == [(7, 3), (10, 20)]
    assert {*Ledger(studio.folder / "ledger", "main").moved()} == {(0, 7), (0, 10)}


def test_whoever_leaves_in_order_leaves_nothing_to_put_back(studio: Studio) -> None:
    studio.tell(scene(), told(0, lead(0, (7, 3), (10, 20))), place(steps(60)))
    studio.play(1)
    studio.player.close()
    assert not [*Ledger(studio.folder / "ledger", "main").moved()]
