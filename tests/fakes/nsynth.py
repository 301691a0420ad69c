"""NSynths of any size with random weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard
from reverie.models.nsynth.weights import CLASSES

SETTINGS = {"hop": 64, "stages": 4, "encoder_stages": 4, "rate": 16000}
PUBLISHED = {"layers": 30, "width": 512, "skip": 256, "bottleneck": 16, "encoder_layers": 30, "encoder_width": 128}


def variables(
    *,
    layers: int = 8,
    width: int = 16,
    skip: int = 8,
    bottleneck: int = 4,
    encoder_layers: int = 8,
    encoder_width: int = 12,
    taps: int = 3,
    seed: int = 1,
) -> dict[str, NDArray[np.float32]]:
    """Variables as TensorFlow names them, that keep what flows through them of one size."""
    random = np.random.default_rng(seed)
    found: dict[str, NDArray[np.float32]] = {}

    def add(name: str, reach: int, inputs: int, outputs: int, gain: float = 1.0) -> None:
        kernel = random.standard_normal((1, reach, inputs, outputs), np.float32)
        found[f"{name}/W"] = kernel * np.float32(gain / np.sqrt(reach * inputs))
        found[f"{name}/biases"] = np.float32(0.1) * random.standard_normal(outputs, np.float32)

    add("ae_startconv", 3, 1, encoder_width)
    for number in range(1, encoder_layers + 1):
        add(f"ae_dilatedconv_{number}", 3, encoder_width, encoder_width)
        add(f"ae_res_{number}", 1, encoder_width, encoder_width, 0.5)
    add("ae_bottleneck", 1, encoder_width, bottleneck)
    add("startconv", taps, 1, width)
    add("skip_start", 1, width, skip)
    for number in range(1, layers + 1):
        add(f"dilatedconv_{number}", taps, width, 2 * width)
        add(f"cond_map_{number}", 1, bottleneck, 2 * width)
        add(f"res_{number}", 1, width, width)
        add(f"skip_{number}", 1, width, skip)
    add("out1", 1, skip, skip)
    add("cond_map_out1", 1, bottleneck, skip)
    add("logits", 1, skip, CLASSES, 2.0)
    return found


def bundle_of(weights: Mapping[str, NDArray[np.float32]], settings: Mapping[str, int] = SETTINGS) -> Bundle:
    """A bundle of run-time weights."""
    return make_bundle(ModelCard("nsynth-test", "nsynth", settings=dict(settings)), weights)
