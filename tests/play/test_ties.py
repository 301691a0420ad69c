"""Tied notes go on where something sounds, are struck where nothing does, and always end."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.legal import LegalStream
from fakes.playing import LEAD, Studio, loop, place, scene
from fakes.strategies_of_music import tied_lines
from reverie.midi.bytes import NOTE_OFF, NOTE_ON
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Schedule, Swing, Tempo
from reverie.play.messages import Panic, Part, Rest, SetOverrides, TakeBank
from reverie.play.slot_settings import SlotSettings

BAR = Metre().bar_ticks
TICK = 0.5 / 480
PAD = loop(Note(0, BAR, 60, tied=True))
ON, OFF = NOTE_ON, NOTE_OFF


def strokes(studio: Studio, slot: str = "main") -> list[tuple[float, int, int]]:
    """Bar, status and pitch of all that begins or ends a note."""
    return [
        (round((at - 1000.0) / TICK / BAR, 3), data[0] & 0xF0, data[1])
        for at, data in studio.outputs[slot].sent
        if data[0] & 0xF0 in {ON, OFF}
    ]


def test_a_tied_note_that_is_repeated_is_struck_once_and_ends_with_the_last(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD), place(loop(Note(0, 480, 60, tied=True)), 3))
    studio.play(5)
    assert strokes(studio)[:3] == [(0, ON, 60), (3.25, OFF, 60), (4, ON, 60)]


def test_a_note_that_is_not_tied_is_struck_anew(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(loop(Note(0, BAR, 60))))
    studio.play(1)
    assert strokes(studio) == [(0, ON, 60), (1, OFF, 60), (1, ON, 60)]


@pytest.mark.parametrize("gap", [1, 120])
def test_a_tie_over_a_gap_is_none(tmp_path: Path, gap: int) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(loop(Note(0, 960 - gap, 60), Note(960, 480, 60, tied=True))))
    studio.play(1)
    assert [kind for _, kind, _ in strokes(studio)][:4] == [ON, OFF, ON, OFF]


def test_another_loop_leaves_what_it_does_not_hold(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    chord = loop(*(Note(0, BAR, pitch, tied=True) for pitch in (60, 64, 67)))
    studio.tell(scene(), place(chord), place(loop(*(Note(0, BAR, pitch, tied=True) for pitch in (60, 65, 69))), 1))
    studio.play(2)
    second = [(kind, pitch) for bar, kind, pitch in strokes(studio) if bar == 1]
    assert sorted(second) == sorted([(OFF, 64), (OFF, 67), (ON, 65), (ON, 69)])


def test_a_note_of_another_voice_is_none_to_go_on_from(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    other = Part("other", "main", 1)
    parts = (replace(LEAD, schedule=Schedule(2, ((1, 1),))), replace(other, schedule=Schedule(2, ((2, 2),))))
    studio.tell(scene(*parts), place(PAD), place(PAD, part="other"))
    studio.play(2)
    assert strokes(studio) == [(bar, kind, 60) for bar, kind in [(0, ON), (1, OFF), (1, ON), (2, OFF), (2, ON)]]


def test_notes_of_two_voices_on_one_key_go_on_together_and_end_with_the_longer(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(LEAD, Part("other", "main", 1)), place(PAD), place(PAD, part="other"))
    studio.tell(place(loop(Note(0, 480, 60, tied=True)), 1, part="other"), place(loop(Note(0, 960, 60, tied=True)), 1))
    studio.play(1)
    assert strokes(studio) == [(0, ON, 60)]
    studio.play(1)
    assert strokes(studio)[:2] == [(0, ON, 60), (1.5, OFF, 60)]


def test_what_is_muted_ends_at_once_and_is_struck_where_it_comes_back(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.clock.time += 0.5
    studio.tell(SetOverrides(muted=("lead",)))
    studio.play(1)
    studio.tell(SetOverrides())
    studio.play(2)
    assert [(kind, pitch) for _, kind, pitch in strokes(studio)] == [(ON, 60), (OFF, 60), (ON, 60)]
    assert [bar for bar, kind, _ in strokes(studio) if kind == ON] == [0, 3]


def test_a_rest_a_panic_and_another_scene_end_what_is_tied(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.tell(Rest(on=True))
    studio.play(1)
    assert strokes(studio) == [(0, ON, 60), (2, OFF, 60)]
    studio.tell(Rest(on=False))
    studio.play(2)
    studio.tell(Panic())
    assert strokes(studio)[-1][1:] == (OFF, 60)
    studio.play(1)
    assert strokes(studio)[-1] == (5, ON, 60)
    studio.tell(scene(epoch=2), place(PAD, epoch=2))
    studio.play(1)
    assert strokes(studio)[-2:] == [(6, OFF, 60), (6, ON, 60)], "another scene strikes its own, also of the same voice"


def test_what_goes_on_shortly_before_another_scene_ends_with_it_on_a_slot_that_plays_later(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}), slow=SlotSettings({}, latency=0.25))
    studio.tell(scene(), place(loop(Note(0, 3820, 60), Note(3820, 1000, 60, tied=True), bars=3)))
    studio.play(1)
    studio.tell(scene(epoch=2), place(loop(), epoch=2))
    studio.play(3)
    assert [(round(at - 1000, 3), data[0]) for at, data in studio.output.sent] == [(0.25, ON), (4.25, OFF)]


def test_a_device_that_was_lost_is_struck_when_it_is_back(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.output.there = False
    studio.play(1)
    assert not studio.slots["main"].up
    studio.output.there = True
    studio.play(4)
    assert [kind for _, kind, _ in strokes(studio)].count(ON) == 2
    assert studio.bars[-1].notes == {"lead": 1}
    assert studio.bars[-1].sent == 1


def test_a_stand_in_strikes_what_the_lost_device_sounded(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, absent="two"), two=SlotSettings({}))
    studio.slots["main"].stand_in = studio.slots["two"]
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.output.there = False
    studio.play(3)
    assert [kind for _, kind, _ in strokes(studio, "two")] == [ON]


def test_what_goes_on_counts_as_played(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(3)
    assert [(bar.notes["lead"], bar.sent, bar.due) for bar in studio.bars] == [(1, 1, 1)] * 3
    assert [len(bar.lateness) for bar in studio.bars] == [1, 0, 0], "nothing is sent, so nothing is late"


def test_what_sounds_goes_on_where_the_player_wakes_too_late_to_strike(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    music = loop(Note(0, BAR // 2, 60), Note(BAR // 2, BAR // 2, 60, tied=True), Note(BAR // 2, 480, 72, tied=True))
    studio.tell(scene(), place(music))
    studio.player.advance()
    studio.clock.time += 1.5
    studio.play(1)
    assert strokes(studio)[:2] == [(0, ON, 60), (1, OFF, 60)]
    assert studio.bars[0].skipped == 1


def test_a_new_sound_is_struck(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.tell(TakeBank(1, "lead", "bank", "", program=3))
    studio.play(2)
    assert strokes(studio) == [(0, ON, 60), (2, OFF, 60), (2, ON, 60)]


def test_a_fade_to_another_channel_leaves_the_one_and_strikes_the_other(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(PAD))
    studio.play(1)
    studio.tell(TakeBank(1, "lead", "bank", "", other_channel=5, fade_bars=2, program=3))
    studio.play(5)
    notes = [(round((at - 1000) / 2), data[0]) for at, data in studio.output.sent if data[0] & 0xE0 == 0x80]
    assert notes == [(0, 0x90), (2, 0x94), (4, 0x80)], "both sound while the one fades into the other"


@pytest.mark.parametrize("swing", [Swing(), Swing(0.61), Swing(0.67, 8)])
@pytest.mark.parametrize("metre", [Metre(), Metre(7, 8), Metre(5, 16)])
def test_swing_and_drum_maps_part_no_tie(tmp_path: Path, swing: Swing, metre: Metre) -> None:
    studio = Studio(tmp_path)
    cuts = [0, 120, 360, 480, metre.bar_ticks]
    music = Loop(1, metre, tuple(Note(a, b - a, 60, tied=True) for a, b in pairwise(cuts)))
    part = replace(LEAD, drum_map={60: 61})
    studio.tell(replace(scene(part), swing=swing, metre=metre), place(music))
    studio.play(3)
    assert [data for _, data in studio.output.sent if data[0] & 0xE0 == 0x80] == [bytes((ON, 61, 100))]


def held(bars: Sequence[Loop]) -> list[tuple[int, int, int]]:
    """Start, end and pitch of all that is heard of loops of a bar each: the rule, said the shortest way."""
    sounding: dict[int, list[int]] = {}
    heard: list[tuple[int, int, int]] = []
    for number, music in enumerate(bars):
        for note in sorted(one.moved(number * BAR) for one in music.notes):
            before = sounding.get(note.pitch)
            if before is not None and note.tied and before[1] == note.start:
                before[1] = note.end
                continue
            if before is not None:
                heard.append((before[0], min(before[1], note.start), note.pitch))
            sounding[note.pitch] = [note.start, note.end]
    heard += [(start, end, pitch) for pitch, (start, end) in sounding.items()]
    return sorted(heard)


def played(studio: Studio) -> list[tuple[int, int, int]]:
    """Start, end and pitch in ticks, by what the device was sent; no note begins twice, and none ends that is none."""
    sounding: dict[int, int] = {}
    notes: list[tuple[int, int, int]] = []
    for at, data in studio.output.sent:
        tick = round((at - 1000.0) / TICK)
        if data[0] & 0xF0 == ON:
            assert data[1] not in sounding
            sounding[data[1]] = tick
        elif data[0] & 0xF0 == OFF:
            notes.append((sounding.pop(data[1]), tick, data[1]))
    assert not sounding
    return sorted(notes)


@settings(deadline=None, max_examples=80)
@given(st.lists(tied_lines(BAR), min_size=1, max_size=4))
def test_any_bars_sound_as_the_rule_says(bars: list[tuple[Note, ...]]) -> None:
    loops = [loop(*notes) for notes in bars]
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        studio.tell(scene(), *(place(music, number) for number, music in enumerate(loops)))
        studio.player.advance()
        studio.play(len(loops) - 1)
        studio.tell(Rest(on=True))
        studio.play(2)
        assert played(studio) == held(loops)
        assert not [*studio.ledgers["main"].open_notes()]


PARTS = (LEAD, Part("other", "main", 1), Part("slow", "two", 2))
HAPPENINGS = ("scene", "loop", "rest", "music", "mute", "unmute", "panic", "lose", "return", "wait", "bank", "tempo")


def happens(studio: Studio, what: str, number: int, music: Loop, epoch: int) -> None:
    """Something that the conductor, people or a device do."""
    begin = (place(music, part=part.name, epoch=epoch) for part in PARTS)
    messages = {
        "scene": (scene(*PARTS, epoch=epoch, tempo=Tempo(90 + 30 * number)), *begin),
        "loop": (place(music, number + len(studio.bars), part=PARTS[number % 3].name, epoch=epoch),),
        "rest": (Rest(on=True),),
        "music": (Rest(on=False),),
        "mute": (SetOverrides(muted=("lead", "slow")),),
        "unmute": (SetOverrides(),),
        "panic": (Panic(),),
        "bank": (TakeBank(epoch, "lead", "bank", "", 5 if number else None, number, program=number),),
        "tempo": (SetOverrides(qpm=60.0 + 60 * number),),
    }
    studio.outputs["main"].there = what == "return" or (what != "lose" and studio.outputs["main"].there)
    studio.tell(*messages.get(what, ()))


@settings(deadline=None, max_examples=80)
@given(
    st.lists(tied_lines(BAR), min_size=2, max_size=4),
    st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 3), st.floats(0, 3)), max_size=14),
    st.booleans(),
)
def test_whatever_happens_each_note_ends_and_none_begins_twice(
    bars: list[tuple[Note, ...]], happenings: list[tuple[str, int, float]], late: bool
) -> None:
    loops = [loop(*notes) for notes in bars]
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder), main=SlotSettings({}, absent="two"), two=SlotSettings({}, latency=0.1))
        studio.slots["main"].stand_in = studio.slots["two"]
        epoch = 0
        for what, number, seconds in (("scene", 0, 1.0), *happenings):
            epoch += what == "scene"
            happens(studio, what, number, loops[number % len(loops)], epoch)
            limit = studio.clock.time + seconds
            while studio.player.due < limit:
                studio.clock.time = max(studio.clock.time, studio.player.due)
                studio.player.advance()
                studio.player.tend()
            studio.clock.time = limit if late else max(studio.clock.time, min(limit, studio.player.due))
        studio.tell(SetOverrides(), Rest(on=True))
        studio.play(3)
        for name, output in studio.outputs.items():
            stream = LegalStream(packets=True, joining=True)
            for at, message in output.sent:
                stream.feed(message, at)
            if output.there:  # what is gone has nothing that could sound
                assert not stream.end().faults, f"{name}: {stream.report()}"
                assert not [*studio.ledgers[name].open_notes()]
        studio.player.close()
