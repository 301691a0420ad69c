"""The player on a clock that is turned by hand: order, moments, bar lines, and that every note ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.music.time import Metre, Schedule, Tempo
from reverie.play.messages import Panic, Part, Rest, SetScene

ON, OFF, PROGRAM, CONTROL = 0x90, 0x80, 0xC0, 0xB0


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def balance(studio: Studio) -> Counter[tuple[int, int]]:
    """Starts less ends by channel and pitch; empty when every note was ended as often as it was started."""
    sums: Counter[tuple[int, int]] = Counter()
    for message in studio.output.messages:
        if message[0] & 0xF0 in {ON, OFF}:
            sums[message[0] & 0xF, message[1]] += 1 if message[0] & 0xF0 == ON else -1
    return Counter({key: value for key, value in sums.items() if value})


def test_it_waits_for_a_scene_and_a_loop_and_then_starts_at_once(studio: Studio) -> None:
    assert studio.player.deadline() is None
    studio.tell(place(steps(60)))  # of a scene that was never set
    studio.tell(scene(at_bar=7))
    assert studio.player.deadline() is None
    studio.tell(place(steps(60)))
    assert studio.player.deadline() == studio.clock.now()
    studio.player.advance()
    assert studio.output.messages == [bytes((ON, 60, 100))]


def test_notes_sound_at_their_moments_in_order(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 480, 60, 90), Note(480, 480, 60, 80), Note(480, 120, 55, 70))))
    studio.play(1)
    assert studio.events() == [
        (0.0, ON, 60),
        (0.5, OFF, 60),
        (0.5, ON, 55),
        (0.5, ON, 60),
        (0.625, OFF, 55),
        (1.0, OFF, 60),
        (2.0, ON, 60),  # the next bar begins before the report of this one is read
    ]


def test_a_thousand_bars_end_exactly_where_their_tempos_add_up(studio: Studio) -> None:
    tempo = Tempo(101.7, 6.3, 37)
    studio.tell(scene(tempo=tempo), place(steps(60)))
    studio.play(1000)
    starts = [at for at, message in studio.output.sent if message[0] == ON]
    expected = 1000.0
    for bar in range(1000):
        assert starts[bar] == pytest.approx(expected, abs=1e-8)
        expected += 1920 * tempo.seconds_per_tick(bar)


def test_being_late_moves_nothing_that_comes_after(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    studio.player.advance()
    studio.clock.time += 0.52  # 20 ms late for the second note
    studio.player.advance()
    studio.play(2)
    starts = [round(at - 1000, 6) for at, message in studio.output.sent if message[0] == ON]
    assert starts[:6] == [0.0, 0.52, 1.0, 1.5, 2.0, 2.5]
    # The end of the first note was due 0.395 s earlier and is sent in spite of that: ends are never left out.
    assert studio.bars[0].lateness == pytest.approx((0.0, 0.395, 0.02, *[0.0] * 5))
    assert studio.bars[0].late == 2
    assert studio.bars[1].lateness == pytest.approx([0.0] * 8)


def test_a_note_over_the_bar_line_is_ended_in_the_next_bar(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(1800, 240, 60), bars=2)))
    studio.play(2)
    assert studio.events() == [(1.875, ON, 60), (2.125, OFF, 60)]


def test_a_pitch_that_sounds_is_ended_before_it_is_struck_again(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 960, 60), Note(480, 960, 60))))
    studio.play(1)
    assert studio.events()[:4] == [(0.0, ON, 60), (0.5, OFF, 60), (0.5, ON, 60), (1.5, OFF, 60)]


def test_drums_are_mapped_on_their_way_out_and_channels_count_from_one(studio: Studio) -> None:
    studio.tell(scene(Part("kit", "main", 10, drum_map={36: 35})), place(steps(36), part="kit"))
    studio.play(1)
    assert studio.output.messages[0] == bytes((ON | 9, 35, 100))
    assert balance(studio) == {(9, 35): 1}  # the next bar's


def test_a_scene_changes_at_its_bar_line_and_ends_what_sounds(studio: Studio) -> None:
    pad = Part("pad", "main", 2)
    studio.tell(scene(LEAD, pad), place(steps(60)), place(loop(Note(960, 2880, 48), bars=2), part="pad"))
    studio.play(1)
    waltz = SetScene(2, 3, "two", Metre(3, 4), Tempo(60), (replace(LEAD, program=5),))
    studio.tell(waltz, place(replace(steps(72), metre=Metre(3, 4)), epoch=2), place(steps(61), start_bar=2))
    studio.play(4)

    assert [(bar.scene, bar.bar, bar.scene_bar) for bar in studio.bars] == [
        ("one", 0, 0),
        ("one", 1, 1),
        ("one", 2, 2),
        ("two", 3, 0),
        ("two", 4, 1),
    ]
    line = [event for event in studio.events() if event[0] == 6.0]
    assert line == [(6.0, OFF | 1, 48), (6.0, PROGRAM, 5), (6.0, ON, 72)]
    assert [event for event in studio.events() if event[2] == 72][1:3] == [(6.25, OFF, 72), (9.0, ON, 72)]


def test_a_scene_without_music_yet_does_not_silence_the_one_that_plays(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    studio.tell(scene(epoch=2, at_bar=1, name="two"))
    studio.play(2)
    studio.tell(place(steps(72), epoch=2))
    studio.play(2)
    assert [(bar.scene, bar.scene_bar) for bar in studio.bars] == [("one", 0), ("one", 1), ("one", 2), ("two", 0)]


def test_evidence_counts_notes_repetitions_and_what_is_queued(studio: Studio) -> None:
    drums = Part("drums", "main", 10, schedule=Schedule(2, ((1, 1),)))
    studio.tell(scene(LEAD, drums), place(steps(60, 62)), place(steps(64), 1), place(steps(36), part="drums"))
    studio.play(3)
    assert [bar.notes for bar in studio.bars] == [
        {"lead": 2, "drums": 1},
        {"lead": 1, "drums": 0},
        {"lead": 1, "drums": 1},
    ]
    assert [bar.repeated for bar in studio.bars] == [(), (), ("lead", "drums")]
    assert [bar.depth["lead"] for bar in studio.bars] == [1, 0, 0]
    assert [bar.sent for bar in studio.bars] == [3, 1, 2]


def test_an_empty_bar_is_due_nothing_and_neither_is_rest(studio: Studio) -> None:
    drums = Part("drums", "main", 10, schedule=Schedule(4, ((1, 1),)))
    studio.tell(scene(LEAD, drums), place(loop(Note(0, 100, 60), bars=2)), place(steps(36, 38), part="drums"))
    studio.play(3)
    studio.tell(Rest(on=True))
    studio.play(2)
    assert [(bar.due, bar.resting) for bar in studio.bars] == [
        (3, False),
        (0, False),
        (1, False),
        (0, False),
        (0, True),
    ]


def test_rest_begins_and_ends_at_bar_lines(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 3840, 60), bars=2)))
    studio.player.advance()
    studio.tell(Rest(on=True))
    studio.play(2)
    assert studio.events() == [(0.0, ON, 60), (2.0, OFF, 60)]
    studio.tell(Rest(on=False))
    studio.play(3)
    assert [bar.resting for bar in studio.bars] == [False, True, True, False, False]
    assert studio.bars[1].repeated == studio.bars[2].repeated == ()
    assert studio.events()[2] == (8.0, ON, 60)


def test_panic_ends_everything_now_and_music_goes_on_with_the_next_bar(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 1900, 60), Note(960, 100, 62))))
    studio.player.advance()
    studio.clock.time += 0.2
    studio.tell(Panic())
    assert studio.events() == [
        (0.0, ON, 60),
        (0.2, OFF, 60),
        (0.2, CONTROL, 64),
        (0.2, CONTROL, 123),
        (0.2, CONTROL, 120),
    ]
    studio.play(1)
    assert studio.events()[5:] == [(2.0, ON, 60)]


def test_after_a_long_stop_there_is_no_burst_but_a_fresh_bar(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 960, 60), *(Note(120 * step, 60, 70) for step in range(1, 16)))))
    studio.player.advance()
    studio.clock.time += 300.0
    studio.player.advance()
    assert studio.events() == [(0.0, ON, 60), (300.0, OFF, 60), (300.0, ON, 60)]
    studio.play(2)
    assert [(bar.bar, bar.dropped) for bar in studio.bars] == [(0, 1), (1, 0), (2, 0)]
    starts = [at for at, status, pitch in studio.events() if (status, pitch) == (ON, 60)]
    assert starts == [0.0, 300.0, 302.0, 304.0]


def test_leaving_ends_every_note(studio: Studio) -> None:
    studio.tell(scene(), place(loop(Note(0, 1900, 60), Note(0, 1900, 64))))
    studio.player.advance()
    studio.player.close()
    assert balance(studio) == {}
    assert studio.output.messages[-3:] == [bytes((CONTROL, number, 0)) for number in (64, 123, 120)]


def test_every_note_ends_over_a_long_and_lively_time(studio: Studio) -> None:
    studio.tell(scene(LEAD, Part("two", "main", 1)), place(loop(*(Note(n * 100, 170, 60 + n % 3) for n in range(17)))))
    studio.tell(place(loop(*(Note(n * 90, 130, 61) for n in range(20))), part="two"))
    for _ in range(20):
        studio.play(3)
        studio.tell(Rest(on=len(studio.bars) % 2 == 0))
        if len(studio.bars) % 5 == 0:
            studio.clock.time += 20.0
    studio.player.close()
    assert balance(studio) == {}
    assert len(studio.output.messages) > 500
