"""Files that FluidSynth renders: it ends well whatever is heard, so what it says is held against them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from fakes.jack import need
from fakes.soundfonts import cut, font, without_samples
from reverie.conductor.offline.perform import render
from reverie.errors import ReverieError
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes

pytestmark = pytest.mark.real

PIANO, DRUMS = 0, 9


def notes(path: Path, *channels: int, program: int | None = None) -> Path:
    """A MIDI file with a note on each channel, behind a program if there is one."""
    tracks: list[Track] = []
    for channel in channels:
        chosen = [] if program is None else [(0, bytes((0xC0 | channel, program)))]
        note = [(0, bytes((0x90 | channel, 60, 100))), (960, bytes((0x80 | channel, 60, 0)))]
        tracks.append(Track(str(channel), (*chosen, *note)))
    path.write_bytes(midi_bytes(tracks, ConductorTrack(), 960))
    return path


def level(path: Path) -> int:
    with wave.open(str(path)) as file:
        return int(np.abs(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(int)).max(initial=0))


def test_start_files_of_fluidsynth_have_no_say_in_what_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("fluidsynth")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".fluidsynth").write_text("gain 0\nunload 1\n")
    render(notes(tmp_path / "a.mid", PIANO), tmp_path / "a.wav", str(font(tmp_path / "a.sf2")))
    assert level(tmp_path / "a.wav") > 1000


@pytest.mark.parametrize(("channels", "program"), [((DRUMS,), None), ((DRUMS,), 16)])
def test_a_file_of_which_nothing_is_heard_is_none(
    tmp_path: Path, channels: tuple[int, ...], program: int | None
) -> None:
    need("fluidsynth")
    midi = notes(tmp_path / "a.mid", *channels, program=program)
    with pytest.raises(ReverieError, match=r"nothing can be heard: .*a.sf2 has no sound for any channel"):
        render(midi, tmp_path / "a.wav", str(font(tmp_path / "a.sf2")))
    assert not (tmp_path / "a.wav").exists()


def test_a_font_that_is_cut_off_or_without_sound_renders_nothing(tmp_path: Path) -> None:
    need("fluidsynth")
    whole = font(tmp_path / "a.sf2")
    midi = notes(tmp_path / "a.mid", PIANO)
    for broken in (cut(tmp_path / "cut.sf2", whole), without_samples(tmp_path / "lost.sf2", whole)):
        with pytest.raises(ReverieError, match=r"cannot read its soundfont|nothing can be heard"):
            render(midi, tmp_path / "a.wav", str(broken))


def test_what_is_not_heard_as_it_is_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("fluidsynth")
    midi = notes(tmp_path / "a.mid", PIANO, DRUMS, program=7)
    render(midi, tmp_path / "a.wav", str(font(tmp_path / "a.sf2")))
    assert capsys.readouterr().err.splitlines() == [
        "Channel 10 is silent: a.sf2 has no program 7 for it.",
        "Channel 1 has another sound: a.sf2 has no program 7.",
    ]
    assert level(tmp_path / "a.wav") > 1000
