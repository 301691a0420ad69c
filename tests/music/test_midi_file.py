"""Standard MIDI Files."""

from __future__ import annotations

import importlib
import io
from typing import Any

from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import Metre

mido: Any = importlib.import_module("mido")

NOTES = (Note(0, 480, 60, 90), Note(480, 240, 60, 80), Note(480, 480, 64))
CONDUCTOR = ConductorTrack(((0, 84.0), (1920, 90.0)), ((0, Metre(7, 8)),), ((0, "First light — ♪"),))


def read(data: bytes) -> Any:
    return mido.MidiFile(file=io.BytesIO(data), charset="utf-8")


def test_a_file_says_what_was_written() -> None:
    file = read(midi_bytes([Track("Mélodie", note_events(NOTES, 10))], CONDUCTOR, 1920))
    assert (file.type, file.ticks_per_beat) == (1, 480)
    conductor, melody = file.tracks
    assert melody.name == "Mélodie"
    assert [m.tempo for m in conductor if m.type == "set_tempo"] == [714286, 666667]
    assert [(m.numerator, m.denominator) for m in conductor if m.type == "time_signature"] == [(7, 8)]
    assert [m.text for m in conductor if m.type == "marker"] == ["First light — ♪"]
    assert {m.channel for m in melody if m.type == "note_on"} == {9}
    assert sum(message.time for message in melody) == 1920


def test_what_ends_comes_before_what_begins() -> None:
    assert note_events(NOTES, 1)[1:3] == ((480, b"\x80\x3c\x00"), (480, b"\x90\x3c\x50"))


def test_equal_music_gives_equal_bytes() -> None:
    first, second = (midi_bytes([Track("a", note_events(NOTES, 1))], CONDUCTOR, 1920) for _ in range(2))
    assert first == second


def test_a_track_may_outlast_the_file_s_end() -> None:
    (_, track) = read(midi_bytes([Track("a", note_events(NOTES, 1))], ConductorTrack(), 10)).tracks
    assert sum(message.time for message in track) == 960


def test_a_text_stands_before_the_notes_of_its_tick() -> None:
    texts = ((0, "first"), (480, "second"))
    (_, track) = read(midi_bytes([Track("a", note_events(NOTES, 1), texts)], ConductorTrack(), 10)).tracks
    kinds = [message.type for message in track]
    assert kinds[:5] == ["track_name", "text", "note_on", "text", "note_off"]


def test_the_groups_of_a_metre_are_told_beside_its_time_signature() -> None:
    grouped = ConductorTrack(metres=((0, Metre.parse("2+2+3/8")), (1680, Metre(7, 8))), markers=((0, "Uneven"),))
    conductor = read(midi_bytes([], grouped, 3360)).tracks[0]
    assert [(m.numerator, m.denominator) for m in conductor if m.type == "time_signature"] == [(7, 8), (7, 8)]
    assert [m.text for m in conductor if m.type == "marker"] == ["Uneven", "2+2+3/8"]
