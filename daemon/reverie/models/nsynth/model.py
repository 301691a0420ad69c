"""An NSynth out of a bundle: its encoder, and its decoder's weights in their layout."""

from __future__ import annotations

from reverie.models.library.bundle import Bundle
from reverie.models.nsynth.encoder import NSynthEncoder
from reverie.models.nsynth.layout import laid_out
from reverie.models.nsynth.weights import sizes_of


class WaveNet:
    """The two halves of the autoencoder, on one thread or two; nothing of the bundle is kept."""

    def __init__(self, bundle: Bundle, threads: int = 2) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if the weights are not those of one model.
        """
        self.sizes = sizes_of(bundle.weights, bundle.card.settings)
        self.encoder = NSynthEncoder(bundle.weights, self.sizes, threads)
        self.network = laid_out(bundle.weights, self.sizes)
        self.threads = threads
