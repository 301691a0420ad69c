"""Parts take over banks on a bar line; no note is cut, none waits, and what nobody plays is let go."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from fakes.outputs import RecordingOutput, RecordingSampler
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.midi.bytes import EXPRESSION
from reverie.music.notes import Note
from reverie.play.banks import OWN_FONT, STARVED
from reverie.play.messages import BankTaken, FromPlayer, Panic, Part, Rest, TakeBank, ToPlayer
from reverie.play.slots import RETRY
from reverie.processes.codec import from_message, to_message

BAR = 2.0  # seconds, at 120
ON, OFF, CONTROL, PROGRAM = 0x90, 0x80, 0xB0, 0xC0
FLUTE, CAT, BELL = (TakeBank(1, "lead", name, f"/banks/{name}.sf2") for name in ("flute", "cat", "bell"))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path, outputs=RecordingSampler)


def sampler(studio: Studio) -> RecordingSampler:
    return cast("RecordingSampler", studio.output)


def fading(name: str, bars: int = 1) -> TakeBank:
    return TakeBank(1, "lead", name, f"/banks/{name}.sf2", other_channel=5, fade_bars=bars)


def channels(studio: Studio, status: int) -> list[tuple[float, int]]:
    """Seconds since the start and channel, from 0, of messages of a kind."""
    return [(round(at - 1000, 3), data[0] & 15) for at, data in studio.output.sent if data[0] & 0xF0 == status]


def levels(studio: Studio) -> dict[int, int]:
    """The expression of each channel, from 0, that was last sent."""
    return {d[0] & 15: d[2] for _, d in studio.output.sent if d[0] & 0xF0 == CONTROL and d[1] == EXPRESSION}


def test_a_bank_is_loaded_ahead_and_chosen_on_the_line_before_its_first_note(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    studio.play(1)
    studio.clock.time += 0.3
    studio.tell(FLUTE)
    studio.play(2)
    ((loaded, _),) = sampler(studio).loads
    ((chosen, channel, font),) = sampler(studio).chosen
    assert (channel, font, (chosen - 1000) % BAR) == (0, FLUTE.font, 0)
    assert loaded < chosen
    assert studio.taken == [BankTaken("lead", "flute")]


def test_what_is_wanted_before_the_scene_begins_is_played_from_its_second_bar_at_the_latest(studio: Studio) -> None:
    studio.tell(scene(), FLUTE, place(steps(60)))
    studio.play(3)
    assert [round(at - 1000) for at, *_ in sampler(studio).chosen] == [2]


def test_loading_waits_for_a_gap_between_notes(studio: Studio) -> None:
    busy = loop(*(Note(48 * index, 40, 60) for index in range(20)))  # a note each 50 ms, for half a bar
    studio.tell(scene(), place(busy))
    studio.play(1)
    studio.tell(FLUTE)
    studio.play(2)
    ((at, _),) = sampler(studio).loads
    assert (at - 1000) % BAR >= 0.95


def test_loading_does_not_wait_for_ever(studio: Studio) -> None:
    busy = loop(*(Note(48 * index, 40, 60) for index in range(40)))
    studio.tell(scene(), place(busy))
    studio.play(1)
    studio.tell(FLUTE)
    asked = studio.clock.time
    studio.play(4)
    ((at, _),) = sampler(studio).loads
    assert STARVED < at - asked < STARVED + 0.1


def test_the_one_before_is_let_go_after_the_line(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(3)
    studio.tell(CAT)
    studio.play(3)
    assert [font for _, font in sampler(studio).unloaded] == [FLUTE.font]
    assert sampler(studio).unloaded[0][0] > sampler(studio).chosen[1][0]
    assert list(sampler(studio).fonts) == [CAT.font]


OWN = Part("lead", "main", 1, program=7, font="/scenes/own.sf2")


def test_a_part_s_own_soundfont_is_loaded_before_its_scene_begins_and_chosen_before_its_first_note(
    studio: Studio,
) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.play(2)
    studio.tell(scene(OWN, epoch=2, at_bar=4), place(steps(60), epoch=2))
    studio.play(1)
    assert [font for _, font in sampler(studio).loads] == [OWN.font]
    studio.play(2)
    ((chosen, channel, font),) = sampler(studio).chosen
    assert (channel, font, sampler(studio).programs) == (0, OWN.font, [7])
    assert studio.taken == [BankTaken("lead", f"{OWN_FONT}{OWN.font}")]
    assert round(chosen - 1000) == 4 * BAR
    assert sampler(studio).unloaded == []
    studio.tell(scene(epoch=3, at_bar=0), place(steps(60), epoch=3))
    studio.play(3)
    assert [font for _, font in sampler(studio).unloaded] == [OWN.font]


def test_the_first_scene_of_all_has_its_soundfont_from_the_second_bar_at_the_latest(studio: Studio) -> None:
    studio.tell(scene(OWN), place(steps(60)))
    studio.play(3)
    ((chosen, *_),) = sampler(studio).chosen
    assert chosen - 1000 <= BAR
    studio.output.there = False
    studio.play(2)
    studio.output.there = True
    studio.play(3)
    assert len(sampler(studio).chosen) == 2, "the device that is back has it again"


def test_a_soundfont_that_cannot_be_read_is_told_and_the_part_has_its_program(studio: Studio) -> None:
    sampler(studio).broken.add(OWN.font)
    studio.tell(scene(OWN), place(steps(60)))
    studio.play(3)
    assert studio.taken == [BankTaken("lead", f"{OWN_FONT}{OWN.font}", refused=True)]
    assert sampler(studio).chosen == []
    assert bytes((PROGRAM, 7)) in [data for _, data in studio.output.sent]


def test_a_bank_that_two_parts_play_stays_until_both_have_left_it(studio: Studio) -> None:
    other = Part("other", "main", 2)
    studio.tell(scene(LEAD, other), place(steps(60)), place(steps(48), part="other"))
    studio.tell(FLUTE, TakeBank(1, "other", "flute", FLUTE.font))
    studio.play(3)
    studio.tell(CAT)
    studio.play(3)
    assert sampler(studio).unloaded == []
    studio.tell(TakeBank(1, "other", "cat", CAT.font))
    studio.play(3)
    assert [font for _, font in sampler(studio).unloaded] == [FLUTE.font]


def test_a_bank_that_cannot_be_loaded_is_told_and_the_one_before_plays_on(studio: Studio) -> None:
    sampler(studio).broken.add(CAT.font)
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(3)
    studio.tell(CAT)
    studio.play(3)
    assert studio.taken == [BankTaken("lead", "flute"), BankTaken("lead", "cat", refused=True)]
    assert [font for *_, font in sampler(studio).chosen] == [FLUTE.font]
    assert sampler(studio).unloaded == []


BUSY = loop(*(Note(tick, 20, 60) for tick in range(0, 1920, 30)))
"""A note every 31 ms at 120: never time to load anything before :data:`STARVED`."""


def test_a_mended_sound_font_is_tried_again_when_music_is_busy(studio: Studio) -> None:
    sampler(studio).broken.add(FLUTE.font)
    studio.tell(scene(), place(BUSY))
    studio.play(1)
    studio.tell(FLUTE)
    studio.play(4)
    assert studio.taken == [BankTaken("lead", "flute", refused=True)]
    sampler(studio).broken.clear()
    studio.tell(FLUTE)
    studio.play(6)
    assert studio.taken == [BankTaken("lead", "flute", refused=True), BankTaken("lead", "flute")]
    assert len(sampler(studio).loads) == 2


def test_a_sound_font_that_is_broken_still_is_refused_each_time_it_is_wanted(studio: Studio) -> None:
    sampler(studio).broken.add(FLUTE.font)
    studio.tell(scene(), place(BUSY))
    studio.play(1)
    for _ in range(2):
        studio.tell(FLUTE)
        studio.play(6)
    assert studio.taken == 2 * [BankTaken("lead", "flute", refused=True)]
    assert len(sampler(studio).loads) == 2


def test_a_sound_font_that_another_voice_had_refused_is_tried_for_this_one(studio: Studio) -> None:
    other = Part("other", "main", 2)
    sampler(studio).broken.add(FLUTE.font)
    studio.tell(scene(LEAD, other), place(BUSY), place(BUSY, part="other"))
    studio.play(1)
    studio.tell(FLUTE)
    studio.play(4)
    sampler(studio).broken.clear()
    studio.tell(TakeBank(1, "other", "flute", FLUTE.font))
    studio.play(6)
    assert studio.taken == [BankTaken("lead", "flute", refused=True), BankTaken("other", "flute")]


def test_the_music_waits_for_no_bank(studio: Studio) -> None:
    sampler(studio).slow.add(FLUTE.font)
    studio.tell(scene(), place(steps(60, 62, 64, 65)), FLUTE)
    studio.play(4)
    assert [at for at, _ in channels(studio, ON)][:16] == [0.5 * number for number in range(16)]
    assert studio.taken == []


def test_a_slot_that_plays_no_banks_says_so(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(2)
    assert studio.taken == [BankTaken("lead", "flute", refused=True)]


def test_a_crossfade_goes_to_the_other_channel_and_back_and_ends_notes_where_they_began(studio: Studio) -> None:
    long = loop(Note(0, 480, 60), Note(1440, 480, 64))  # the second sounds up to the bar line
    studio.tell(scene(), place(long), fading("flute"))
    studio.play(3)
    studio.tell(fading("cat"))
    studio.play(3)
    chosen = [(round(at - 1000), channel, font) for at, channel, font in sampler(studio).chosen]
    assert chosen == [(2, 4, "/banks/flute.sf2"), (8, 0, "/banks/cat.sf2")]
    begun = sorted(channels(studio, ON))

    def playing(begin: float, end: float) -> set[int]:
        return {channel for at, channel in begun if begin <= at < end}

    assert [playing(0, 2), playing(2, 4), playing(4, 8), playing(8, 10), playing(10, 12)] == [
        *({0}, {0, 4}, {4}),  # both have the notes while the one fades into the other
        *({0, 4}, {0}),
    ]
    ended = sorted(channels(studio, OFF))
    assert [channel for at, channel in begun if at < 12] == [channel for at, channel in ended if at <= 12]
    assert all(on < off <= on + 0.5 for (on, _), (off, _) in zip(begun, ended, strict=False))


def test_a_crossfade_brings_one_channel_up_as_the_other_goes_down(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute", bars=2))
    studio.play(6)
    rows = [
        (at - 1002, d[0] & 15, d[2]) for at, d in studio.output.sent if d[0] & 0xF0 == CONTROL and d[1] == EXPRESSION
    ]
    rise, fall = ([(at, value) for at, channel, value in rows if channel == wanted] for wanted in (4, 0))
    assert (rise[0], rise[-1]) == ((0.0, 0), (pytest.approx(2 * BAR), 127))
    powers = [(up / 127) ** 4 + (down / 127) ** 4 for (_, up), (_, down) in zip(rise, fall, strict=True)]
    assert powers == pytest.approx([1.0] * len(powers), abs=0.04)
    assert sorted(rise) == rise


def test_whoever_silences_a_part_that_was_faded_leaves_both_its_channels_loud(studio: Studio) -> None:
    """A killed player's next life plays on the channel that its last one had faded out."""
    studio.tell(scene(), place(steps(60)), fading("flute"))
    studio.play(4)
    assert levels(studio) == {0: 0, 4: 127}
    studio.tell(Panic())
    assert levels(studio) == {0: 127, 4: 127}


def test_a_bank_waits_until_the_fade_before_is_over(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute", bars=3))
    studio.play(2)
    studio.tell(fading("cat", bars=1))
    studio.play(5)
    assert [round(at - 1000) for at, *_ in sampler(studio).chosen] == [2, 8]


def test_the_next_scene_has_the_channels_that_it_names(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute"))
    studio.play(4)
    studio.tell(scene(epoch=2, name="two"), place(steps(72), epoch=2))
    studio.play(3)
    last = [(at, channel) for at, channel in channels(studio, ON)][-1]
    assert last[1] == 0
    assert levels(studio) == {0: 127, 4: 127}
    assert [font for _, font in sampler(studio).unloaded] == ["/banks/flute.sf2"]


def test_a_bank_for_the_next_scene_waits_for_it(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.play(2)
    studio.tell(TakeBank(2, "lead", "cat", CAT.font))
    studio.play(2)
    assert sampler(studio).loads == []
    studio.tell(scene(epoch=2, name="two"), place(steps(72), epoch=2))
    studio.play(4)
    assert [font for *_, font in sampler(studio).chosen] == [CAT.font]


def test_a_device_that_returns_is_given_its_banks_again(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(3)
    sampler(studio).there = False
    studio.play(2)
    sampler(studio).there = True
    studio.play(int(RETRY / BAR) + 4)
    assert [font for *_, font in sampler(studio).chosen] == [FLUTE.font] * 2
    assert [font for _, font in sampler(studio).loads] == [FLUTE.font] * 2


def test_the_next_scene_has_its_channels_whatever_the_one_before_took_over(studio: Studio) -> None:
    """Notes of a part of the same name went to the channel that it had in the scene before."""
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(3)
    studio.tell(scene(Part("lead", "main", 3), epoch=2, name="two"), place(steps(72), epoch=2))
    studio.play(3)
    assert channels(studio, ON)[-1][1] == 2


def test_a_fade_comes_to_its_end_in_a_rest(studio: Studio) -> None:
    """A rest on the line where a fade ended left notes on both channels."""
    studio.tell(scene(), place(steps(60)), fading("flute"))
    studio.play(2)
    studio.tell(Rest(on=True))
    studio.play(2)
    studio.tell(Rest(on=False))
    studio.play(3)
    levels = {d[0] & 15: d[2] for _, d in studio.output.sent if d[0] & 0xF0 == CONTROL and d[1] == EXPRESSION}
    assert levels == {0: 0, 4: 127}
    assert channels(studio, ON)[-1][1] == 4
    assert channels(studio, ON)[-1][0] > channels(studio, ON)[-2][0]


def test_panic_in_a_fade_leaves_the_part_on_one_channel_in_the_end(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute", bars=2))
    studio.play(2)
    studio.tell(Panic())
    studio.play(5)
    assert [channel for _, channel in channels(studio, ON)[-2:]] == [4, 4]


def test_a_device_that_returns_begins_with_a_parts_own_channel(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute"))
    studio.play(4)
    sampler(studio).there = False
    studio.play(2)
    sampler(studio).slow.add("/banks/flute.sf2")
    sampler(studio).there = True
    studio.play(int(RETRY / BAR) + 4)
    assert channels(studio, ON)[-1][1] == 0


def test_what_was_loaded_and_never_taken_is_let_go(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)), fading("flute", bars=4))
    studio.play(2)
    studio.tell(fading("cat"))
    studio.play(1)
    studio.tell(fading("bell"))
    studio.play(8)
    assert [font for *_, font in sampler(studio).chosen] == ["/banks/flute.sf2", "/banks/bell.sf2"]
    assert list(sampler(studio).fonts) == ["/banks/bell.sf2"]


def test_one_that_only_stands_in_refuses_nothing(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "spare", outputs=RecordingSampler)
    plain = RecordingOutput(studio.clock)
    studio.slots["spare"]._output = plain
    studio.slots["main"].stand_in = studio.slots["spare"]
    studio.tell(scene(), place(steps(60)), FLUTE)
    studio.play(3)
    sampler(studio).there = False
    studio.play(2)
    sampler(studio).there = True
    studio.play(int(RETRY / BAR) + 4)
    assert studio.taken == [BankTaken("lead", "flute")] * 2


def test_the_messages_survive_the_wire() -> None:
    for message in (fading("cat", 3), FLUTE, BankTaken("lead", "cat", refused=True)):
        assert from_message(ToPlayer | FromPlayer, to_message(message)) == message
