"""Run-time bundles: a model's weights and its passport in one safetensors file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from reverie.files import write_atomically
from reverie.models.errors import ModelError
from reverie.models.passport import Passport, read_header, read_passport

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model in memory. ``weights`` are float32 under the names that the engines of its config read."""

    passport: Passport
    weights: Weights


def seal(passport: Passport, weights: Weights) -> Bundle:
    """A bundle that may be written: all weights finite, and the passport with their hash.

    Raises:
        ModelError: if a weight is not a number, or infinite.
    """
    exact = {name: np.ascontiguousarray(weights[name], dtype=np.float32) for name in sorted(weights)}
    for name, tensor in exact.items():
        if not np.isfinite(tensor).all():
            wrong = int(np.count_nonzero(~np.isfinite(tensor)))
            raise ModelError(f"{passport.name}: {wrong} of {tensor.size} numbers in {name} are infinite or none at all")
    return Bundle(replace(passport, weights=_hash(save(exact))), exact)


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write a sealed bundle, wholly or not at all.

    Raises:
        OSError: if the folder cannot be written.
    """
    write_atomically(path, save(dict(bundle.weights), metadata=bundle.passport.as_metadata()))


def read_bundle(path: Path) -> Bundle:
    """Read a run-time bundle, and check it against the hash in its passport.

    Raises:
        ModelError: if it is missing, cut off or damaged.
    """
    passport = read_passport(path)
    try:
        data = path.read_bytes()
        weights = load(data)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    except SafetensorError as error:
        raise ModelError(f"{path}: is damaged ({error}); copy or pull it again") from error
    if _hash(data) != passport.weights:
        raise ModelError(f"{path}: is damaged: its weights are not those that its passport names; copy it again")
    for name, tensor in weights.items():
        if tensor.dtype != np.float32:
            raise ModelError(f"{path}: {name} is of type {tensor.dtype}, not float32; import the model anew")
        if not np.isfinite(tensor).all():
            raise ModelError(f"{path}: {name} has numbers that are infinite or none at all; import the model anew")
    return Bundle(passport, weights)


def _hash(data: bytes) -> str:
    """The SHA-256 of a safetensors file's tensors, without its header, in which the hash itself stands."""
    length = int.from_bytes(data[:8], "little")
    return hashlib.sha256(data[8 + length :]).hexdigest()


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of a bundle's weights, without reading them.

    Raises:
        ModelError: if the file is damaged.
    """
    header, _ = read_header(path)
    return {name: tuple(row["shape"]) for name, row in header.items() if name != "__metadata__"}
