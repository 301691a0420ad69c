"""The files of a bank: read back as they were meant, and played in tune by FluidSynth."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fakes.jack import need
from fakes.patience import PATIENCE
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note as Played
from reverie.timbre.bank.bank_files import zones_of
from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.sfz import sfz_text
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.bank.wav24 import wav_bytes
from reverie.timbre.bank.zone import Sample, Zone
from reverie.timbre.sound import NoteRequest, Sound

OFF = 0.23
RATE = 48_000


def zones() -> list[Zone]:
    """Two tones, both rendered a little too high."""
    time = np.arange(32_000) / 16_000
    notes = [NoteRequest(pitch, 100, 2.0) for pitch in (48, 60)]
    sounds = [
        Sound(np.sin(2 * np.pi * 440 * 2 ** ((note.key + OFF - 69) / 12) * time).astype(np.float32), 16_000)
        for note in notes
    ]
    return zones_of(finish(notes, sounds, -20.0))


def test_a_wav_file_has_24_bits_its_pitch_and_its_loop(tmp_path: Path) -> None:
    sample = zones()[0].sample
    path = tmp_path / "a.wav"
    path.write_bytes(data := wav_bytes(sample))
    assert soundfile.info(path).subtype == "PCM_24"
    assert np.abs(soundfile.read(path)[0] - sample.sound.samples).max() < 2**-22
    at = data.index(b"smpl") + 8
    _, _, period, key, fraction, _, _, loops, _ = struct.unpack_from("<9I", data, at)
    assert (period, key, fraction, loops) == (20833, 48, 0, 1), "who reads no fraction is in tune as well"
    assert measure_pitch(sample.sound) == pytest.approx(48, abs=0.02)
    assert sample.loop is not None
    assert struct.unpack_from("<6I", data, at + 36)[2:4] == (sample.loop.start, sample.loop.end - 1)


def test_an_sfz_file_tells_keys_tuning_and_loops() -> None:
    text = sfz_text(zones(), "a\nbank", ["by A."])
    assert text.startswith("// a bank\n// by A.\n")
    first, second = text.split("<region>")[1:]
    assert {"lokey=0", "hikey=54", "pitch_keycenter=48", "loop_mode=loop_continuous"} < {*first.split()}
    assert {"sample=060-100.wav", "lokey=55", "hikey=127", "pitch_keycenter=60"} < {*second.split()}


def test_equal_zones_give_equal_files() -> None:
    assert sf2_bytes(zones(), "t", ["c"], "l") == sf2_bytes(zones(), "t", ["c"], "l")


@pytest.mark.real
@pytest.mark.parametrize("key", [48, 52, 60, 67])
def test_fluidsynth_plays_it_in_tune_for_longer_than_it_lasts(key: int, tmp_path: Path) -> None:
    need("fluidsynth")
    font, song, heard = tmp_path / "a.sf2", tmp_path / "a.mid", tmp_path / "a.wav"
    font.write_bytes(sf2_bytes(zones(), "a bank", ["by A."], "CC0-1.0"))
    song.write_bytes(midi_bytes([Track("a", note_events([Played(0, 4000, key, 100)], 1))], ConductorTrack(), 4000))
    command = ["fluidsynth", "-ni", "-R0", "-C0", "-r", str(RATE), "-F", str(heard), str(font), str(song)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert "error" not in said.stderr.lower()
    samples = soundfile.read(heard, dtype="float32")[0][:, 0]
    late = samples[round(2.5 * RATE) : round(3.5 * RATE)].astype(np.float32)
    assert np.abs(late).max() > 0.001
    assert measure_pitch(Sound(late, RATE)) == pytest.approx(key, abs=0.03)


@pytest.mark.real
@pytest.mark.parametrize("length", [RATE, RATE + 1])
def test_fluidsynth_plays_all_24_bits(length: int, tmp_path: Path) -> None:
    need("fluidsynth")
    font, song, heard = tmp_path / "a.sf2", tmp_path / "a.mid", tmp_path / "a.wav"
    faint = 2**-17 * np.sin(2 * np.pi * 440 * np.arange(length) / RATE)  # as 16 bits, no more than its sign
    zone = Zone(Sample(Sound(faint.astype(np.float32), RATE), 69, 100), "a.wav", (0, 127), (1, 127))
    font.write_bytes(sf2_bytes([zone], "a bank", [], ""))
    song.write_bytes(midi_bytes([Track("a", note_events([Played(0, 2000, 69, 127)], 1))], ConductorTrack(), 2000))
    command = ["fluidsynth", "-ni", "-R0", "-C0", "-g10", "-r", str(RATE), "-T", "wav", "-O", "float", "-F", str(heard)]
    said = subprocess.run(
        [*command, str(font), str(song)], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert "SM24" not in said.stderr
    spectrum = np.abs(np.fft.rfft(soundfile.read(heard)[0][4800:38_400, 0] * np.hanning(33_600)))
    assert spectrum.argmax() == 440 * 33_600 / RATE
    assert spectrum[3 * 308 - 9 : 3 * 308 + 10].max() < 0.05 * spectrum.max()
