"""From a program of a soundfont to an instrument: FluidSynth renders some of its notes into a file, without a room."""

from __future__ import annotations

import importlib
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.browser_sounds.bank_samples import pairs
from reverie.browser_sounds.instrument import SoundZone
from reverie.browser_sounds.packed import Packed, pack
from reverie.browser_sounds.sound_jobs import ProgramSound
from reverie.midi.errors import DeviceError
from reverie.play.outputs.fluidsynth.file_render import ALONE
from reverie.timbre.bank.sample_loop import find_loop, lasts
from reverie.timbre.kit import CHOKES
from reverie.timbre.sound import Sound
from reverie.timbre.sources.resample import resampled

RATE = 48_000
"""At which FluidSynth renders."""
GIVEN = 24_000
"""At which telephones are given it."""
HELD, DRUM_HELD = 3.0, 1.0
"""Seconds for which each key is held."""
LOOPED = 1.8
"""Seconds of a tone that lasts within which its loop is sought: what is shorter is loaded sooner."""
REST = 0.4
"""Seconds between two keys."""
STEP, MOST_KEYS = 7, 6
"""Semitones between two keys, and how many there are at most."""
VELOCITY, LOUDEST = 100, 127
GAIN = 0.6
"""FluidSynth's, as a slot has it by default."""
ENDS = 10 ** (-46 / 20)
"""How loud a sample is beside its loudest moment where it may end."""
SILENT = 1e-4
PATIENCE = 100.0
FADE = 0.05
RELEASE = 0.35

Samples = NDArray[np.float64]


def program_instrument(wanted: ProgramSound) -> Packed:
    """The instrument of a program.

    Raises:
        DeviceError: if FluidSynth is not installed, fails, or is silent.
    """
    drums = bool(wanted.drums)
    keys = [*wanted.drums] or list(_keys(wanted.low, wanted.high))
    held = DRUM_HELD if drums else HELD
    heard = _render(wanted, keys, held)
    whole = held + REST
    notes = [heard[round(number * whole * RATE) : round((number + 1) * whole * RATE)] for number in range(len(keys))]
    ranges = [(key, key) for key in keys] if drums else pairs(keys)
    samples = [
        _sample(note, key, of, drums=drums)
        for note, key, of in zip(notes, keys, ranges, strict=True)
        if np.abs(note).max(initial=0.0) > SILENT
    ]
    if not samples:
        raise DeviceError(f"{Path(wanted.font).name} has no sound for program {wanted.program}")
    return pack(wanted.title, GIVEN, samples, RELEASE, (LOUDEST / VELOCITY) ** 2)


def _keys(low: int, high: int) -> Iterator[int]:
    """Keys from ``low`` to ``high``, evenly spread."""
    count = min(max(math.ceil((high - low) / STEP), 1), MOST_KEYS - 1)
    for number in range(count + 1):
        yield round(low + (high - low) * number / count)


def _sample(note: Samples, key: int, keys: tuple[int, int], *, drums: bool) -> tuple[SoundZone, Samples]:
    loop = None
    if not drums:
        held = Sound(note[: round(LOOPED * RATE)].astype(np.float32), RATE)
        found = find_loop(held, key) if lasts(held) else None
        if found is not None:
            note, loop = np.asarray(found[0].samples, np.float64), (found[1].start / RATE, found[1].end / RATE)
    if loop is None:
        note = _ended(note)
    zone = SoundZone(0.0, 0.0, key, keys, loop=loop, drum=drums, choke=CHOKES.get(key, 0) if drums else 0)
    return zone, resampled(note, RATE, GIVEN)


def _ended(note: Samples) -> Samples:
    """The note up to where it has faded, and without a click there."""
    loud = np.flatnonzero(np.abs(note) > ENDS * np.abs(note).max())
    cut = note[: int(loud[-1]) + 1].copy()
    fade = min(round(FADE * RATE), len(cut))
    cut[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float64)
    return cut


def _render(wanted: ProgramSound, keys: Sequence[int], held: float) -> Samples:
    """All keys one after the other, mono.

    Raises:
        DeviceError: if FluidSynth is not installed, or fails.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise DeviceError("FluidSynth is not installed; install the package fluidsynth")
    with tempfile.TemporaryDirectory(prefix="reverie-sounds-") as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        _write_notes(midi, wanted, keys, held)
        settings = {"synth.gain": str(GAIN), "synth.reverb.active": "0", "synth.chorus.active": "0"}
        options = [f"-o{name}={value}" for name, value in settings.items()]
        command = [program, "-niq", *ALONE, *options, "-r", str(RATE), "-O", "float", "-T", "wav", "-F", str(wav)]
        try:
            done = subprocess.run(
                [*command, wanted.font, str(midi)], capture_output=True, check=False, timeout=PATIENCE
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DeviceError(f"FluidSynth did not render {wanted.title} ({error})") from error
        if done.returncode or not wav.exists():
            raise DeviceError(f"FluidSynth could not render {wanted.title} of {wanted.font}")
        sound: Any = soundfile  # its types are incomplete
        samples, _ = sound.read(str(wav), dtype="float64", always_2d=True)
    mono: Samples = samples.sum(axis=1) / 2
    return np.pad(mono, (0, round(len(keys) * (held + REST) * RATE)))


def _write_notes(midi: Path, wanted: ProgramSound, keys: Sequence[int], held: float) -> None:
    mido: Any = importlib.import_module("mido")  # it has no types
    channel = 9 if wanted.drums else 0
    track: Any = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))
    track.append(mido.Message("program_change", channel=channel, program=wanted.program))
    rest = 0
    for key in keys:
        track.append(mido.Message("note_on", channel=channel, note=key, velocity=VELOCITY, time=rest))
        track.append(mido.Message("note_off", channel=channel, note=key, time=round(held * 1000)))
        rest = round(REST * 1000)
    file: Any = mido.MidiFile(ticks_per_beat=1000)
    file.tracks.append(track)
    file.save(str(midi))
