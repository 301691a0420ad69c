"""What a GANSynth is asked to see whether it still is itself."""

from __future__ import annotations

import numpy as np

from reverie.models.gansynth.generator import Generator
from reverie.models.library.bundle import Bundle

_NUMBERS = 16


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """A few numbers of the first frames of a specgram, as it is before it is scaled back to logarithms.

    Raises:
        ModelError: if the weights are not those of one model.
    """
    generator = Generator(bundle)
    random = np.random.default_rng(question)
    latent = random.standard_normal(generator.latent).astype(np.float32)
    label = int(random.integers(len(generator.settings.pitches)))
    scale, shift = (bundle.weights[f"normalizer.{name}"][:, None, None] for name in ("scale", "shift"))
    told = generator.specgram(latent, label, 1) * scale + shift
    places = np.linspace(0, told.size - 1, _NUMBERS).astype(int)
    return tuple(round(float(number), 6) for number in told.reshape(-1)[places])
