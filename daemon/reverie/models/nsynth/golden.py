"""What an NSynth is asked to see whether it still is itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle
from reverie.models.nsynth.decoder import Decoding
from reverie.models.nsynth.model import WaveNet
from reverie.models.nsynth.weights import CLASSES

_SAMPLES = 4
_CLASSES = 8


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """An encoding of noise, and log-probabilities of a few samples that are decoded from it.

    Raises:
        ModelError: if the weights are not those of one model.
    """
    model = WaveNet(bundle)
    random = np.random.default_rng(question)
    noise = random.uniform(-1, 1, model.sizes.hop).astype(np.float32)
    encoding = model.encoder.encode(noise)
    told: list[NDArray[np.float32]] = [encoding[0]]

    def choose(logits: NDArray[np.float32], position: int) -> NDArray[Any]:
        certain = logits[:, 0] - logits.max()
        told.append((certain - np.log(np.exp(certain).sum()))[:: CLASSES // _CLASSES])
        return np.array([(position * 97 + 31) % CLASSES])

    Decoding(model.network, encoding[None], model.threads).run(_SAMPLES, choose)
    return tuple(round(float(number), 6) for number in np.concatenate(told))
