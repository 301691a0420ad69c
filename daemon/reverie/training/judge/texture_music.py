# pyright: basic
# Examples come from Magenta, which has no types.
"""The real textures that a model is judged by: passages of a workspace's pieces, encoded as its examples were."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reverie.files import write_atomically
from reverie.training.judge.example_likelihood import KeptExample, example_of
from reverie.training.judge.textures import TextureKind, TexturePassage
from reverie.training.judge.usual_metre import usual_metre
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import TrainingRecipe
from reverie.training.workspace import Split, Workspace, digest_of

_FORMAT = 1
"""Raised when the same pieces make other passages."""
_MOST_PIECES = 250
"""Pieces of a split that are read: those of training are only looked at as a yardstick."""
_MOST_PASSAGES = 6
"""Passages of a piece."""
_SIXTEENTHS = 16

TextureMusic = Mapping[Split, Sequence[TexturePassage]]


def texture_music(
    recipe: TrainingRecipe,
    kind: TextureKind,
    workspace: Workspace,
    splits: Mapping[Split, Sequence[ConvertedPiece]],
    report: Callable[[int, int], None],
) -> TextureMusic:
    """Passages of the pieces of each split in the metre that most have, in their own key and tempo; read once and kept.

    Where a model counts seconds, the metre does not matter.

    Raises:
        TrainingError: if a piece is missing.
        ValueError: if there is nothing to learn from.
    """
    drawn: dict[Split, list[ConvertedPiece]] = {split: _drawn(pieces, recipe.seed) for split, pieces in splits.items()}
    metre = "" if kind.counts_seconds else usual_metre((piece.metre or "4/4", piece.bars) for piece in splits["train"])
    told = [recipe.config, recipe.seed, _FORMAT, kind.window, metre]
    ids = {split: [piece.id for piece in pieces] for split, pieces in drawn.items()}
    kept = workspace.folder / "judge" / f"textures-{digest_of([*told, ids])[:12]}.json"
    try:
        return _from_json(json.loads(kept.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        pass
    whole, done = sum(map(len, drawn.values())), 0
    music: dict[Split, list[TexturePassage]] = {}
    for split, pieces in drawn.items():
        music[split] = []
        for piece in pieces:
            music[split] += _passages(recipe, kind, workspace, piece, metre)
            done += 1
            report(done, whole)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, json.dumps(music, separators=(",", ":")).encode())
    return music


def classes_of(example: KeptExample, kind: TextureKind) -> tuple[int, ...]:
    """The classes of an example, the first of which is only heard."""
    (first,) = (place - kind.control for place in example.inputs[0].places if place >= kind.control)
    return (first, *(label for label in example.labels if isinstance(label, int)))


def _drawn(pieces: Sequence[ConvertedPiece], seed: int) -> list[ConvertedPiece]:
    return random.Random(seed).sample(list(pieces), min(len(pieces), _MOST_PIECES))


def _passages(
    recipe: TrainingRecipe, kind: TextureKind, workspace: Workspace, piece: ConvertedPiece, metre: str
) -> Iterator[TexturePassage]:
    from reverie.training.dataset.extraction.sources import ORIGINAL, read_version, source_of

    source = source_of(replace(recipe, window=kind.window, metres=(metre,) if metre else ()))
    sequence = read_version(workspace.piece(piece.id), ORIGINAL)
    cuts = list(source.cuts(sequence, Counter())) if sequence is not None else []
    random.Random(f"{recipe.seed}:{piece.id}").shuffle(cuts)
    for cut in cuts[:_MOST_PASSAGES]:
        for encoded in cut():
            example = example_of(encoded.record)
            numerator, denominator = map(int, encoded.metre.split("/"))
            bar = kind.bar_steps(_SIXTEENTHS * numerator // denominator)
            controls = tuple(
                tuple(place for place in hot.places if place < kind.control) for hot in example.inputs if kind.control
            )
            yield TexturePassage(piece.title or piece.id, bar, classes_of(example, kind), controls)


def _from_json(data: Mapping[Any, Any]) -> TextureMusic:
    return {
        split: [
            TexturePassage(piece, bar, tuple(classes), tuple(map(tuple, controls)))
            for piece, bar, classes, controls in passages
        ]
        for split, passages in data.items()
    }
