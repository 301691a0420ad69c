"""What conductor and composer say to each other, besides ``ping``, ``pong`` and ``stop``.

To the composer: ``setup`` (engine and bundles, first of all), ``compose`` (a number and a recipe). From it: ``loaded``
(a model is ready, or why not), ``composed`` (the number and the answer), ``failed`` (the number and one sentence).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from reverie.compose.composer import Composed
from reverie.compose.engine import Bundle
from reverie.compose.recipe import Kind, Recipe
from reverie.wire import Message


def setup(engine: str, bundles: Iterable[Bundle]) -> Message:
    """The first message of a composer's life."""
    return {
        "type": "setup",
        "engine": engine,
        "bundles": [{"name": b.name, "path": str(b.path), "sha256": b.sha256, "kinds": list(b.kinds)} for b in bundles],
    }


def bundles_of(message: Message) -> tuple[Bundle, ...]:
    """The bundles of a :func:`setup`."""
    rows = cast("list[dict[str, Any]]", message["bundles"])
    return tuple(
        Bundle(row["name"], Path(row["path"]), row["sha256"], cast("tuple[Kind, ...]", tuple(row["kinds"])))
        for row in rows
    )


def compose(number: int, recipe: Recipe) -> Message:
    """Ask for a loop."""
    return {"type": "compose", "number": number, "recipe": recipe.as_json()}


def loaded(model: str, seconds: float, error: str | None) -> Message:
    """A model is ready; or it is not, and ``error`` says why."""
    return {"type": "loaded", "model": model, "seconds": seconds, "error": error}


def composed(number: int, answer: Composed, seconds: float) -> Message:
    """The answer to :func:`compose`; ``seconds`` is what it took."""
    return {"type": "composed", "number": number, "seconds": seconds} | answer.as_json()


def failed(number: int, error: str) -> Message:
    """No answer to :func:`compose`: its model could not run."""
    return {"type": "failed", "number": number, "error": error}
