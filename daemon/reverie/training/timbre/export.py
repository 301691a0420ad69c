"""From a checkpoint of the default timbre model to the run-time bundle that is shipped."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import kept
from reverie.models.gansynth.listener import SCALE, SHIFT
from reverie.models.gansynth.weights import weights_from
from reverie.models.golden import with_golden
from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.formats.checkpoint import read_checkpoint

Tensors = Mapping[str, NDArray[np.float32]]

LISTENER = "progressive_gan_listener"
ADVANCE_SCALE = 0.8
"""Magenta's; the listener has that of magnitudes."""

_VARIABLE = re.compile(
    rf"^{LISTENER}/(?:progressive_gan_block_(\d+)/)?(from_rgb|conv0|conv1|latent)/(?:conv2d/)?(kernel|bias)"
    r"/ExponentialMovingAverage$"
)


def bundle_of(checkpoint: Path, card: ModelCard, pitches: tuple[int, ...]) -> Bundle:
    """The generator and the listener of a checkpoint, as averaged over the last steps, with a golden answer.

    Raises:
        ModelError: if the checkpoint is damaged, or is not of such a model.
    """
    tensors = read_checkpoint(checkpoint)
    normalizer = {
        "normalizer.scale": np.array([SCALE, ADVANCE_SCALE], np.float32),
        "normalizer.shift": np.array([SHIFT, 0.0], np.float32),
    }
    generator = {name: tensor for name, tensor in tensors.items() if not name.startswith(f"{LISTENER}/")}
    weights = {**weights_from({**generator, **normalizer}), **_listener(tensors)}
    settings: dict[str, Any] = {**kept({"pitches": ",".join(map(str, pitches))}), **card.settings}
    sealed = ModelCard(card.name, card.config, "", settings, card.source, card.training)
    return with_golden(make_bundle(sealed, weights))


def _listener(tensors: Tensors) -> dict[str, NDArray[np.float32]]:
    """The listener's weights under the names of a bundle, each kernel times its constant.

    Raises:
        ModelError: if there are none.
    """
    found: dict[str, NDArray[np.float32]] = {}
    for variable, tensor in tensors.items():
        match = _VARIABLE.match(variable)
        if match is None:
            continue
        block, layer, part = match.groups()
        name = {"from_rgb": "rgb", "latent": "latent"}.get(layer) or f"blocks.{int(block) - 1}.{layer}"
        found[f"listener.{name}.{part}"] = _used(layer, part, tensor)
    if not found:
        raise ModelError("the checkpoint has no listener; train with tools/train_timbre.py")
    return found


def _used(layer: str, part: str, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """A weight as it is used at run time, where the listener need not say how sure it is: half of what it answers."""
    if part == "kernel":
        gain = 1.0 if layer == "latent" else 2.0
        tensor = (math.sqrt(gain / math.prod(tensor.shape[:-1])) * tensor).astype(np.float32)
        tensor = {"from_rgb": tensor[0, 0, 0], "latent": tensor[0, 0]}.get(layer, tensor)
    if layer == "latent":
        tensor = tensor[..., : tensor.shape[-1] // 2]
    return np.ascontiguousarray(tensor)
