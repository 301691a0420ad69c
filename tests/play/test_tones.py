"""A test tone: one note beside the music, by which people hear whether a slot sounds."""

from __future__ import annotations

from pathlib import Path

from fakes.playing import Studio, place, scene, steps
from reverie.play.messages import TONE, Panic, PlayTone, Rest

ON, OFF = 0x90, 0x80
A = PlayTone("main", 3, 69, 90, 0.5)


def sounding(studio: Studio, name: str = "main") -> list[tuple[float, int, int]]:
    """When notes of the tone's channel began and ended."""
    sent = studio.outputs[name].sent
    return [(round(at - 1000.0, 2), data[0] & 0xF0, data[1]) for at, data in sent if data[0] in {ON | 2, OFF | 2}]


def test_a_tone_sounds_at_once_and_moves_no_note_of_the_music(tmp_path: Path) -> None:
    studio, beside = Studio(tmp_path / "a"), Studio(tmp_path / "b")
    for one in (studio, beside):
        one.tell(scene(), place(steps(60, 62, 64, 65)))
        one.player.advance()
        one.clock.time += 0.3
    studio.tell(A)
    for one in (studio, beside):
        one.play(2)
    assert sounding(studio) == [(0.31, ON, 69), (0.81, OFF, 69)]
    music = [event for event in studio.events() if event[1] in {ON, OFF}]
    assert music == beside.events(), "of the lead all is where it was"
    assert studio.bars[0].notes == {"lead": 4, TONE: 1}
    assert [bar.late for bar in studio.bars] == [bar.late for bar in beside.bars]


def test_a_tone_sounds_in_a_rest_over_a_bar_line_and_stands_on_the_tape(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(steps(60)), Rest(on=True))
    studio.play(1)
    studio.clock.time = 1000.0 + 3.8
    studio.player.advance()
    studio.tell(A)
    studio.play(2)
    studio.player.close()
    assert sounding(studio)[:2] == [(3.81, ON, 69), (4.31, OFF, 69)]
    [journal] = (tmp_path / "tape").iterdir()
    lines = [line for line in journal.read_text().splitlines() if TONE in line]
    assert [line.split()[0] for line in lines] == ["O", "E", "E"]


def test_a_panic_ends_a_tone_and_before_the_music_there_is_none(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.tell(A)
    assert studio.player.deadline() is None
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    studio.tell(A)
    studio.clock.time += 0.1
    studio.player.advance()
    studio.tell(Panic())
    studio.play(2)
    assert sounding(studio)[0][1:] == (ON, 69)
    assert [kind for _, kind, _ in sounding(studio)].count(OFF) == 1
    assert sounding(studio)[1][0] < 0.2


def test_a_tone_for_a_slot_that_is_away_is_on_the_tape_alone(tmp_path: Path) -> None:
    studio = Studio(tmp_path, "main", "other")
    studio.tell(scene(), place(steps(60)))
    studio.player.advance()
    studio.tell(PlayTone("nowhere", 3, 69, 90, 0.5), PlayTone("other", 3, 69, 90, 0.5))
    studio.play(1)
    assert sounding(studio) == []
    assert len(sounding(studio, "other")) == 2
