"""NSynth as a timbre's renderer: sounds are encoded at the pitch that is wanted, and notes drawn sample by sample."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.models.library.bundle import Bundle
from reverie.models.library.index import identity
from reverie.models.nsynth import mu_law
from reverie.models.nsynth.codes import mixed, stretched
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.models.nsynth.model import WaveNet
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.note_table import notes_of, table_of
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import AS_IT_IS, NoteRequest, Sound

_LOUDEST = 127
_SEMITONES = 12
_SLICE = 0.5
"""Seconds of a slice."""


class NSynth:
    """A bundle at work, on one thread or two."""

    def __init__(self, bundle: Bundle, threads: int = 2, decoder: DecoderName = "numpy") -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model, or what computes its decoder is not installed.
        """
        self.model = identity(bundle.card)
        self.wavenet = WaveNet(bundle, threads, decoder)
        self._name = bundle.card.name

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.wavenet.sizes.rate

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        """The encoding of a sound as it is at ``pitch``: played faster or slower, so that it becomes shorter or longer.

        Raises:
            TimbreError: if the sound is none.
        """
        if not len(sound.samples) or not np.isfinite(sound.samples).all():
            raise TimbreError("the sound is empty, or has samples that are no numbers; record or export it anew")
        known = AS_IT_IS if own_pitch is None else own_pitch
        speed = 1.0 if pitch is None or not transposed else 2.0 ** ((pitch - known) / _SEMITONES)
        played = sound.samples
        if sound.rate * speed != self.rate:
            played = np.asarray(soxr.resample(played, sound.rate * speed, self.rate), np.float32)  # pyright: ignore[reportUnknownMemberType]
        if not len(played):
            raise TimbreError("the sound is too short for this pitch; take a longer one")
        return self.wavenet.encoder.encode(played)

    def latent(self, seed: int) -> Code:
        """There is none.

        Raises:
            TimbreError: always.
        """
        raise TimbreError(
            f"the model {self._name} is an NSynth, which knows no sounds of its own (latent {seed}); give it files"
        )

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        """The encoding between encodings, as long as they are on average.

        Raises:
            TimbreError: if the codes are not of this model, or the weights do not fit.
        """
        try:
            return mixed(codes, weights, spherical=spherical)
        except ValueError as error:
            raise TimbreError(f"these sounds cannot be mixed: {error}") from error

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> NSynthRendering:
        """Begin to render notes, each with chances of its own that follow from ``seed`` and its place among them.

        Raises:
            TimbreError: if a code is not of this model, or there is not one for each note.
        """
        if not notes or len(codes) != len(notes):
            raise TimbreError(f"{len(codes)} codes for {len(notes)} notes; give each note one")
        channels = self.wavenet.sizes.bottleneck
        unlike = next((code.shape for code in codes if code.ndim != 2 or code.shape[1] != channels), None)  # noqa: PLR2004
        if unlike is not None or not all(len(code) for code in codes):
            raise TimbreError(f"a code is not of the model {self._name}; encode the sound anew")
        hop = self.wavenet.sizes.hop
        frames = [max(1, -(-round(note.seconds * self.rate) // hop)) for note in notes]
        encodings = np.zeros((len(notes), max(frames), channels), np.float32)
        for encoding, code, count in zip(encodings, codes, frames, strict=True):
            encoding[:count] = stretched(code, count)
            encoding[count:] = encoding[count - 1]
        return NSynthRendering(self, encodings, tuple(notes), seed)

    def thaw(self, frozen: bytes) -> NSynthRendering:
        """Go on with a rendering from where it was frozen.

        Raises:
            TimbreError: if it is damaged or of another model.
        """
        try:
            tensors = unpacked(frozen)
            model = tensors["model"].tobytes().decode()
            notes = tuple(notes_of(tensors["notes"]))
            if model != self.model:
                raise TimbreError(f"what was rendered so far is of another model than {self._name}; begin anew")
            rendering = NSynthRendering(self, tensors["encodings"], notes, int(tensors["seed"]))
            rendering.decoding.restore(tensors)
        except (ValueError, LookupError, TypeError) as error:
            raise TimbreError("what was rendered so far is damaged, so it must be begun anew") from error
        return rendering


class NSynthRendering:
    """Notes in the making, all of them sample by sample."""

    def __init__(
        self, model: NSynth, encodings: NDArray[np.float32], notes: tuple[NoteRequest, ...], seed: int
    ) -> None:
        """Begin; the encodings are [notes, frames, channels]."""
        self._model, self._encodings, self._notes, self._seed = model, encodings, notes, seed
        self.decoding = model.wavenet.decoding(encodings)
        self._numbers = _chances(seed, len(notes), self.decoding.samples)

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        return self.decoding.position / self.decoding.samples

    def advance(self) -> bool:
        """Decode for half a second; True once all is done."""
        end = time.monotonic() + _SLICE
        while self.done < 1 and time.monotonic() < end:
            self.step()
        return self.done == 1

    def step(self) -> None:
        """Decode as little as can be frozen after it."""
        self.decoding.draw(self.decoding.ahead, self._numbers)

    def sounds(self) -> list[Sound]:
        """The notes, each as long as was asked; only once all is done."""
        return [
            Sound(
                mu_law.samples(classes[: round(note.seconds * self._model.rate)])
                * np.float32(note.velocity / _LOUDEST),
                self._model.rate,
            )
            for classes, note in zip(self.decoding.classes, self._notes, strict=True)
        ]

    def freeze(self) -> bytes:
        """All that :meth:`NSynth.thaw` needs to go on from here to the very same samples."""
        return packed(
            {
                "model": np.frombuffer(self._model.model.encode(), np.uint8),
                "notes": table_of(self._notes),
                "encodings": self._encodings,
                "seed": np.array(self._seed),
                **self.decoding.tensors(),
            }
        )


def _chances(seed: int, notes: int, samples: int) -> NDArray[np.float32]:
    """Uniform numbers [notes, samples]; a note's follow from its place alone, however many there are beside it."""
    return np.array(
        [np.random.default_rng((seed, place)).random(samples, np.float32) for place in range(notes)], np.float32
    )
