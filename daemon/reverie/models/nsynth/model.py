"""An NSynth out of a bundle: its encoder, and its decoder's weights as that computes with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle
from reverie.models.nsynth.decoder import Decoding
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.models.nsynth.encoder import NSynthEncoder
from reverie.models.nsynth.layout import laid_out
from reverie.models.nsynth.weights import sizes_of

Array = NDArray[np.float32]


class NoteDecoding(Protocol):
    """Notes that are being decoded; ``position`` is how many samples of each there are."""

    position: int
    classes: NDArray[np.uint8]
    ahead: int
    """Samples that are drawn at a time."""

    @property
    def samples(self) -> int:
        """How many samples each note will have."""
        ...

    def draw(self, samples: int, numbers: Array) -> None:
        """Draw so many samples more by uniform ``numbers`` [notes, samples of the note]."""
        ...

    def tensors(self) -> dict[str, NDArray[Any]]:
        """All that :meth:`restore` needs; only where ``position`` is a multiple of ``ahead``."""
        ...

    def restore(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Go on from there.

        Raises:
            ValueError: if it is not of this model and so many notes.
            KeyError: if it is something else, such as what another decoder kept.
        """
        ...


class WaveNet:
    """The two halves of the autoencoder, on one thread or two; nothing of the bundle is kept."""

    def __init__(self, bundle: Bundle, threads: int = 2, decoder: DecoderName = "numpy") -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model, or what computes its decoder is not installed.
        """
        self.sizes = sizes_of(bundle.weights, bundle.card.settings)
        self.encoder = NSynthEncoder(bundle.weights, self.sizes, threads)
        self.threads = threads
        self._begin: Callable[[Array], NoteDecoding]
        if decoder == "jax":
            from reverie.models.nsynth.decoder_jax import JaxDecoding, JaxNetwork

            self._begin = partial(JaxDecoding, JaxNetwork(bundle.weights, self.sizes))
        else:
            self.network = laid_out(bundle.weights, self.sizes)
            self._begin = partial(Decoding, self.network, threads=threads)

    def decoding(self, encodings: Array) -> NoteDecoding:
        """Begin notes of encodings [notes, frames, channels]."""
        return self._begin(encodings)
