"""What conductor and composer say to each other; :mod:`reverie.processes.codec` writes and reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from reverie.compose.composer import Composed
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.recipe import Recipe
from reverie.models.library.index import ModelFile
from reverie.music.notes import Loop


@dataclass(frozen=True, slots=True)
class ComposerSetup:
    """The first message of a composer's life; ``memories`` is the folder for what models remember.

    ``played`` is the file that knows what was played before. ``flush`` is how many seconds lie between two writes.
    """

    type: ClassVar[str] = "setup"
    engine: str
    memories: Path
    bundles: tuple[ModelFile, ...]
    played: Path | None = None
    flush: float = 0.0


@dataclass(frozen=True, slots=True)
class FlushEvery:
    """What models remember is written as seldom as that from now on."""

    type: ClassVar[str] = "flush"
    seconds: float


@dataclass(frozen=True, slots=True)
class ComposeLoop:
    """The question ``number``: a loop of this recipe, please.

    ``bands`` say how new it is to be beside what its voice has played up to the ``moment``.
    """

    type: ClassVar[str] = "compose"
    number: int
    recipe: Recipe
    loops: tuple[Loop, ...] = ()
    bands: NoveltyBands | None = None
    moment: float = 0.0

    @classmethod
    def of(cls, number: int, recipe: Recipe, bands: NoveltyBands | None = None, moment: float = 0.0) -> ComposeLoop:
        """The question, to which the loops that the recipe names by their hashes go along."""
        return cls(number, recipe, tuple(recipe.loops.values()), bands, moment)

    @property
    def whole_recipe(self) -> Recipe:
        """The recipe with its loops."""
        return replace(self.recipe, loops={loop.content_hash: loop for loop in self.loops})


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """A model is ready; or it is not, and ``error`` says why."""

    type: ClassVar[str] = "loaded"
    model: str
    seconds: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the question ``number``; ``seconds`` is what it took."""

    type: ClassVar[str] = "composed"
    number: int
    seconds: float
    composed: Composed


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer to the question ``number``: its model could not run, and ``error`` says why."""

    type: ClassVar[str] = "failed"
    number: int
    error: str


ToComposer = ComposerSetup | FlushEvery | ComposeLoop
FromComposer = ModelLoaded | Answer | Failed
