"""What conductor and composer say to each other, besides ``ping``, ``pong`` and ``stop``.

To the composer: ``setup`` (engine and bundles, first of all) and ``compose`` (a number and a recipe). What it says is
read by :func:`from_composer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reverie.compose.composer import Composed
from reverie.compose.recipe import Recipe
from reverie.models.library.index import ModelFile
from reverie.processes.wire import Message


def setup(engine: str, bundles: Iterable[ModelFile], memories: Path) -> Message:
    """The first message of a composer's life; ``memories`` is the folder for what models remember."""
    return {
        "type": "setup",
        "engine": engine,
        "memories": str(memories),
        "bundles": [{"name": b.name, "path": str(b.path), "sha256": b.sha256, "kinds": list(b.kinds)} for b in bundles],
    }


def memories_of(message: Message) -> Path:
    """The folder of a :func:`setup`."""
    return Path(message["memories"])


def bundles_of(message: Message) -> tuple[ModelFile, ...]:
    """The bundles of a :func:`setup`."""
    rows = cast("list[dict[str, Any]]", message["bundles"])
    return tuple(ModelFile(row["name"], Path(row["path"]), row["sha256"], tuple(row["kinds"])) for row in rows)


def compose(number: int, recipe: Recipe) -> Message:
    """Ask for a loop."""
    return {"type": "compose", "number": number, "recipe": recipe.as_json()}


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    """A model is ready; or it is not, and ``error`` says why."""

    model: str
    seconds: float
    error: str | None

    def as_message(self) -> Message:
        """Plain data for the wire."""
        return {"type": "loaded", "model": self.model, "seconds": self.seconds, "error": self.error}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the question ``number``; ``seconds`` is what it took."""

    number: int
    seconds: float
    composed: Composed

    def as_message(self) -> Message:
        """Plain data for the wire."""
        return {"type": "composed", "number": self.number, "seconds": self.seconds} | self.composed.as_json()


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer to the question ``number``: its model could not run, and ``error`` says why."""

    number: int
    error: str

    def as_message(self) -> Message:
        """Plain data for the wire."""
        return {"type": "failed", "number": self.number, "error": self.error}


def from_composer(message: Message) -> ModelLoaded | Answer | Failed:
    """Read what a composer says.

    Raises:
        ValueError, KeyError, TypeError: if no composer says it.
    """
    match message["type"]:
        case "loaded":
            return ModelLoaded(str(message["model"]), float(message["seconds"]), message["error"])
        case "composed":
            return Answer(int(message["number"]), float(message["seconds"]), Composed.from_json(message))
        case "failed":
            return Failed(int(message["number"]), str(message["error"]))
        case other:
            raise ValueError(f"unknown message {other!r}")
