"""The seam between composing and the models that do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reverie.compose.recipe import Recipe
from reverie.models.library.index import ModelFile
from reverie.music.notes import Note


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the answers to a recipe.

    ``notes`` are in ticks from the end of the primer, each starting before ``recipe.steps`` sixteenths are over. They
    are the model's own, unguarded: out of register, too many or none. ``log_likelihood`` is the mean over the events
    that were drawn, where the engine knows it. ``memory`` gives what the model would go on from after it.
    ``events`` are those that were drawn, as numbers, where more than the model had a say in them
    (:mod:`reverie.compose.steering`).
    """

    notes: tuple[Note, ...]
    log_likelihood: float | None = None
    memory: Callable[[], bytes] | None = None
    events: tuple[int, ...] = ()


class Engine(Protocol):
    """Runs models. Its answer depends on the recipe and the weights alone, so the same recipe gives the same notes."""

    @property
    def name(self) -> str:
        """As it is called in the site's configuration."""
        ...

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        ...

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer.

        Args:
            recipe: what is asked.
            memory: what the model remembers of the recipe's past, to spare drawing it again; None has the same answer.

        Returns:
            Up to ``recipe.candidates`` answers, and at least one.

        Raises:
            ModelError: if the model was not loaded or fails, or the memory is not its own.
        """
        ...
