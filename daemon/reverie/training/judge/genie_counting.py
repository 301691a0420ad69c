"""What one knows of a piano's next key who only counts; with and without being told the button."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reverie.models.errors import ModelError
from reverie.models.genie.weights import BUTTONS, KEYS
from reverie.training.errors import TrainingError
from reverie.training.genie_records import notes_of
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.markov import ORDER, MarkovModel
from reverie.training.workspace import Split, Workspace

Labels = Sequence[int]
_BEGUN = -1
"""What stands before an example's first key: Piano Genie is asked for it, too."""
_BEFORE = 2
"""Keys, and their buttons, before a button that one who counts knows: of three there are too many."""


def counted_loss(workspace: Workspace, split: Split) -> dict[str, Any]:
    """Losses in nats a key of a split: by how often a key occurs, and by how often after which three."""
    train, validation, asked = (list(keys_in(workspace.shards(one))) for one in ("train", "validation", split))
    counts = np.ones(KEYS)
    for keys in train:
        counts += np.bincount(keys, minlength=KEYS)
    unigram = float(-np.log(counts / counts.sum())[np.concatenate(asked)].mean())
    loss = keys_counted(train, validation, asked)
    return {"unigram": _rounded(unigram), "markov": {**_rounded(loss), "order": ORDER}}


def keys_in(paths: Iterable[Path]) -> Iterator[list[int]]:
    """The keys of each example.

    Raises:
        TrainingError: if a file is damaged.
    """
    for path in paths:
        try:
            yield from (notes_of(record)[0].tolist() for record in records_in(path))
        except (ModelError, ValueError) as error:
            raise TrainingError(f"{path}: {error}") from error


def keys_counted(train: Sequence[Labels], validation: Sequence[Labels], asked: Sequence[Labels]) -> float:
    """The loss in nats a key of who knows the three keys before it, told what :func:`told_buttons` is told."""
    markov = MarkovModel(KEYS)
    markov.learn([_BEGUN, *keys] for keys in train)
    markov.fit([_BEGUN, *keys] for keys in validation)
    return -float(np.concatenate([markov.log_chances([_BEGUN, *keys]) for keys in asked]).mean())


def told_buttons(train: Sequence[Labels], validation: Sequence[Labels], asked: Sequence[Labels]) -> float:
    """The loss in nats a key of who is told each button, and knows the two keys and buttons before it.

    Args:
        train: to count; keys and buttons in turn, as :func:`in_turn` has them.
        validation: to weigh orders.
        asked: what is foretold, and compared.
    """
    markov = MarkovModel(KEYS + BUTTONS, 2 * _BEFORE + 1)
    markov.learn(train)
    markov.fit(validation)
    chances = [markov.log_chances(labels)[::2] for labels in asked]
    return -float(np.concatenate(chances).mean())


def in_turn(keys: Labels, buttons: Labels) -> list[int]:
    """Button, key, button, key; buttons are labels after those of all keys."""
    return [label for key, button in zip(keys, buttons, strict=True) for label in (KEYS + button, key)]


def _rounded(loss: float) -> Mapping[str, float]:
    return {"loss": round(loss, 4), "perplexity": round(math.exp(loss), 3)}
