"""What was played comes back note for note from the tape, without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.conductor.care.taped_scene import (
    BARS,
    TapedPassage,
    TapedVoice,
    passages_of,
    taped_passages,
    write_taped_scene,
)
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import Metre
from reverie.scenes.folder import load_scene

BAR = 1920
PROGRAM = 0xC0


def tune(bars: int, pitch: int = 60) -> tuple[Note, ...]:
    return tuple(Note(bar * BAR, 480, pitch + bar % 12, 80) for bar in range(bars))


def hour(bars: int, metre: Metre | None = None, *, qpm: float = 90.0) -> bytes:
    lead = ((0, bytes((PROGRAM, 11))), *note_events(tune(bars), 1))
    beat = note_events(tune(bars, 36), 10)
    conductor = ConductorTrack(((0, qpm),), ((0, metre or Metre()),))
    return midi_bytes([Track("lead", lead, device="main"), Track("beat", beat, device="drums")], conductor, bars * BAR)


def test_each_passage_has_its_voices_where_they_sounded() -> None:
    first, second = passages_of(hour(2 * BARS))
    assert (round(first.qpm, 2), first.metre) == (90.0, Metre())
    assert [(voice.slot, voice.channel, voice.program) for voice in first.voices] == [
        ("main", 1, 11),
        ("drums", 10, None),
    ]
    assert first.voices[0].notes == tune(BARS)
    assert second.voices[0].notes == tuple(Note(n.start - BARS * BAR, 480, n.pitch, 80) for n in tune(32)[16:])


def test_passages_with_empty_bars_are_left_out() -> None:
    assert len([*passages_of(hour(BARS + 3))]) == 1


def test_the_scene_is_right_and_has_the_same_notes(tmp_path: Path) -> None:
    [passage] = passages_of(hour(BARS))
    scene = load_scene(write_taped_scene(passage, tmp_path, "safe-mode"))
    assert scene.tempo.qpm == pytest.approx(90.0, abs=0.01)
    kinds = [(voice.kind, voice.output.slot, voice.output.channel) for voice in scene.voices.values()]
    assert kinds == [("melody", "main", 1), ("drums", "drums", 10)]
    for voice, taped in zip(scene.voices.values(), passage.voices, strict=True):
        assert voice.literal
        assert voice.written is not None
        assert voice.written.notes_in(scene.metre) == taped.notes


def test_notes_that_overlap_are_played_one_after_the_other(tmp_path: Path) -> None:
    notes = (Note(0, 2 * BAR, 60, 80), Note(BAR, 480, 60, 80), *tune(BARS)[2:])
    passage = TapedPassage(90.0, Metre(), (TapedVoice("main", 1, None, notes),))
    scene = load_scene(write_taped_scene(passage, tmp_path, "safe-mode"))
    [voice] = scene.voices.values()
    assert voice.written is not None
    assert voice.written.notes_in(scene.metre)[:2] == (Note(0, BAR, 60, 80), Note(BAR, 480, 60, 80))


def test_the_latest_hour_that_can_be_read_counts(tmp_path: Path) -> None:
    (tmp_path / "2026-11-28T09.mid").write_bytes(hour(BARS, qpm=80.0))
    (tmp_path / "2026-11-28T10.mid").write_bytes(hour(BARS, qpm=100.0))
    (tmp_path / "2026-11-28T11.mid").write_bytes(hour(2))
    (tmp_path / "2026-11-28T12.mid").write_bytes(hour(BARS)[:200])
    [passage] = taped_passages(tmp_path)
    assert round(passage.qpm) == 100
    assert taped_passages(tmp_path / "nowhere") == ()
