"""Run-time bundles: a model's weights and its model card in one safetensors file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.files import open_file, write_atomically
from reverie.models.errors import ModelError
from reverie.models.library.card import ModelCard, header_bytes, read_header
from reverie.models.library.index import ModelFile, identity

Weights = Mapping[str, NDArray[np.float32]]

_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model in memory. ``weights`` are float32 under the names that the engines of its config read."""

    card: ModelCard
    weights: Weights


def make_bundle(card: ModelCard, weights: Weights) -> Bundle:
    """A bundle that may be written: all weights finite and in the order of their names, the model card with their hash.

    Raises:
        ModelError: if a weight is not a number, or infinite.
    """
    exact = {name: np.ascontiguousarray(weights[name], dtype=_STORED) for name in sorted(weights)}
    for name, tensor in exact.items():
        if not np.isfinite(tensor).all():
            wrong = int(np.count_nonzero(~np.isfinite(tensor)))
            raise ModelError(f"{card.name}: {wrong} of {tensor.size} numbers in {name} are infinite or none at all")
    digest = hashlib.sha256()
    for tensor in exact.values():
        digest.update(tensor.data)
    return Bundle(replace(card, weights=digest.hexdigest()), exact)


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle, wholly or not at all.

    Raises:
        OSError: if the folder cannot be written.
    """
    header = header_bytes(bundle.card, {name: tensor.shape for name, tensor in bundle.weights.items()})
    write_atomically(path, b"".join([header, *(tensor.data for tensor in bundle.weights.values())]))


def read_bundle(path: Path) -> Bundle:
    """Read a run-time bundle, and check it against the hash in its model card.

    Raises:
        ModelError: if it is missing, cut off or damaged.
    """
    header = read_header(path)
    try:
        with open_file(path) as file:
            file.seek(header.begin)
            data = file.read()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != header.card.weights:
        raise ModelError(f"{path}: is damaged: its weights are not those that its model card names; copy it again")
    weights: dict[str, NDArray[np.float32]] = {}
    at = 0
    for name, shape in header.shapes.items():
        tensor = np.frombuffer(data, _STORED, math.prod(shape), at).reshape(shape)
        if not np.isfinite(tensor).all():
            raise ModelError(f"{path}: {name} has numbers that are infinite or none at all; import the model anew")
        weights[name] = tensor
        at += tensor.nbytes
    return Bundle(header.card, weights)


def read_model(file: ModelFile) -> Bundle:
    """Read a model that was found before.

    Raises:
        ModelError: if it is missing, damaged or not what it was.
    """
    bundle = read_bundle(file.path)
    if identity(bundle.card) != file.sha256:
        raise ModelError(f"{file.path}: is not the file it was when Reverie found it; start Reverie again")
    return bundle
