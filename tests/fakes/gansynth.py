"""Small GANSynths with random weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard

LATENT = 7
PITCHES = (48, 52, 55)
SETTINGS: Mapping[str, int | float | bool | str] = {
    "audio_length": 160,
    "sample_rate": 1000,
    "pitches": ",".join(map(str, PITCHES)),
}
"""Of a model of 3 blocks that makes specgrams of 8 x 32, 64 numbers in a window and 16 from one to the next."""


def random_weights(
    blocks: int = 3, start: tuple[int, int] = (2, 8), kernel: tuple[int, int] = (3, 3), channels: int = 6, seed: int = 0
) -> dict[str, NDArray[np.float32]]:
    """The weights of a run-time bundle; each block has a channel less than the one before."""
    random = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    heard = LATENT + len(PITCHES)
    for block in range(blocks):
        for layer, size in (("conv0", kernel if block else start), ("conv1", kernel)):
            shape = (*size, heard, channels - block)
            weights[f"blocks.{block}.{layer}.kernel"] = _normal(random, shape, np.prod(shape[:3]) ** -0.5)
            weights[f"blocks.{block}.{layer}.bias"] = _normal(random, shape[3:], 0.2)
            heard = shape[3]
    weights["rgb.kernel"], weights["rgb.bias"] = _normal(random, (heard, 2), 0.25), _normal(random, (2,), 0.25)
    weights["normalizer.scale"] = np.array([0.2, 0.8], np.float32)
    weights["normalizer.shift"] = np.array([0.1, 0.0], np.float32)
    return weights


def gansynth(weights: Mapping[str, NDArray[np.float32]] | None = None, **settings: float | str) -> Bundle:
    """A bundle of such weights."""
    return make_bundle(ModelCard("small", "gansynth", settings={**SETTINGS, **settings}), weights or random_weights())


def _normal(random: np.random.Generator, shape: tuple[int, ...], spread: float) -> NDArray[np.float32]:
    return (spread * random.standard_normal(shape)).astype(np.float32)
