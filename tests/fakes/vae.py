"""MusicVAEs with random weights of any size, and Magenta's own weights of one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.library.card import ModelCard
from reverie.models.lstm import Array
from reverie.models.vae.wirings import wiring_of

GROOVE = 27
DRUM_ROLL = 10


def random_weights(config: str, *, units: int = 8, latent: int = 6, seed: int = 0) -> dict[str, Array]:
    """Canonical weights of two-layered decoders and one-layered encoders, large enough that every step matters."""
    wiring, rng = wiring_of(config), np.random.default_rng(seed)
    weights: dict[str, Array] = {}

    def dense(name: str, rows: int, columns: int) -> None:
        weights[f"{name}.kernel"] = rng.normal(0, 1.5 / np.sqrt(rows), (rows, columns)).astype(np.float32)
        weights[f"{name}.bias"] = rng.normal(0, 0.2, columns).astype(np.float32)

    def decoder(name: str, vector: int, heard: int) -> None:
        dense(f"{name}.initial", vector, 4 * units)
        dense(f"{name}.layers.0", heard + units, 4 * units)
        dense(f"{name}.layers.1", 2 * units, 4 * units)

    if wiring.conductor:
        decoder("decoder.conductor", latent, 1)
    vector = units if wiring.conductor else latent
    for name, classes in zip(wiring.core_names, wiring.cores, strict=True):
        depth = sum(classes) or GROOVE
        decoder(name, vector, depth + vector)
        dense(f"{name}.output", units, depth)
    said = sum(sum(classes) for classes in wiring.cores) or GROOVE
    inputs = DRUM_ROLL if config.startswith("cat-drums") else said
    for name in wiring.encoder_names:
        dense(f"{name}.forward.0", inputs + units, 4 * units)
        dense(f"{name}.backward.0", inputs + units, 4 * units)
        inputs = 2 * units
    dense("encoder.mu", inputs, latent)
    dense("encoder.sigma", inputs, latent)
    return weights


def random_vae(config: str, *, seed: int = 0) -> Bundle:
    """A bundle of :func:`random_weights`."""
    return make_bundle(ModelCard(f"random-{config}", config, ""), random_weights(config, seed=seed))


def dumped(folder: Path) -> dict[str, Array]:
    """The variables of a deeplearn.js dump, under TensorFlow's names; files that are not there are left out."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return {
        name: np.fromfile(folder / row["filename"], "<f4").reshape(row["shape"])
        for name, row in manifest.items()
        if (folder / row["filename"]).exists()
    }


def absent(folder: Path) -> list[str]:
    """The variables that a dump lists, and whose files are not there."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return [name for name, row in manifest.items() if not (folder / row["filename"]).exists()]
