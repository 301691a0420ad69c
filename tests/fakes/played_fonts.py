"""What FluidSynth plays of a soundfont."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from fakes.jack import need
from fakes.patience import PATIENCE
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER

RATE = 48_000
TICKS = 2 * TICKS_PER_QUARTER
"""A second."""

Strike = tuple[float, float, int, int]
"""When a note begins and how long it is held, in seconds; its key and its velocity."""


def played(font: bytes, strikes: Sequence[Strike], folder: Path, channel: int = 1) -> NDArray[np.float32]:
    """The left channel from the first beat on, without effects; what FluidSynth complains about fails the test."""
    need("fluidsynth")
    (folder / "a.sf2").write_bytes(font)
    notes = [Note(round(at * TICKS), max(1, round(held * TICKS)), key, force) for at, held, key, force in strikes]
    end = max(note.start + note.length for note in notes) + TICKS
    song = midi_bytes([Track("a", note_events(notes, channel))], ConductorTrack(), end)
    (folder / "a.mid").write_bytes(song)
    command = ["fluidsynth", "-ni", "-R0", "-C0", "-r", str(RATE), "-T", "wav", "-O", "float", "-F"]
    said = subprocess.run(
        [*command, str(folder / "a.wav"), str(folder / "a.sf2"), str(folder / "a.mid")],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert "error" not in said.stderr.lower(), said.stderr
    return soundfile.read(folder / "a.wav", dtype="float32")[0][:, 0].astype(np.float32)


def level(samples: NDArray[np.float32], begin: float, end: float) -> float:
    """RMS between two moments, in dB; -200 for silence."""
    part = samples[round(begin * RATE) : round(end * RATE)].astype(np.float64)
    return 20 * float(np.log10(max(np.sqrt(np.mean(np.square(part))), 1e-10)))


def hertz_of(samples: NDArray[np.float32], begin: float, end: float) -> float:
    """Where the spectrum between two moments is highest."""
    part = samples[round(begin * RATE) : round(end * RATE)].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 8 * len(part)))
    return float(spectrum.argmax() * RATE / (8 * len(part)))
