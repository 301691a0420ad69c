"""Many slots on one timeline: latency, swing, clock, stand-ins, volume, and what is done about lateness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.music.time import Metre, Swing, Tempo
from reverie.play.messages import Panic, Part, Rest, SetOverrides
from reverie.play.slot_settings import ChannelSound, SlotSettings

ON, OFF, PROGRAM, CONTROL = 0x90, 0x80, 0xC0, 0xB0
PULSE, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
OTHER = Part("other", "slow", 2)


def at(studio: Studio, status: int, output: str = "main") -> list[float]:
    """Seconds since the start of every message of that status."""
    return [round(moment - 1000.0, 6) for moment, message in studio.outputs[output].sent if message[0] & 0xF0 == status]


def transport(studio: Studio) -> list[tuple[float, bytes]]:
    return [
        (round(moment - 1000.0, 6), message)
        for moment, message in studio.output.sent
        if message[0] >= 0xF0 and message[0] != PULSE
    ]


def test_the_slowest_instrument_is_waited_for(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=0.25))
    studio.tell(scene(LEAD, OTHER), place(steps(60)), place(steps(62), part="other"))
    studio.play(2)
    assert at(studio, ON, "slow")[:2] == [0.0, 2.0]
    assert at(studio, ON)[:2] == [0.25, 2.25]
    assert at(studio, OFF)[:2] == [0.375, 2.375]
    assert not any(bar.late for bar in studio.bars)


def test_a_slot_that_plays_later_ends_its_notes_at_the_scene_change_too(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=0.25))
    studio.tell(scene(), place(loop(Note(1900, 20, 60), Note(0, 1920, 48))))  # starts 20 ms before the bar line
    studio.play(1)
    studio.tell(scene(epoch=2, at_bar=0), place(steps(72), epoch=2))
    studio.play(2)
    notes = [(round(when - 1000, 3), message[0], message[1]) for when, message in studio.output.sent]
    line = 4.25  # the second bar line, heard later
    assert (line, OFF, 60) in notes
    assert (line, OFF, 48) in notes
    assert notes.index((line, OFF, 48)) < notes.index((line, ON, 72))


@given(
    share=st.floats(0.5, 0.75),
    of=st.sampled_from([8, 16]),
    metre=st.integers(1, 64).map(lambda steps: Metre(steps, 16))
    | st.lists(st.integers(1, 8), min_size=2, max_size=8).map(lambda groups: Metre(sum(groups), 16, tuple(groups))),
    ticks=st.lists(st.integers(0, 20_000), min_size=2),
)
def test_swing_keeps_bar_lines_and_order(share: float, of: int, metre: Metre, ticks: list[int]) -> None:
    swing, bar = Swing(share, of), metre.bar_ticks
    moved = [swing.warp(tick, metre) for tick in sorted(ticks)]
    assert moved == sorted(moved)
    for tick in ticks:
        assert swing.warp(tick // bar * bar, metre) == tick // bar * bar
        assert tick // bar * bar <= swing.warp(tick, metre) <= (tick // bar + 1) * bar


def test_sixteenths_swing_and_the_clock_does_not(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    sixteenths = loop(*(Note(120 * step, 60, 60 + step) for step in range(4)))
    studio.tell(replace(scene(), swing=Swing(2 / 3)), place(sixteenths))
    studio.play(1)
    assert at(studio, ON)[:4] == pytest.approx([0.0, 160 / 960, 0.25, 0.25 + 160 / 960], abs=1e-6)
    pulses = [moment for moment, message in studio.output.sent if message[0] == PULSE]
    gaps = [after - before for before, after in pairwise(pulses)]
    assert gaps == pytest.approx([0.5 / 24] * len(gaps))


def test_a_swing_that_people_set_begins_with_the_bar_line_and_ends_with_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(loop(*(Note(120 * step, 60, 60 + step) for step in range(16)))))
    studio.player.advance()
    while not studio.player._cursor.is_written:
        studio.clock.time = studio.player.due
        studio.player.advance()
        studio.player.tend()
    studio.tell(SetOverrides(swing=2 / 3))
    studio.play(1)
    studio.tell(SetOverrides())
    studio.play(2)
    moments = at(studio, ON)
    straight, swung = [n * 0.125 for n in range(16)], [n // 2 * 0.25 + n % 2 / 6 for n in range(16)]
    assert moments[:16] == pytest.approx(straight, abs=1e-6), "the bar that sounds stays as it is"
    assert moments[16:32] == pytest.approx([2 + one for one in swung], abs=1e-6)
    assert moments[32:34] == pytest.approx([4 + one for one in straight[:2]], abs=1e-6)


def test_a_swing_that_people_set_is_of_the_steps_that_the_scene_lets_swing(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    eighths = loop(*(Note(240 * step, 60, 60 + step) for step in range(8)))
    studio.tell(SetOverrides(swing=0.5), replace(scene(), swing=Swing(2 / 3, 8)), place(eighths))
    studio.player.advance()
    studio.tell(SetOverrides(swing=0.75))
    studio.play(2)
    assert at(studio, ON)[1] == pytest.approx(0.25, abs=1e-6), "even, in place of the scene's own"
    assert at(studio, ON)[9] == pytest.approx(2.375, abs=1e-6)


def test_those_who_follow_are_told_where_the_music_is(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(), place(loop(Note(0, 1920, 60))))
    studio.play(2)
    studio.tell(Rest(on=True))
    studio.play(2)
    studio.tell(Rest(on=False))
    studio.play(2)
    assert transport(studio) == [
        (0.0, bytes((START,))),
        (6.0, bytes((STOP,))),
        (10.0, bytes((POSITION, 80, 0))),
        (10.0, bytes((CONTINUE,))),
    ]
    pulses = sum(message[0] == PULSE for message in studio.output.messages)
    assert pulses == pytest.approx(6 * 96, abs=1), "the clock goes on through the rest"
    stopped = studio.output.messages.index(bytes((STOP,)))
    assert studio.output.messages[stopped - 1] == bytes((OFF, 60, 0)), "the note ends before the transport stops"


def test_at_one_moment_ends_come_first_then_transport_then_clock_then_notes(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(replace(LEAD, program=5)), place(loop(Note(0, 1920, 60))))
    studio.play(1)
    assert [message[0] for message in studio.output.messages[:4]] == [START, PULSE, PROGRAM, ON]
    second = [message[0] for moment, message in studio.output.sent if round(moment - 1000, 6) == 2.0]
    assert second == [OFF, PULSE, ON]


def test_a_device_that_returns_is_told_the_place_at_the_next_bar_line(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(), place(steps(60)))
    studio.play(1)
    studio.output.there = False
    studio.play(1)
    studio.output.there = True
    studio.play(4)
    (back, position), (_, goes_on) = transport(studio)[1:]
    assert goes_on == bytes((CONTINUE,))
    assert back % 2.0 == 0
    assert position == bytes((POSITION, round(back * 8), 0))


def test_song_positions_begin_anew_at_a_bar_line(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    metre = Metre(7, 8)
    studio.tell(replace(scene(tempo=Tempo(300)), metre=metre), place(loop(Note(0, 60, 60), metre=metre)))
    studio.play(1200)
    studio.tell(Rest(on=True))
    studio.play(1)
    studio.tell(Rest(on=False))
    studio.play(2)
    position = transport(studio)[-2][1]
    sixteenths = position[1] | position[2] << 7
    assert sixteenths % 14 == 0
    assert sixteenths == 1202 * 14 % (16384 // 14 * 14)


def test_a_note_much_too_late_is_not_begun_but_every_end_is_sent(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    studio.player.advance()
    studio.clock.time += 0.7  # the second note is 0.2 s late
    studio.player.advance()
    studio.play(1)
    assert at(studio, ON)[:3] == [0.0, 1.0, 1.5]
    assert at(studio, OFF)[:2] == [0.7, 1.125]
    assert studio.bars[0].skipped == 1
    assert studio.bars[0].dropped == 0


def test_a_calendar_that_jumps_moves_no_note(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    for step in (60.0, -60.0, 3600.0, -3600.0, -1_795_356_000.0, 1_795_356_000.0):
        studio.play(2)
        studio.clock.offset += step
    studio.play(2)
    starts = at(studio, ON)
    assert [after - before for before, after in pairwise(starts)] == pytest.approx([0.5] * (len(starts) - 1))


def test_while_a_device_is_away_another_slot_sounds_with_its_own_channels(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), spare=SlotSettings({}, channels={1: 11}))
    studio.slots["main"].stand_in = studio.slots["spare"]
    studio.tell(scene(), place(loop(Note(0, 960, 60), Note(1440, 960 // 2, 62))))
    studio.player.advance()
    studio.output.there = False
    studio.play(2)
    spare = studio.outputs["spare"].messages
    assert bytes((ON | 10, 62, 100)) in spare
    assert bytes((OFF | 10, 62, 0)) in spare
    assert all(bar.sent for bar in studio.bars)
    studio.output.there = True
    studio.play(4)
    assert studio.output.messages.count(bytes((ON, 60, 100))) > 1
    spare = studio.outputs["spare"].messages
    assert sum(m[0] & 0xF0 == ON for m in spare) == sum(m[0] & 0xF0 == OFF for m in spare)


def test_two_slots_that_share_a_stand_in_do_not_cut_each_others_notes(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "slow", "spare")
    for name in ("main", "slow"):
        studio.slots[name].stand_in = studio.slots["spare"]
        studio.outputs[name].there = False
    studio.clock.time += 10
    studio.player.tend()
    other = replace(OTHER, channel=1)
    studio.tell(scene(LEAD, other), place(loop(Note(0, 960, 60))), place(loop(Note(480, 960, 60)), part="other"))
    studio.play(1)
    notes = [(round(w - 1010, 3), m[0]) for w, m in studio.outputs["spare"].sent if m[0] & 0xF0 in {ON, OFF}]
    assert notes[:4] == [(0.0, ON), (0.5, OFF), (0.5, ON), (1.5, OFF)]


def test_sounds_and_volume_are_sent_whenever_the_device_is_there_anew(tmp_path: Path) -> None:
    settings = SlotSettings({}, sounds={10: ChannelSound(bank=300, program=7)}, volume=90)
    studio = Studio(tmp_path, main=settings)
    studio.tell(scene(), place(steps(60)))
    studio.play(1)
    wanted = [bytes((CONTROL | 9, 0, 2)), bytes((CONTROL | 9, 32, 44)), bytes((PROGRAM | 9, 7))]
    assert studio.output.messages[:3] == wanted
    assert bytes((CONTROL, 7, 90)) in studio.output.messages
    studio.output.there = False
    studio.play(1)
    before = len(studio.output.sent)
    studio.output.there = True
    studio.play(4)
    again = studio.output.messages[before:]
    assert [message for message in again if message in wanted] == wanted
    assert bytes((CONTROL, 7, 90)) in again


def test_a_volume_fades_in_and_out_in_steps(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, volume=100, fade=2.0))
    studio.tell(scene(), place(steps(60)))
    studio.play(2)
    rising = [message[2] for message in studio.output.messages if message[:2] == bytes((CONTROL, 7))]
    assert rising == sorted(rising)
    assert rising[-1] == 100
    assert 20 < len(rising) < 60
    before = len(studio.output.sent)
    assert studio.player.fade_out() == pytest.approx(studio.clock.now() + 2.0)
    studio.play(2)
    falling = [message[2] for message in studio.output.messages[before:] if message[:2] == bytes((CONTROL, 7))]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 0


def test_hands_turn_tempo_and_volume_and_mute_at_once(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(LEAD, Part("pad", "main", 2)), place(steps(60, 62, 64, 65)))
    studio.tell(place(loop(Note(0, 1920, 40)), part="pad"))
    studio.player.advance()
    studio.tell(SetOverrides(qpm=60.0, volume=0.5, muted=("pad",)))
    assert studio.output.messages[-1] == bytes((OFF | 1, 40, 0))
    studio.play(2)
    assert at(studio, ON)[2:5] == [1.0, 2.0, 3.0]
    assert studio.output.messages.count(bytes((ON | 1, 40, 100))) == 1
    assert {message[2] for message in studio.output.messages if message[:2] == bytes((CONTROL, 7))} >= {50}
    assert [bar.muted for bar in studio.bars] == [("pad",), ("pad",)]
    assert studio.bars[1].due == 4
    studio.tell(SetOverrides())
    studio.play(2)
    assert bytes((CONTROL, 7, 100)) in studio.output.messages
    assert studio.output.messages.count(bytes((ON | 1, 40, 100))) > 1
    starts = [moment for moment, message in studio.output.sent if message == bytes((ON, 62, 100))]
    assert starts[-1] - starts[-2] == pytest.approx(2.0)


def volumes(studio: Studio) -> list[int]:
    return [message[2] for message in studio.output.messages if message[:2] == bytes((CONTROL, 7))]


def test_a_device_that_was_unplugged_while_it_was_turned_down_stayed_silent(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    studio.play(1)
    studio.tell(SetOverrides(volume=0.0))
    studio.play(1)
    assert volumes(studio)[-1] == 0
    studio.output.there = studio.output.working = False
    studio.play(1)
    studio.tell(SetOverrides(volume=1.0))
    studio.play(1)
    studio.output.there = studio.output.working = True
    studio.play(6)
    assert volumes(studio)[-1] == 100
    sent = studio.output.messages
    assert bytes((ON, 60, 100)) in sent[len(sent) - sent[::-1].index(bytes((CONTROL, 7, 100))) :]


def test_a_device_that_was_turned_down_in_the_life_before_stayed_silent(tmp_path: Path) -> None:
    before = Studio(tmp_path)
    before.tell(scene(), place(steps(60, 62, 64, 65)))
    before.play(1)
    before.tell(SetOverrides(volume=0.0))
    before.play(1)
    before.player.close()
    assert volumes(before)[-1] == 0
    after = Studio(tmp_path)
    after.tell(SetOverrides(), scene(), place(steps(60, 62, 64, 65)))
    after.play(1)
    assert volumes(after) == [100]
    assert after.output.messages.index(bytes((CONTROL, 7, 100))) < after.output.messages.index(bytes((ON, 60, 100)))


def test_a_volume_that_the_next_life_sends_by_itself_is_put_back_by_nobody_else(tmp_path: Path) -> None:
    for _ in range(2):
        studio = Studio(tmp_path, main=SlotSettings({}, volume=80))
        studio.tell(scene(), place(steps(60, 62, 64, 65)))
        studio.play(2)
        studio.player.close()
        assert set(volumes(studio)) == {80}


def test_a_voice_is_as_loud_as_people_want_it_at_once(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(LEAD, Part("pad", "main", 2)), place(steps(60, 62, 64, 65)))
    studio.tell(place(steps(40, 42, 44, 45), part="pad"))
    studio.player.advance()
    studio.tell(SetOverrides(levels={"pad": 0.5}))
    studio.play(1)
    assert [one[2] for one in studio.output.messages if one[:1] == bytes((ON | 1,))][:4] == [100, 50, 50, 50]
    assert {one[2] for one in studio.output.messages if one[:1] == bytes((ON,))} == {100}, "no other voice is touched"
    studio.tell(SetOverrides(levels={"pad": 0.001}))
    studio.play(1)
    assert [one[2] for one in studio.output.messages if one[:1] == bytes((ON | 1,))][-1] == 1, "it still sounds"


def test_a_stand_in_plays_with_the_sounds_of_the_scene(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "spare")
    studio.slots["main"].stand_in = studio.slots["spare"]
    studio.tell(scene(replace(LEAD, program=11)), place(steps(60)))
    studio.play(1)
    assert studio.outputs["spare"].messages == []
    studio.output.there = False
    studio.play(2)
    spare = studio.outputs["spare"].messages
    assert spare.count(bytes((PROGRAM, 11))) == 1
    assert spare.index(bytes((PROGRAM, 11))) < 2
    before = len(studio.output.messages)
    studio.output.there = True
    studio.play(4)
    assert studio.output.messages[before:].count(bytes((PROGRAM, 11))) == 1


def test_panic_does_not_stop_the_clock(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(), place(steps(60)))
    studio.play(1)
    studio.tell(Panic())
    studio.play(2)
    pulses = [moment for moment, message in studio.output.sent if message[0] == PULSE]
    gaps = [after - before for before, after in pairwise(pulses)]
    assert gaps == pytest.approx([0.5 / 24] * len(gaps))


def test_panic_ends_everything_in_every_lane(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=0.25))
    studio.tell(scene(LEAD, OTHER), place(loop(Note(0, 1920, 60))), place(loop(Note(0, 1920, 62)), part="other"))
    studio.player.advance()
    studio.clock.time += 0.3
    studio.player.advance()
    studio.tell(Panic())
    for output in studio.outputs.values():
        assert sum(m[0] & 0xF0 == ON for m in output.messages) == sum(m[0] & 0xF0 == OFF for m in output.messages) > 0
    studio.play(2)
    assert len(at(studio, ON)) > 1


def test_two_cuts_within_a_slots_delay_do_not_undo_each_other(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=2.0))
    short = replace(scene(), metre=Metre(1, 4))
    ringing = loop(*(Note(480 * bar, 1920 - 480 * bar, 60 + bar) for bar in range(4)), bars=4, metre=Metre(1, 4))
    studio.tell(short, place(ringing))
    studio.play(3)
    for epoch in (2, 3):
        studio.tell(replace(scene(epoch=epoch), metre=Metre(1, 4)))
        studio.tell(place(loop(Note(0, 120, 80), metre=Metre(1, 4)), epoch=epoch))
        studio.play(1)
    studio.play(8)
    notes = [(round(when - 1000, 3), message[0], message[1]) for when, message in studio.output.sent]
    second = next(when for when, status, pitch in notes if (status, pitch) == (ON, 80))
    ends = [when for when, status, pitch in notes if status == OFF and pitch < 70]
    assert ends
    assert max(ends) <= second, "nothing of the first scene sounds in the second"


def test_panic_keeps_the_programs_of_a_scene_that_is_on_its_way(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=1.0))
    studio.tell(scene(replace(LEAD, program=5)), place(steps(60)))
    studio.player.advance()
    studio.clock.time += 0.3
    studio.tell(Panic())
    studio.play(2)
    assert bytes((PROGRAM, 5)) in studio.output.messages
