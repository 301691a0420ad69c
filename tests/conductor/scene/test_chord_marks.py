"""Chords as they are told to those who follow along: player, tape, OSC, files and status."""

from __future__ import annotations

import importlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.engine import DiceEngine
from fakes.playing import Studio, place, scene, steps
from fakes.scenes import TEXT
from fakes.scenes import scene as read_scene
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.performing import perform
from reverie.play.messages import ChordMark, TellChords, ToPlayer
from reverie.play.outputs.output import ChordLine
from reverie.play.recording.tape_export import seal_all
from reverie.processes.codec import from_message

mido: Any = importlib.import_module("mido")
WITH_CHORDS = TEXT.replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 A7 | C x7"')


def markers(path: Path) -> list[tuple[int, str]]:
    now, found = 0, list[tuple[int, str]]()
    for message in mido.MidiFile(path, charset="utf-8").tracks[0]:
        now += message.time
        if message.type == "marker":
            found.append((now, message.text))
    return found


def told(theatre: Theatre) -> list[TellChords]:
    said = [from_message(ToPlayer, message) for message in theatre.player.sent]
    return [one for one in said if isinstance(one, TellChords)]


def test_the_player_is_told_every_chord_once_and_in_time(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_CHORDS})
    theatre.begin()
    theatre.answer()
    harmony = arrange(read_scene(WITH_CHORDS), {}).harmony
    assert harmony
    for bar in range(100):
        last = max(chord.bar for one in told(theatre) for chord in one.chords)
        assert last >= bar
        theatre.play()
        theatre.answer()
    chords = [chord for one in told(theatre) for chord in one.chords]
    expected = [(bar, span.start, span.symbol) for bar in range(100) for span in harmony.at(bar).spans if span.change]
    assert [(one.bar, one.tick, one.symbol) for one in chords if one.bar < 100] == expected
    assert len(told(theatre)) < 20


def test_a_new_life_of_the_player_is_told_the_chord_that_sounds_and_what_follows(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_CHORDS})
    theatre.begin()
    theatre.answer()
    theatre.play(5)
    before = len(told(theatre))
    theatre.player.dies()
    theatre.player.starts()
    (anew,) = told(theatre)[before:]
    assert [(one.bar, one.symbol) for one in anew.chords][:2] == [(5, "C"), (9, "Dm9")]


def test_a_scene_without_chords_tells_none(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.answer()
    theatre.play(30)
    assert told(theatre) == []
    assert theatre.status["harmony"] is None


def test_the_status_says_where_the_harmony_is(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": WITH_CHORDS})
    theatre.begin()
    theatre.answer()
    said: list[Any] = []
    for _ in range(10):
        theatre.play()
        theatre.answer()
        said.append(theatre.status["harmony"])
    assert said[0] == {"chord": "G13 A7", "next": "C", "bars_until_next": 1, "key": "D dorian", "section": 1}
    assert said[1] == {"chord": "C", "next": "Dm9", "bars_until_next": 7, "key": "D dorian", "section": 1}
    assert said[8] == {"chord": "Dm9", "next": "G13", "bars_until_next": 1, "key": "D dorian", "section": 2}
    assert [one["bars_until_next"] for one in said[1:8]] == [7, 6, 5, 4, 3, 2, 1]


def _mark(bar: int, tick: int, symbol: str) -> ChordMark:
    return ChordMark(bar, tick, symbol, 2, 2, (2, 5, 9))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def test_chords_stand_on_the_tape_and_are_told_at_their_moments(studio: Studio, tmp_path: Path) -> None:
    chords = (_mark(0, 0, "Dm9"), _mark(1, 960, "B♭maj7"), _mark(40, 0, "C"))
    studio.tell(scene(), TellChords(1, chords), TellChords(7, (_mark(1, 0, "H"),)), place(steps(60, 62, 64, 65)))
    studio.play(4)
    lines = [one for one in studio.output.told if isinstance(one, ChordLine)]
    assert lines == [ChordLine("Dm9", 2, 2, (2, 5, 9)), ChordLine("B♭maj7", 2, 2, (2, 5, 9))]
    studio.player.close()
    (file,) = seal_all(tmp_path / "tape", None)
    assert [one for one in markers(file) if not one[1].startswith("life")] == [
        (0, "one"),
        (0, "Dm9"),
        (1920 + 960, "B♭maj7"),
    ]


def test_chords_that_come_too_late_are_told_to_nobody(studio: Studio) -> None:
    studio.tell(scene(), place(steps(60)))
    studio.play(3)
    studio.tell(TellChords(1, (_mark(1, 0, "Dm9"), _mark(5, 0, "G"))))
    studio.play(4)
    assert [one.symbol for one in studio.output.told if isinstance(one, ChordLine)] == ["G"]


def test_a_performance_has_a_marker_for_each_chord(tmp_path: Path) -> None:
    scene_with = read_scene(WITH_CHORDS)
    perform(scene_with, {}, DiceEngine(), bars=11, seed=1, path=tmp_path / "a.mid", progress=lambda _bar: None)
    bar = 1920
    assert markers(tmp_path / "a.mid") == [
        (0, "A study"),
        (0, "Dm9"),
        (bar, "G13"),
        (bar + 960, "A7"),
        (2 * bar, "C"),
        (9 * bar, "Dm9"),
        (10 * bar, "G13"),
        (10 * bar + 960, "A7"),
    ]
    ticks = [tick for tick, _ in markers(tmp_path / "a.mid")]
    assert all(one <= after for one, after in pairwise(ticks))
