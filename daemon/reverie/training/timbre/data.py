# pyright: basic
# soundfile and soxr have no complete types.
"""What the default timbre model learns from: the sounds of Sound Maker, moved to every pitch, and tones of our own.

Sound Maker (https://github.com/googlecreativelab/aiexperiments-sound-maker) has files named
``FIRST_SECOND/MIX_PITCH.mp3``: what NSynth made of two instruments, from mix 0 to mix 4, at seven pitches. Each file is
cut to where it begins to sound, tuned by its measured pitch, and resampled to the pitches between and beyond.
A character (one mix of one pair, or one tone) then is there at all pitches, which is what lets the model learn to tell
character from pitch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from reverie.files import write_atomically
from reverie.training.timbre.pitch import periodic, pitch_of
from reverie.training.timbre.tones import RATE, drawn, sound

Array = NDArray[np.float32]

PITCHES = tuple(range(36, 85))
SAMPLES = 64_000
RECORDED = (48, 52, 56, 60, 64, 68, 72)
MIXES = range(5)
HELD_OUT = (
    "Balafon2_Bright_Clarinet_Combi",
    "Concert_Flute_Solo_Legato_Vibrato_cat",
    "Double_Bass_Solo_Staccato_Violin_Solo",
    "Hammer_Dulcimer_thunder",
    "Harp_Low_Wow",
    "Marimba1_Classic_Pan_Flute_Winds",
    "Plastic_Vibraphone_bike_bell",
    "Shamisen_Wurly_Speaker",
)
"""Pairs that are never trained on: each instrument is in one of them, and in seven that are."""

_ONSET = 0.02
_LEAD = 240
"""Samples that are kept before the onset."""
_PEAK = 0.7
OCTAVES = (-1, 0, 1)
UNPITCHED = ("_thunder",)
FIXED = ("_bike_bell", "_cat")
"""Second instruments, which are what mix 0 is, that sound the same whatever the label."""

_MOST_CENTS = 60.0
"""By which a file may be off and still be tuned."""
_CLEAR = 0.7
_NEAR_BEST = 0.92
_ENOUGH = 3
_LOWER, _HIGHER = -20.0, 13.0
"""Semitones by which a sound may be moved."""
_WHOLE = 0.85
_FULL = 32767


@dataclass(frozen=True, slots=True)
class Pool:
    """All sounds at all pitches: int16 [characters, pitches, samples], and how many samples of each are meant."""

    names: tuple[str, ...]
    sounds: NDArray[np.int16]
    lengths: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Fit:
    """By how many octaves and cents a note is above its label."""

    octave: int
    cents: float


def pairs(folder: Path) -> list[str]:
    """The names of all pairs of instruments below ``folder``."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def read_note(path: Path) -> Array:
    """A file of Sound Maker from its onset on, at :data:`RATE`, its peak at 0.7."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    peak = max(float(np.abs(mono).max()), 1e-9)
    onset = int(np.argmax(np.abs(mono) > _ONSET * peak))
    return (mono[max(0, onset - _LEAD) :] * (_PEAK / peak)).astype(np.float32)


def fit(samples: Array, pitch: int) -> Fit | None:
    """How a note of a label sounds: an octave off it or not, and a few cents; None where it is not of that pitch.

    A tone has the period of each octave below it, too, so the highest that fits is its own.
    """
    found: list[tuple[float, int, float]] = []
    for octave in OCTAVES:
        clear, cents = periodic(samples, RATE, pitch + 12.0 * octave)
        found.append((clear, octave, cents))
    best = max(clear for clear, _, _ in found)
    if best < _CLEAR:
        return None
    _, octave, cents = next(one for one in reversed(found) if one[0] >= _NEAR_BEST * best)
    return Fit(octave, cents) if abs(cents) <= _MOST_CENTS else None


def sources(folder: Path, pair: str, mix: int) -> dict[float, Array]:
    """The notes of a character by the pitch at which they really sound; none if it has no pitch of its own.

    Some recordings are an octave off their labels, and some are one sound that does not follow them.
    """
    notes = {pitch: read_note(folder / pair / f"{mix}_{pitch}.mp3") for pitch in RECORDED}
    if pair.endswith(UNPITCHED) and mix == 0:
        return {60.0: notes[60]}
    if pair.endswith(FIXED) and mix == 0:
        measured = pitch_of(notes[60], RATE)
        return {} if measured is None else {measured: notes[60]}
    fits = {pitch: found for pitch, note in notes.items() if (found := fit(note, pitch))}
    octaves = [found.octave for found in fits.values()]
    octave = max(OCTAVES, key=octaves.count)
    good = {
        pitch + 12.0 * octave + found.cents / 100.0: notes[pitch]
        for pitch, found in fits.items()
        if found.octave == octave
    }
    return good if len(good) >= _ENOUGH else {}


def build_pool(folder: Path, work: Path, tones: int, say: Callable[[str], None]) -> Pool:
    """Make the pool of all characters that are trained on, or open it where it was made before."""
    done, file = work / "pool.json", work / "pool.i16"
    if not done.exists():
        work.mkdir(parents=True, exist_ok=True)
        pitched = [pair for pair in pairs(folder) if pair not in HELD_OUT]
        names: list[str] = []
        lengths: list[list[int]] = []
        with file.open("wb") as out:
            for number, pair in enumerate(pitched):
                for mix in MIXES:
                    if found := sources(folder, pair, mix):
                        lengths.append(_write(out, found))
                        names.append(f"{pair}/{mix}")
                say(f"pairs {number + 1} of {len(pitched)}: {len(names)} characters")
            for number, tone in enumerate(drawn(tones, seed=1)):
                for pitch in PITCHES:
                    _write_sound(out, sound(tone, pitch))
                names.append(f"tone/{number}")
                lengths.append([SAMPLES] * len(PITCHES))
                say(f"tones {number + 1} of {tones}")
        write_atomically(done, json.dumps({"names": names, "lengths": lengths}).encode())
    kept = json.loads(done.read_text())
    shape = (len(kept["names"]), len(PITCHES), SAMPLES)
    return Pool(tuple(kept["names"]), np.memmap(file, np.int16, "r", shape=shape), np.array(kept["lengths"], np.int32))


def moved(samples: Array, semitones: float) -> Array:
    """A sound played faster or slower, so that it is higher by ``semitones``."""
    if math.isclose(semitones, 0.0, abs_tol=1e-4):
        return samples
    return soxr.resample(samples, RATE * 2.0 ** (semitones / 12.0), RATE, quality="MQ").astype(np.float32)


def _write(out: BinaryIO, notes: Mapping[float, Array]) -> list[int]:
    """Write a character at all pitches; how many samples of each are meant, none where it would be moved too far."""
    lengths: list[int] = []
    for pitch in PITCHES:
        nearest = min(notes, key=lambda sounding: (abs(sounding - pitch), sounding))
        shift = pitch - nearest
        near = _LOWER <= shift <= _HIGHER
        made = moved(notes[nearest], shift)[:SAMPLES] if near else np.zeros(0, np.float32)
        _write_sound(out, made)
        # What was played faster ends sooner: what follows is unknown, and not silence to be learned.
        lengths.append(SAMPLES if len(made) > _WHOLE * SAMPLES else len(made))
    return lengths


def _write_sound(out: BinaryIO, samples: Array) -> None:
    whole = np.zeros(SAMPLES, np.int16)
    whole[: len(samples)] = np.round(np.clip(samples, -1.0, 1.0) * _FULL)
    out.write(whole.tobytes())
