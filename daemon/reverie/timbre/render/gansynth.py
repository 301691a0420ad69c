"""GANSynth as a timbre's renderer: notes of latents, a few at a time.

A note's pitch is one of the labels that the model was trained with; any other is made of the nearest by resampling. A
model's notes have one length, 4 seconds in Google's: shorter ones are their beginning, and longer ones there are none.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.models.gansynth.generator import Generator
from reverie.models.gansynth.gradient import GeneratorGradient
from reverie.models.gansynth.latents import latent, mixed
from reverie.models.gansynth.likeness import Likeness
from reverie.models.gansynth.specgrams import Specgrams
from reverie.models.library.bundle import Bundle
from reverie.models.library.index import identity
from reverie.timbre.errors import TimbreError
from reverie.timbre.kit import REGISTERS
from reverie.timbre.render.latent_fit import APART, BETWEEN, FAR, SECONDS, Goal, LatentFit, WantedNote
from reverie.timbre.render.note_table import notes_of, table_of
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import AS_IT_IS, NoteRequest, Sound

_LOUDEST = 127
_SEMITONES = 12
_MARGIN = 256
"""Samples beyond those that are heard which resampling looks at."""


class FindsLatents(Protocol):
    """What finds the latent of a sound."""

    def latent(self, specgram: NDArray[np.float32], label: int | None) -> Code:
        """The latent of a specgram [2, frames, bins], whose pitch is number ``label``, or not known."""
        ...


@dataclass(frozen=True, slots=True)
class Voice:
    """What the generator is asked for: a code, a label, and so many samples; several notes may be made of one."""

    code: int
    label: int
    samples: int


class GanSynth:
    """A bundle at work, on ``workers`` threads."""

    def __init__(self, bundle: Bundle, listener: FindsLatents | None = None, workers: int = 2) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model, or it is of a kind that is not played here.
        """
        self.model = identity(bundle.card)
        self.workers = workers
        self.generator = Generator(bundle)
        self.specgrams = Specgrams(self.generator.settings, self.generator.frames, self.generator.bins)
        self._name = bundle.card.name
        self._listener = listener
        self._bundle = bundle

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.generator.settings.rate

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        """The latent of a sound, whatever ``pitch`` it is to be played at.

        Raises:
            TimbreError: if the model knows no way from a sound to a latent, or the sound is none.
        """
        del pitch, transposed  # the latent has the timbre, and the label the pitch
        if self._listener is None:
            raise TimbreError(f"the model {self._name} has no listener; its latents of sounds must be searched for")
        return self._heard(self._listener, sound, own_pitch)

    def fit(self, sound: Sound, own_pitch: float | None, *, untransposed: bool = False) -> LatentFit:
        """The search for the latent whose notes are nearest to a sound, transposed to them or ``untransposed``.

        Raises:
            TimbreError: if the sound is none.
        """
        frames = self.specgrams.frames_for(round(SECONDS * self.rate))
        likeness = Likeness(self.specgrams, frames)
        known = AS_IT_IS if own_pitch is None else own_pitch
        goal = Goal(
            plays=self,
            gradient=self._gradient,
            likeness=likeness,
            frames=frames,
            wanted=tuple(
                self._wanted(sound, None if untransposed else known, label, likeness, frames)
                for label in self._compared(known)
            ),
            tried=() if own_pitch is None else self._tried(own_pitch),
            workers=self.workers,
        )
        heard = None if self._listener is None else self._heard(self._listener, sound, own_pitch)
        return LatentFit(goal, self.generator.latent, heard)

    def latent(self, seed: int) -> Code:
        """A point of the latent space, the same for the same seed."""
        return latent(self.generator.latent, seed)

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        """The point between codes.

        Raises:
            TimbreError: if the codes are not of one size, or the weights do not fit.
        """
        try:
            return mixed(codes, weights, spherical=spherical)
        except ValueError as error:
            raise TimbreError(f"these sounds cannot be mixed: {error}") from error

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> GanRendering:
        """Begin to render notes; nothing is left to chance, so any ``seed`` gives the same samples.

        Raises:
            TimbreError: if a code is not of this model, or a note's length or loudness is none.
        """
        del seed
        if len(codes) != len(notes):
            raise TimbreError(f"{len(codes)} codes for {len(notes)} notes; give each note one")
        unlike = next((code.shape for code in codes if code.shape != (self.generator.latent,)), None)
        if unlike is not None:
            raise TimbreError(f"a code of {unlike} numbers is not of the model {self._name}; encode the sound anew")
        distinct: dict[bytes, int] = {}
        rows = [distinct.setdefault(np.asarray(code, np.float32).tobytes(), len(distinct)) for code in codes]
        table = np.frombuffer(b"".join(distinct), np.float32).reshape(len(distinct), self.generator.latent)
        return GanRendering(self, table, tuple(zip(rows, notes, strict=True)), {})

    def thaw(self, frozen: bytes) -> GanRendering:
        """Go on with a rendering from where it was frozen.

        Raises:
            TimbreError: if it is damaged or of another model.
        """
        try:
            tensors = unpacked(frozen)
            model, codes = tensors["model"].tobytes().decode(), tensors["codes"]
            notes = tuple(zip(map(int, tensors["rows"].tolist()), notes_of(tensors["notes"]), strict=True))
            made = {
                Voice(*map(int, row)): tensors[f"voice{number}"]
                for number, row in enumerate(tensors["voices"].tolist())
            }
        except (ValueError, LookupError, TypeError) as error:
            raise TimbreError("what was rendered so far is damaged, so it must be begun anew") from error
        if model != self.model:
            raise TimbreError(f"what was rendered so far is of another model than {self._name}; begin anew")
        return GanRendering(self, codes, notes, made)

    @functools.cached_property
    def _gradient(self) -> GeneratorGradient:
        return GeneratorGradient(self._bundle)

    def _heard(self, listener: FindsLatents, sound: Sound, own_pitch: float | None) -> Code:
        label, speed = (None, 1.0) if own_pitch is None else self.nearest(own_pitch)
        return listener.latent(
            self.specgrams.specgram(_resampled(_checked(sound), sound.rate / speed, self.rate)), label
        )

    def _compared(self, own_pitch: float) -> Sequence[int]:
        """The labels at which notes are compared with a sound of that pitch, the middle one as near to it as may be."""
        pitches = self.generator.settings.pitches
        middle = min(max(own_pitch, pitches[0] + APART), pitches[-1] - APART)
        return sorted({self.nearest(middle + apart)[0] for apart in (-APART, 0, APART)})

    def _tried(self, own_pitch: float) -> tuple[int, ...]:
        """The labels at which notes are listened to, from nearly two octaves below a sound to nearly two above."""
        pitches = self.generator.settings.pitches
        middle = min(max(round(own_pitch), pitches[0]), pitches[-1])
        wanted = range(middle - FAR, middle + FAR + 1, BETWEEN)
        return tuple(sorted({self.nearest(pitch)[0] for pitch in wanted if pitches[0] <= pitch <= pitches[-1]}))

    def _wanted(self, sound: Sound, known: float | None, label: int, likeness: Likeness, frames: int) -> WantedNote:
        """What a note of a label should be: the sound, transposed to it if its pitch is ``known``, as long as it is."""
        pitch = self.generator.settings.pitches[label]
        speed = 1.0 if known is None else 2.0 ** ((pitch - known) / _SEMITONES)
        transposed = self.specgrams.specgram(_resampled(_checked(sound), sound.rate * speed, self.rate))[0]
        first = self.specgrams.beginning
        places = np.rint(first + (np.arange(frames) - first) / speed).astype(int)
        return WantedNote(label, likeness.levels(transposed[np.clip(places, 0, len(transposed) - 1)]))

    def nearest(self, pitch: float) -> tuple[int, float]:
        """The label that is nearest to a pitch, and how many times as fast its sound must be played."""
        pitches = self.generator.settings.pitches
        label = min(range(len(pitches)), key=lambda label: abs(pitches[label] - pitch))
        return label, 2.0 ** ((pitch - pitches[label]) / _SEMITONES)

    def samples(self, code: Code, label: int, samples: int) -> NDArray[np.float32]:
        """The first samples of a note, at :attr:`rate`."""
        specgram = self.generator.specgram(code, label, self.specgrams.frames_for(samples))
        return self.specgrams.audio(specgram)[:samples].copy()


class GanRendering:
    """Notes in the making; a slice is two voices for each worker, so that none waits long for another."""

    def __init__(
        self,
        model: GanSynth,
        codes: NDArray[np.float32],
        notes: tuple[tuple[int, NoteRequest], ...],
        made: Mapping[Voice, NDArray[np.float32]],
    ) -> None:
        """Go on from what is ``made``; ``notes`` have the row of their code before them."""
        self._model, self._codes, self._notes = model, codes, notes
        self._made = dict(made)
        self._voices = self._planned()

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        return len(self._made) / len(self._voices) if self._voices else 1.0

    def advance(self) -> bool:
        """Make two voices for each worker; True once all is done."""
        due = [voice for voice in self._voices.values() if voice not in self._made][: 2 * self._model.workers]
        if len(due) == 1:
            self._made[due[0]] = self._make(due[0])
        elif due:
            with ThreadPoolExecutor(self._model.workers) as threads:
                self._made |= zip(due, threads.map(self._make, due), strict=True)
        return len(self._made) == len(self._voices)

    def sounds(self) -> list[Sound]:
        """The notes, each as long as was asked, or as the model's notes are; only once all is done."""
        return [self._sound(row, note) for row, note in self._notes]

    def freeze(self) -> bytes:
        """All that :meth:`GanSynth.thaw` needs to go on from here to the very same samples."""
        tensors: dict[str, NDArray[Any]] = {
            "model": np.frombuffer(self._model.model.encode(), np.uint8),
            "codes": self._codes,
            "rows": np.array([row for row, _ in self._notes], np.int64),
            "notes": table_of([note for _, note in self._notes]),
            "voices": np.array([(v.code, v.label, v.samples) for v in self._made], np.int64).reshape(-1, 3),
        }
        return packed({**tensors, **{f"voice{number}": made for number, made in enumerate(self._made.values())}})

    def _planned(self) -> dict[tuple[int, int], Voice]:
        """What must be made, by code and label: as much of each as its longest note needs."""
        voices: dict[tuple[int, int], Voice] = {}
        most = self._model.specgrams.samples
        for row, note in self._notes:
            label, speed = self._model.nearest(_sounding(note))
            wanted = math.ceil(note.seconds * self._model.rate * speed) + (_MARGIN if speed != 1.0 else 0)
            before = voices.get((row, label))
            voices[row, label] = Voice(row, label, min(most, max(wanted, before.samples if before else 1)))
        return voices

    def _make(self, voice: Voice) -> NDArray[np.float32]:
        return self._model.samples(self._codes[voice.code], voice.label, voice.samples)

    def _sound(self, row: int, note: NoteRequest) -> Sound:
        label, speed = self._model.nearest(_sounding(note))
        rate = self._model.rate
        played = _resampled(self._made[self._voices[row, label]], rate * speed, rate)
        level = np.float32(note.velocity / _LOUDEST)
        return Sound(played[: round(note.seconds * rate)] * level, rate)


def _checked(sound: Sound) -> NDArray[np.float32]:
    """The samples of a sound.

    Raises:
        TimbreError: if there are none, or some are no numbers.
    """
    if not len(sound.samples) or not np.isfinite(sound.samples).all():
        raise TimbreError("the sound is empty, or has samples that are no numbers; record or export it anew")
    return sound.samples


def _sounding(note: NoteRequest) -> float:
    """The pitch of a note: the model makes none without, so a drum that has no pitch gets that of its register."""
    return REGISTERS.get(note.key, note.key) if note.pitch is None else note.pitch


def _resampled(samples: NDArray[np.float32], rate: float, wanted: float) -> NDArray[np.float32]:
    if rate == wanted:
        return samples
    return np.asarray(soxr.resample(samples, rate, wanted), np.float32)  # pyright: ignore[reportUnknownMemberType]
