"""Has Magenta, where it is installed, play its own bundle beside the engine: what was read of it is then confirmed.

A reader of weights and graphs knows the wirings that it knows. A bundle carries its own graph, and Magenta plays by it;
so where both play the same events, the chances that they find say whether anything was misread.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle

STEPS = 200
TOLERANCE = 1e-4
"""By how much a chance may differ; what float32 rounds in so many steps is about a hundredth of it."""

_PLAYER = "reverie.magenta.own_graph"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The largest difference between two chances of the same event, at which step from 1, and of how many."""

    apart: float
    step: int
    steps: int = STEPS

    def __str__(self) -> str:
        return f"compared with Magenta's own graph over {self.steps} steps: chances differ by {self.apart:.1g} at most"


class NotComparedError(Exception):
    """Magenta could not be asked; the sentence says why, and begins with "it was not compared"."""


def compare(path: Path, bundle: Bundle) -> Comparison:
    """Play events that the engine draws through the graph in one of Magenta's bundles too.

    Args:
        path: the ``.mag``.
        bundle: what was made of it.

    Raises:
        ModelError: if the chances are further apart than :data:`TOLERANCE`.
        NotComparedError: if Magenta is not installed, or cannot play it.
    """
    try:
        player: Any = importlib.import_module(_PLAYER)
    except ImportError as error:
        raise NotComparedError(
            f"it was not compared with what Magenta plays, since {error.name} is not installed here"
        ) from error
    try:
        found: Comparison = player.compared(path, bundle, STEPS)
    except ModelError as error:
        raise NotComparedError(f"it was not compared with what Magenta plays, since {error}") from error
    if not found.apart <= TOLERANCE:
        raise ModelError(
            f"the graph in it plays other music than Reverie would: chances differ by {found.apart:.2g} at step"
            f" {found.step} of {found.steps}, and {TOLERANCE:g} is allowed; its network is wired in a way that is not"
            " known here"
        )
    return found
