"""Piano Genies with weights that nobody trained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.models.genie.weights import INPUTS, KEYS, LAYERS
from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard


def random_genie(units: int = 24, seed: int = 1) -> Bundle:
    """A bundle of a decoder of so many units; small, and undecided enough that all keys are played."""
    random = np.random.default_rng(seed)

    def drawn(*shape: int) -> NDArray[np.float32]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    weights = {"input.kernel": drawn(INPUTS, units), "input.bias": drawn(units)}
    for layer in range(LAYERS):
        weights |= {
            f"layers.{layer}.kernel": drawn(2 * units, 4 * units),
            f"layers.{layer}.bias": drawn(4 * units),
        }
    weights |= {"output.kernel": drawn(units, KEYS), "output.bias": drawn(KEYS)}
    return make_bundle(ModelCard("random_genie", "piano_genie"), weights)
