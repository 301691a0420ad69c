from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.pieces import by_hand
from reverie.measure.midi_piece import NoMidiError, piece_of_midi
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import Metre

BAR = 1920


def notes(*rows: tuple[float, float, int]) -> list[Note]:
    return [Note(one.start, one.end - one.start, one.pitch, one.velocity) for one in by_hand(rows)]


def track(name: str, rows: list[Note], channel: int = 1) -> Track:
    return Track(name, note_events(rows, channel))


def test_a_file_has_voices_bars_tempos_and_markers() -> None:
    conductor = ConductorTrack(
        ((0, 120.0), (BAR, 60.0)), ((0, Metre(4, 4)), (BAR, Metre(3, 4))), ((0, "Title"), (960, "Dm7"))
    )
    drums = track("beat", notes((0, 0.5, 36)), 10)
    data = midi_bytes([drums, track("lead", notes((0, 1, 60), (3.5, 1, 62)))], conductor, BAR + 2 * 1440)
    piece, markers = piece_of_midi(data, "a file")
    assert [(bar.start, bar.ticks, bar.strong) for bar in piece.bars] == [
        (0, 1920, (0, 960)),
        (1920, 1440, (0,)),
        (3360, 1440, (0,)),
    ]
    assert [(voice.name, voice.role, len(voice.notes)) for voice in piece.voices] == [
        ("beat", "drums", 1),
        ("lead", "melody", 2),
    ]
    assert [(note.start, note.end, note.pitch) for note in piece.voices[1].notes] == [(0, 480, 60), (1680, 2160, 62)]
    assert piece.seconds == pytest.approx(2 + 6)
    assert markers == ((0, "Title"), (960, "Dm7"))


def test_roles_follow_from_names_pitches_and_chords_and_may_be_said() -> None:
    low = track("contra", notes((0, 4, 36), (4, 4, 38)), 2)
    high = track("lead", notes((0, 1, 60), (1, 1, 62)))
    pad = track("pad", notes((0, 4, 60), (0, 4, 64), (0, 4, 67)), 3)
    data = midi_bytes([low, high, pad], ConductorTrack(), 2 * BAR)
    assert [voice.role for voice in piece_of_midi(data, "")[0].voices] == ["bass", "melody", "chords"]
    named = midi_bytes([track("my Bass", notes((0, 1, 72))), high], ConductorTrack(), BAR)
    assert [voice.role for voice in piece_of_midi(named, "")[0].voices] == ["bass", "melody"]
    alone = midi_bytes([low], ConductorTrack(), BAR)
    assert [voice.role for voice in piece_of_midi(alone, "")[0].voices] == ["melody"]
    assert piece_of_midi(data, "", {"lead": "bass"})[0].voices[1].role == "bass"


def test_channels_of_one_track_are_voices() -> None:
    both = Track("all", (*note_events(notes((0, 1, 60)), 1), *note_events(notes((0, 1, 36)), 10)))
    piece, _ = piece_of_midi(midi_bytes([both], ConductorTrack(), BAR), "")
    assert {(voice.name, voice.role) for voice in piece.voices} == {
        ("all, channel 1", "melody"),
        ("all, channel 10", "drums"),
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no Standard MIDI File .it ends too soon"),
        (b"MThd", "no Standard MIDI File"),
        (midi_bytes([track("a", notes((0, 1, 60)))], ConductorTrack(), 100_001 * BAR), "longer than 100,000 bars"),
        (b"RIFF" + bytes(400), "no Standard MIDI File"),
        (midi_bytes([], ConductorTrack(), BAR), "it has no note"),
    ],
)
def test_what_is_no_music_is_told(data: bytes, why: str) -> None:
    with pytest.raises(NoMidiError, match=why):
        piece_of_midi(data, "")


@given(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4), st.integers(0, 4)), max_size=8))
@settings(deadline=None, max_examples=300)
def test_broken_files_are_told_as_such(breaks: list[tuple[float, bytes, int]]) -> None:
    data = bytearray(midi_bytes([track("a", notes((0, 1, 60), (1, 1, 62)))], ConductorTrack(markers=((0, "C"),)), BAR))
    for place, more, less in breaks:
        at = round(place * len(data))
        data[at : at + less] = more
    with contextlib.suppress(NoMidiError):
        assert piece_of_midi(bytes(data), "")[0].bars
