"""A bank's notes in batches: each is rendered by itself, wherever, and is the same wherever it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.recipe import BankRecipe
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import NoteRequest, Sound

MOST = 8
"""Notes of a batch: enough for the matrices to be worth it, few enough for a bank to be spread over workers."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Notes to be rendered together, each from the code beside it; ``number`` tells them from others of the bank."""

    number: int
    codes: tuple[Code, ...]
    notes: tuple[NoteRequest, ...]
    seed: int


def batches_of(recipe: BankRecipe, codes: Mapping[int, Code]) -> tuple[Batch, ...]:
    """A bank's batches, with ``codes`` by key. They depend on the recipe alone, and so do their seeds."""
    notes = recipe.notes
    return tuple(
        Batch(
            number,
            tuple(codes[note.key] for note in notes[begin : begin + MOST]),
            notes[begin : begin + MOST],
            _seed(recipe, number),
        )
        for number, begin in enumerate(range(0, len(notes), MOST))
    )


def _seed(recipe: BankRecipe, number: int) -> int:
    digest = hashlib.sha256(f"{recipe.id} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def as_tensors(sounds: Sequence[Sound]) -> dict[str, NDArray[Any]]:
    """Sounds as tensors, to be kept or sent."""
    rates = np.array([sound.rate for sound in sounds], np.int64)
    return {"rates": rates, **{f"sound{number}": sound.samples for number, sound in enumerate(sounds)}}


def from_tensors(tensors: Mapping[str, NDArray[Any]]) -> Iterator[Sound]:
    """Read :func:`as_tensors`.

    Raises:
        KeyError: if it is something else.
    """
    for number, rate in enumerate(tensors["rates"].tolist()):
        yield Sound(tensors[f"sound{number}"], int(rate))
