"""The timbres of a scene as pages draw them: the sounds, where between them it stands, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reverie.scenes.schema import Scene
from reverie.scenes.timbre import GridPath, RandomWalkPath, Timbre
from reverie.timbre.path import ends, weights
from reverie.timbre.spots import Spot, lasts, point_of, spot_of, walked

FORETOLD = 32
"""Steps of the path that are told, from the present one on."""


def public_timbres(scene: Scene, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By name, of what the status tells of each timbre.

    ``sounds`` are the sources in the order of the path: along a line, or the corners of a grid from the top left to the
    bottom right; ``point`` is that of the bank that sounds, ``held`` the one where a hand or the form has it, ``path``
    the points to come. A path of chance has no points; ``mixture`` is how much there is of each sound all the same.
    """
    return {
        str(one["name"]): _public(timbre, one)
        for one in told
        if (timbre := scene.timbres.get(str(one["name"]))) is not None
    }


def _public(timbre: Timbre, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sounds": [*timbre.way],
        "grid": isinstance(timbre.path, GridPath),
        "point": told["plays_at"],
        "held": told["held_at"] or told["form_at"],
        "path": _points(timbre, told["step"]),
        "mixture": _mixture(timbre, told["plays_step"], told["plays_at"]),
    }


def _points(timbre: Timbre, step: int) -> list[list[float]]:
    """The points of the steps to come, each once where it is stayed at."""
    path, found = timbre.path, list[list[float]]()
    if isinstance(path, RandomWalkPath):
        return found
    last = path.steps if ends(path) and not isinstance(path, GridPath) else step + FORETOLD
    for number in range(step, min(step + FORETOLD, last)):
        spot = spot_of(path, number)
        point = [] if spot is None else [round(one, 3) for one in point_of(path, spot)]
        if point and point != (found[-1] if found else None):
            found.append(point)
    return found


def _mixture(timbre: Timbre, step: int | None, point: Sequence[float] | None) -> dict[str, float]:
    """How much there is of each sound in the bank that plays; nothing where none does."""
    path, sources = timbre.path, timbre.way
    if point is not None and not isinstance(path, RandomWalkPath):
        spot: Spot = tuple(round(one * last) for one, last in zip(point, lasts(path), strict=True))
        path, step = walked(path, spot)
    if step is None:
        return {}
    return {name: round(share, 3) for name, share in zip(sources, weights(path, len(sources), step), strict=True)}
