"""A timbre model that costs nothing: a code is how loud each harmonic is, and a note is their sum."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.note_table import notes_of, table_of
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import NoteRequest, Sound

HARMONICS = 8
RATE = 16_000
SLICE = 1600
"""Samples of each note that one slice makes."""
NOISE = 1e-3
"""How loud the chance of the decoder is, so that another seed is another sound."""
MODEL = "fa" * 32


class FakeRenderer:
    """Renders sines; each slice takes ``nap`` seconds, and ``slices`` counts them over all its renderings."""

    def __init__(self, model: str = MODEL, nap: float = 0.0) -> None:
        self.model = model
        self.nap = nap
        self.slices = 0
        self.encoded = 0

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        del transposed
        if not np.any(sound.samples):
            raise TimbreError("the sound is silent; record it again")
        self.encoded += 1
        spectrum = np.abs(np.fft.rfft(sound.samples.astype(np.float64)))
        first = hertz(own_pitch or pitch or 60) * len(sound.samples) / sound.rate
        bins = np.minimum(np.rint(first * np.arange(1, HARMONICS + 1)).astype(int), len(spectrum) - 1)
        return (spectrum[bins] / max(spectrum[bins].max(), 1e-9)).astype(np.float32)

    def fit(self, sound: Sound, own_pitch: float | None, *, untransposed: bool = False) -> FakeFit:
        del untransposed
        return FakeFit(self, sound, own_pitch)

    def latent(self, seed: int) -> Code:
        return np.random.default_rng(seed).random(HARMONICS, np.float32)

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        mixed = sum(weight * code.astype(np.float64) for code, weight in zip(codes, weights, strict=True))
        return np.asarray(mixed, np.float32)

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> FakeRendering:
        return FakeRendering(self, np.stack(codes), list(notes), seed, [])

    def thaw(self, frozen: bytes) -> FakeRendering:
        try:
            tensors = unpacked(frozen)
            model, seed = bytes(tensors["model"]).decode(), int(tensors["seed"][0])
            notes = list(notes_of(tensors["notes"]))
        except (ValueError, LookupError) as error:
            raise TimbreError("what was rendered so far is damaged; begin anew") from error
        if model != self.model:
            raise TimbreError("what was rendered so far is of another model; begin anew")
        return FakeRendering(self, tensors["codes"], notes, seed, list(tensors["made"]))


class FakeFit:
    """A search that is over at once."""

    done = 0.0

    def __init__(self, renderer: FakeRenderer, sound: Sound, own_pitch: float | None) -> None:
        self._code = renderer.code(sound, own_pitch, own_pitch=own_pitch)

    def advance(self) -> bool:
        return True

    def code(self) -> Code:
        return self._code

    def freeze(self) -> bytes:
        return b""

    def thawed(self, frozen: bytes) -> FakeFit:
        del frozen
        return self


class FakeRendering:
    """``made`` are the slices so far, each [notes, SLICE]."""

    def __init__(
        self,
        renderer: FakeRenderer,
        codes: NDArray[np.float32],
        notes: list[NoteRequest],
        seed: int,
        made: list[NDArray[np.float32]],
    ) -> None:
        self._renderer, self._codes, self._notes, self._seed, self._made = renderer, codes, notes, seed, made
        longest = max(note.seconds for note in notes)
        self._slices = -(-round(longest * RATE) // SLICE)

    @property
    def done(self) -> float:
        return len(self._made) / self._slices

    def advance(self) -> bool:
        if len(self._made) < self._slices:
            self._made.append(self._slice(len(self._made)))
            self._renderer.slices += 1
            time.sleep(self._renderer.nap)
        return len(self._made) == self._slices

    def sounds(self) -> list[Sound]:
        whole = np.concatenate(self._made, axis=1)
        return [Sound(whole[row, : round(note.seconds * RATE)].copy(), RATE) for row, note in enumerate(self._notes)]

    def freeze(self) -> bytes:
        return packed(
            {
                "model": np.frombuffer(self._renderer.model.encode(), np.uint8),
                "seed": np.array([self._seed], np.int64),
                "codes": self._codes,
                "notes": table_of(self._notes),
                "made": np.array(self._made, np.float32).reshape(-1, len(self._notes), SLICE),
            }
        )

    def _slice(self, number: int) -> NDArray[np.float32]:
        times = (number * SLICE + np.arange(SLICE)) / RATE
        harmonics = np.arange(1, HARMONICS + 1)[:, None]
        pitches = [note.key if note.pitch is None else note.pitch for note in self._notes]
        rows = [
            note.velocity / 127 * (code / HARMONICS) @ np.sin(2 * np.pi * hertz(pitch) * harmonics * times)
            for code, note, pitch in zip(self._codes, self._notes, pitches, strict=True)
        ]
        chance = np.random.default_rng((self._seed, number)).standard_normal((len(rows), SLICE))
        return (np.stack(rows) + NOISE * chance).astype(np.float32)


def hertz(pitch: float) -> float:
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def sine(pitch: float, seconds: float = 0.5, *, odd: bool = False) -> Sound:
    """A source: a saw, or with ``odd`` harmonics alone a square."""
    times = np.arange(round(seconds * RATE)) / RATE
    harmonics = [number for number in range(1, HARMONICS + 1) if not odd or number % 2]
    waves = [np.sin(2 * np.pi * number * hertz(pitch) * times) / number for number in harmonics]
    return Sound((0.5 * np.sum(waves, axis=0) / len(waves)).astype(np.float32), RATE)


OPENED: list[FakeRenderer] = []
"""All that this process has opened."""


def open_fake(path: Path, threads: int = 1) -> FakeRenderer:
    """Open a "bundle" whose text is how many seconds a slice takes, as other processes do that are sent one."""
    OPENED.append(FakeRenderer(nap=float(path.read_text())))
    return OPENED[-1]


def work_here() -> tuple[int, int]:
    """How many models this process has opened, and how many slices they made."""
    return len(OPENED), sum(renderer.slices for renderer in OPENED)
