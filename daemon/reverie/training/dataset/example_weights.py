"""How often an example is learned from: more often where its style, or its steadiness, is wanted.

A collection has the music that people happened to play, not what a scene wants: drummers show what they can, and an
installation wants a beat that stays. A weight says how many times an example is written. What lies between two whole
numbers is drawn, example by example, by the recipe's seed; less than once means that some are left out.

Folders and steadiness are known of anybody's music. Steadiness is how like a bar is to the one before, by what is
struck where. An example counts by ``steady`` to the power of twice its steadiness less one: with 3, those whose bars
are all alike are written three times, those that have half in common once, and of those that have nothing in common a
third. So a file stays about as large.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from reverie.training.errors import TrainingError
from reverie.training.pieces import ConvertedPiece


def kinds_of(piece: ConvertedPiece) -> frozenset[str]:
    """By what names a piece can be given a weight: its folders, and the style that its collection says."""
    folders = PurePosixPath(piece.file).parent.parts
    return frozenset(name.casefold() for name in (*folders, piece.style) if name)


def check_weights(weights: Mapping[str, float], pieces: Iterable[ConvertedPiece]) -> None:
    """Whether each weight is of some piece.

    Raises:
        TrainingError: if one is not.
    """
    known = frozenset[str]().union(*map(kinds_of, pieces))
    for name in weights:
        if name.casefold() not in known:
            can = ", ".join(sorted(known)) or "none, since no file lies in a folder of its own"
            raise TrainingError(f"no piece is of the folder or the style {name!r}; there is {can}")


class ExampleWeights:
    """Draws how often each example is written.

    Args:
        weights: by the name of a folder or of a style; of a piece that has several, the product.
        steady: how many times as often an example counts whose bars are all alike; 1 makes no difference.
        seed: draws what lies between two whole numbers.
    """

    def __init__(self, weights: Mapping[str, float], steady: float, seed: int) -> None:
        self._weights = {name.casefold(): weight for name, weight in weights.items()}
        self._steady = steady
        self._seed = seed

    def weight(self, piece: ConvertedPiece, steadiness: float | None) -> float:
        """How often an example of a piece is learned from, on average: the same in every run, to the last bit."""
        own = math.prod(self._weights.get(name, 1.0) for name in sorted(kinds_of(piece)))
        return own if steadiness is None else own * self._steady ** (2 * steadiness - 1)

    def copies(self, piece: ConvertedPiece, steadiness: float | None, example: str) -> int:
        """How often an example is written; ``example`` names it among those of the piece."""
        weight = self.weight(piece, steadiness)
        whole = math.floor(weight)
        drawn = random.Random(f"{self._seed}:{piece.id}:{example}:weight").random()
        return whole + (drawn < weight - whole)
