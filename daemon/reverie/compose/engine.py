"""The seam between composing and the models that do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reverie.compose.recipe import Kind, Recipe
from reverie.music.notes import Note


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model file: its name in scenes, where it lies, what its weights hash to and which kinds of voice it can be."""

    name: str
    path: Path
    sha256: str
    kinds: tuple[Kind, ...]


class Engine(Protocol):
    """Runs models. Its answer depends on the recipe and the weights alone, so the same recipe gives the same notes."""

    def load(self, bundle: Bundle) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the bundle is missing, broken or no model that this engine runs.
        """
        ...

    def generate(self, recipe: Recipe) -> Sequence[Note]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer.

        Returns:
            Notes in ticks from the end of the primer, each starting before ``recipe.steps`` sixteenths are over. They
            are the model's own, unguarded: out of register, too many or none.

        Raises:
            ModelError: if the model was not loaded or fails.
        """
        ...
