"""Examples of a Coconet that are held out while it is trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS, CoconetDesign
from reverie.models.coconet.part_network import NONE, Coconet
from reverie.models.coconet.weights import weights_from
from reverie.models.library.bundle import Bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.formats.checkpoint import read_checkpoint
from reverie.training.coconet_records import grids_within
from reverie.training.held_out_figures import HeldOutFigures
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.part_likelihood import hidden_losses

_MOST = 192
"""Examples that are measured, evenly from all: so many say enough, and take a few seconds."""
_ROWS = 16


class HeldOutParts:
    """Examples that are held out, and the engine that is asked about them."""

    def __init__(self, design: CoconetDesign, paths: Sequence[Path]) -> None:
        self._design = design
        self._paths = paths

    def figures(self, checkpoint: str) -> HeldOutFigures:
        """What the network makes of hidden places, which are drawn, always the same.

        Raises:
            ValueError: if there are no examples.
        """
        card = ModelCard("held-out", "coconet", settings=self._design.as_settings())
        model = Coconet(Bundle(card, weights_from(read_checkpoint(Path(checkpoint)))))
        chance = np.random.default_rng(0)
        examples = iter(_some(list(grids_within(self._design, _records(self._paths)))))
        losses: list[float] = []
        right = events = 0
        while rows := list(islice(examples, _ROWS)):
            found = hidden_losses(model, np.stack(rows), chance)
            losses += found.losses
            right, events = right + found.right, events + found.events
        if not losses:
            raise ValueError("there are no examples")
        return HeldOutFigures(float(np.mean(losses)), right / events, events)


def unigram_loss(design: CoconetDesign, paths: Sequence[Path], training: Sequence[Path]) -> float:
    """The loss of who only knows how often each part has each pitch: the least a model must beat."""
    counts = np.ones((PARTS, design.pitches))
    for grid in grids_within(design, _records(training)):
        for part in range(PARTS):
            counts[part] += np.bincount(grid[:, part][grid[:, part] != NONE], minlength=design.pitches)
    costs = -np.log(counts / counts.sum(axis=1, keepdims=True))
    total = events = 0.0
    for grid in grids_within(design, _records(paths)):
        for part in range(PARTS):
            pitches = grid[:, part][grid[:, part] != NONE]
            total += float(costs[part, pitches].sum())
            events += len(pitches)
    return total / events


def _records(paths: Iterable[Path]) -> Iterable[bytes]:
    return (record for path in paths for record in records_in(path))


def _some(grids: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Some of many, evenly from all."""
    if len(grids) <= _MOST:
        return list(grids)
    return [grids[int(place)] for place in np.linspace(0, len(grids) - 1, _MOST)]
