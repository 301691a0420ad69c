"""A MusicVAE that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.lstm import Array
from reverie.models.vae import latent
from reverie.models.vae.decoder import Decoder, StepLeaning
from reverie.models.vae.encoder import LatentEncoder
from reverie.models.vae.heads import AVERAGE, Floats, Frames, StrokeDeviation
from reverie.models.vae.weights import check_shapes, has_encoder
from reverie.models.vae.wirings import wiring_of

VELOCITY_DEVIATION, OFFSET_DEVIATION = "velocity_deviation", "offset_deviation"
"""The settings of a groove's model card that are its touch."""
KEY = "key"
"""The setting of a melody model that knows one major key only: its tonic, counted from C."""


class RandomSource(Protocol):
    """Where random numbers come from; numpy's ``Generator`` is one."""

    def random(self, size: tuple[int, ...]) -> Floats:
        """Uniform numbers in [0, 1)."""
        ...

    def standard_normal(self, size: tuple[int, ...]) -> Floats:
        """Normal numbers of mean 0 and deviation 1."""
        ...


class Each:
    """A source of its own for each sequence of a batch, so that what one becomes does not depend on the others."""

    def __init__(self, sources: Sequence[RandomSource]) -> None:
        self._sources = sources

    def random(self, size: tuple[int, ...]) -> Floats:
        """Each row from its own source."""
        return np.stack([source.random(size[1:]) for source in self._of(size)])

    def standard_normal(self, size: tuple[int, ...]) -> Floats:
        """Each row from its own source."""
        return np.stack([source.standard_normal(size[1:]) for source in self._of(size)])

    def _of(self, size: tuple[int, ...]) -> Sequence[RandomSource]:
        if size[0] != len(self._sources):
            raise ValueError(f"there are {len(self._sources)} sources for {size[0]} sequences")
        return self._sources


@dataclass(frozen=True, slots=True)
class Decoded:
    """What latent vectors became.

    ``frames`` are classes (batch, steps, heads), or grooves (batch, steps, 3 * drums); ``log_p`` (batch, steps) are the
    logarithms of the frames' probabilities at the temperature that they were drawn at.
    """

    frames: Frames
    log_p: Floats

    def lengths(self, end: int) -> NDArray[np.int64]:
        """How many steps of each (batch) come before the first class ``end``; all where there is none."""
        ended = (self.frames == end).any(axis=-1)
        return np.where(ended.any(axis=1), ended.argmax(axis=1), ended.shape[1])


class Vae:
    """A compiled model. It remembers nothing, and its methods may be called from several threads."""

    def __init__(self, config: str, weights: Mapping[str, Array], touch: StrokeDeviation = AVERAGE) -> None:
        """Compile canonical weights (:mod:`reverie.models.vae.weights`); ``touch`` is of grooves.

        Raises:
            ModelError: if they are not those of the configuration.
        """
        check_shapes(config, weights)
        self.config = config
        self.wiring = wiring_of(config)
        self._decoder = Decoder(weights, self.wiring, touch)
        self._encoder = LatentEncoder(weights, self.wiring) if has_encoder(weights) else None

    @property
    def latent_size(self) -> int:
        """Length of a latent vector."""
        return self._decoder.latent_size

    @property
    def frame_width(self) -> int:
        """Length of a frame: how many heads there are, or three times how many drums."""
        return self._decoder.width

    @property
    def draws(self) -> int:
        """How many uniform numbers each step takes."""
        return self._decoder.draws

    @property
    def can_encode(self) -> bool:
        """Whether the model has an encoder."""
        return self._encoder is not None

    def encode(self, x: NDArray[Any], lengths: NDArray[Any] | None = None) -> tuple[Array, Array]:
        """The mean and the deviation of the latent vectors (batch, z) of sequences.

        Args:
            x: classes (batch, steps, heads), integers; or vectors (batch, steps, size), such as drum rolls and grooves.
            lengths: how many steps of each count (batch), see :meth:`LatentEncoder.encode`; all where None.

        Raises:
            ModelError: if the model has no encoder.
            ValueError: if the lengths do not fit.
        """
        if self._encoder is None:
            raise ModelError(
                f"this {self.config} was imported without an encoder: it samples, decodes and interpolates between "
                "latent vectors, but cannot encode; import a checkpoint that has the encoder's kernels"
            )
        return self._encoder.encode(x, np.full(len(x), x.shape[1]) if lengths is None else lengths)

    def decode(
        self,
        z: Array,
        steps: int,
        temperature: float,
        rng: RandomSource,
        leaning: StepLeaning | None = None,
        only: int | None = None,
    ) -> Decoded:
        """Draw a sequence for each latent vector (batch, z).

        The source is asked once, for uniform numbers (batch, steps, draws); shorter sequences than the model was
        trained on are the beginnings of longer ones. With ``leaning`` something is likelier to be drawn than the model
        finds it; what it finds of that is told all the same. With ``only`` one of several cores speaks alone.

        Raises:
            ValueError: if there are no steps or more than the conductor leads, the temperature is not above zero, or
                the latent vectors are of another size.
        """
        if not temperature > 0:
            raise ValueError(f"a temperature is above zero, not {temperature}")
        vectors = self._vectors(z, steps)
        uniforms = rng.random((len(vectors), steps, self.draws))
        return Decoded(*self._decoder.sample(vectors, uniforms, temperature, leaning, only))

    def sample(self, count: int, steps: int, temperature: float, rng: RandomSource) -> Decoded:
        """Draw ``count`` sequences from latent vectors that are drawn from the prior, before the uniform numbers.

        Raises:
            ValueError: see :meth:`decode`.
        """
        z = rng.standard_normal((count, self.latent_size)).astype(np.float32)
        return self.decode(z, steps, temperature, rng)

    def interpolate(self, a: Array, b: Array, count: int) -> Array:
        """Latent vectors (count, z) from ``a`` to ``b`` (z), see :func:`reverie.models.vae.latent.interpolate`."""
        return latent.interpolate(a, b, count)

    def activated(self, z: Array, frames: Frames) -> Floats:
        """What the outputs of each step mean (batch, steps, size), given the frames before it.

        Probabilities of the heads' classes one after another; of a groove the probabilities of hits, the velocities
        (0 to 1) and the offsets (-1 to 1).

        Raises:
            ValueError: see :meth:`log_likelihood`.
        """
        return self._decoder.activated(self._vectors_of(z, frames), frames)

    def log_likelihood(self, z: Array, frames: Frames) -> Floats:
        """The logarithm of each frame's probability (batch, steps) at temperature 1, given those before it.

        Raises:
            ValueError: if the frames are not this model's, or do not fit the latent vectors (batch, z).
        """
        return self._decoder.log_p(self._vectors_of(z, frames), frames)

    def _vectors_of(self, z: Array, frames: Frames) -> Array:
        vectors = self._vectors(z, frames.shape[1])
        if frames.shape != (len(vectors), frames.shape[1], self.frame_width):
            raise ValueError(f"frames are of shape ({len(vectors)}, steps, {self.frame_width}), not {frames.shape}")
        return vectors

    def _vectors(self, z: Array, steps: int) -> Array:
        if steps < 1 or (self.wiring.conductor and steps > self.wiring.longest):
            raise ValueError(f"{self.config} decodes 1 to {self.wiring.longest} steps, not {steps}")
        vectors = np.asarray(z, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.latent_size:  # noqa: PLR2004 - a matrix
            raise ValueError(f"latent vectors are of shape (batch, {self.latent_size}), not {vectors.shape}")
        return vectors


def load(bundle: Bundle) -> Vae:
    """Make a bundle ready to run.

    Raises:
        ModelError: if it is no MusicVAE, or its weights are not those of its configuration.
    """
    settings = bundle.card.settings
    touch = StrokeDeviation(float(settings.get(VELOCITY_DEVIATION, 0)), float(settings.get(OFFSET_DEVIATION, 0)))
    return Vae(bundle.card.config, bundle.weights, touch)
