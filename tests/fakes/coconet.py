"""Coconets with random weights, and files of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS, CoconetDesign
from reverie.models.coconet.part_network import Coconet
from reverie.models.coconet.weights import weights_from
from reverie.models.golden import with_golden
from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard

SMALL = CoconetDesign(lowest=48, pitches=10, steps_per_quarter=4, span=8)

Variables = dict[str, NDArray[np.float32]]


def random_variables(
    layers: int,
    filters: int,
    *,
    separable: bool = False,
    splits: int = 0,
    split_layers: Collection[int] = (2,),
    seed: int = 0,
) -> Variables:
    """Variables as Magenta calls them; with ``splits`` the pointwise products of some layers are in parts."""
    random = np.random.default_rng(seed)
    found: Variables = {}

    def drawn(name: str, *shape: int) -> None:
        found[name] = (random.standard_normal(shape) / np.sqrt(max(np.prod(shape[:-1]), 1))).astype(np.float32)

    for layer in range(layers):
        scope, wide = f"model/conv{layer}", 2 * PARTS if layer == 0 else filters
        out, taps = (PARTS if layer == layers - 1 else filters), 2 if layer >= layers - 2 else 3
        if not separable:
            drawn(f"{scope}/weights", taps, taps, wide, out)
        else:
            drawn(f"{scope}/SeparableConv2d/depthwise_weights", taps, taps, wide, 1)
            if splits and layer in split_layers:
                for number in range(splits):
                    drawn(f"{scope}/split_{layer}_{number}/kernel", wide // splits, out // splits)
                    drawn(f"{scope}/split_{layer}_{number}/bias", out // splits)
            else:
                drawn(f"{scope}/SeparableConv2d/pointwise_weights", 1, 1, wide, out)
                drawn(f"{scope}/SeparableConv2d/biases", out)
        drawn(f"{scope}/beta", out)
        drawn(f"{scope}/popmean", 1, 1, 1, out)
        for name in ("gamma", "popvariance"):
            found[f"{scope}/{name}"] = random.uniform(0.5, 1.5, (1, 1, 1, out)).astype(np.float32)
    return found


def coconet_bundle(design: CoconetDesign, variables: Variables, name: str = "four") -> Bundle:
    """A bundle of them."""
    return with_golden(make_bundle(ModelCard(name, "coconet", settings=design.as_settings()), weights_from(variables)))


def coconet(design: CoconetDesign, variables: Variables) -> Coconet:
    """The network of them."""
    return Coconet(coconet_bundle(design, variables))


def written(folder: Path, variables: Variables) -> Path:
    """A folder as magenta.js publishes it: without ``config.json``."""
    folder.mkdir(parents=True)
    rows = [{"name": name, "shape": list(one.shape), "dtype": "float32"} for name, one in variables.items()]
    (folder / "group1-shard1of1").write_bytes(b"".join(one.tobytes() for one in variables.values()))
    (folder / "weights_manifest.json").write_text(json.dumps([{"paths": ["group1-shard1of1"], "weights": rows}]))
    return folder
