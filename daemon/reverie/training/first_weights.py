"""The weights that a training begins with: those of a model that knows such music already.

A dozen pieces are too few to learn from nothing what a beat is; for a model that knows beats they are enough to learn
how these go. It must be of the same configuration, and keeps its layers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle
from reverie.models.recurrent.network import window_of
from reverie.models.recurrent.weights import canonical_name as recurrent_name
from reverie.models.vae.weights import canonical_name as latent_name
from reverie.models.vae.weights import has_encoder, layer_count
from reverie.models.vae.wirings import WIRINGS
from reverie.training.errors import TrainingError
from reverie.training.genie_records import PIANO_GENIE

_BIAS = re.compile(r"layers\.(\d+)\.bias")


@dataclass(frozen=True, slots=True)
class FirstWeights:
    """A model to begin with.

    Attributes:
        name: of the model; ``digest`` tells it from others of that name.
        hparams: what Magenta needs to know to build such a network.
        weights: under the names of the run-time format.
        named: which of these names a variable of TensorFlow's has; None for none.
    """

    name: str
    digest: str
    hparams: Mapping[str, Any]
    weights: Mapping[str, NDArray[np.float32]]
    named: Callable[[str], str | None] = recurrent_name

    def of(self, variable: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """What a variable of TensorFlow's begins with.

        Raises:
            TrainingError: if the model has no such weights, or others.
        """
        name = self.named(variable)
        found = self.weights.get(name or "")
        if found is None or [size for size in found.shape if size > 1] != [size for size in shape if size > 1]:
            there = "none" if found is None else " x ".join(map(str, found.shape))
            raise TrainingError(
                f"{self.name} cannot be begun with: {' x '.join(map(str, shape))} are needed for {variable}, and"
                f" it has {there}; leave its layers as they are (no --set of {', '.join(self.hparams)})"
            )
        return found.reshape(shape)


def first_weights(bundle: Bundle, config: str, named: Path) -> FirstWeights:
    """A model's weights, to begin a training of ``config`` with.

    Raises:
        TrainingError: if it is of another configuration, or neither a recurrent model nor a MusicVAE that can hear.
    """
    if bundle.card.config != config:
        raise TrainingError(f"{named}: is of {bundle.card.config}, so a training of {config} cannot begin with it")
    if config == PIANO_GENIE:
        raise TrainingError(f"{named}: has only the decoder of a Piano Genie, and a training needs its encoder, too")
    if config in WIRINGS:
        sizes = _latent_sizes(bundle, named)
        return FirstWeights(
            bundle.card.name, bundle.card.weights, sizes, bundle.weights, lambda variable: latent_name(config, variable)
        )
    sizes = {int(found[1]): len(bias) // 4 for name, bias in bundle.weights.items() if (found := _BIAS.fullmatch(name))}
    if not sizes:
        raise TrainingError(f"{named}: is neither a recurrent model nor a MusicVAE; only these can be begun with")
    hparams = {
        "rnn_layer_sizes": [sizes[number] for number in sorted(sizes)],
        "attn_length": window_of(bundle.card.settings),
        "residual_connections": "layers.0.projection.kernel" in bundle.weights,
    }
    return FirstWeights(bundle.card.name, bundle.card.weights, hparams, bundle.weights)


def _latent_sizes(bundle: Bundle, named: Path) -> dict[str, Any]:
    """What Magenta calls the sizes of a flat MusicVAE.

    Raises:
        TrainingError: if it has no encoder.
    """
    weights = bundle.weights
    if not has_encoder(weights):
        raise TrainingError(f"{named}: has no encoder, without which no MusicVAE can be trained on")

    def units(stack: str) -> list[int]:
        return [len(weights[f"{stack}.{layer}.bias"]) // 4 for layer in range(layer_count(weights, stack))]

    sizes = {"enc_rnn_size": units("encoder.forward"), "dec_rnn_size": units("decoder.layers")}
    return {"z_size": len(weights["encoder.mu.bias"]), **sizes}
