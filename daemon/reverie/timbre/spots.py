"""Where on a timbre's path somebody may put it, and which banks stand around that.

A point is where it is wanted: one number along a line, from 0 (the begin) to 1 (the end), or two on a grid: x from left
to right and y from top to bottom. A spot is where a bank can be rendered: the number of a line's place, or column and
row of a grid, whatever the grid's own walk. Paths of chance have neither: they come by each mixture once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import product

from reverie.scenes.form_points import Point
from reverie.scenes.timbre import GridPath, RandomWalkPath, TimbrePath
from reverie.timbre.path import grid_place, place

Spot = tuple[int, ...]

_SAME = 9
"""Digits to which distances are compared: what is equally far but for rounding is equally far."""


def lasts(path: TimbrePath) -> Spot:
    """The last spot of a path, which says how many it has along each axis; without an axis for a path of chance."""
    match path:
        case GridPath():
            return (path.side - 1, path.side - 1)
        case RandomWalkPath():
            return ()
        case _:
            return (path.steps - 1,)


def spot_of(path: TimbrePath, step: int) -> Spot | None:
    """The spot of a step; None on a path of chance."""
    match path:
        case GridPath():
            return grid_place(path, step)
        case RandomWalkPath():
            return None
        case _:
            return (place(path, step),)


def point_of(path: TimbrePath, spot: Spot) -> Point:
    """Where a spot is."""
    return tuple(one / last for one, last in zip(spot, lasts(path), strict=True))


def walked(path: TimbrePath, spot: Spot) -> tuple[TimbrePath, int]:
    """A path that comes by a spot, and the step at which it does: the same, but a grid is walked by rows."""
    if not isinstance(path, GridPath):
        return path, spot[0]
    column, row = spot
    along = path.side - 1 - column if row % 2 else column
    return path.model_copy(update={"walk": "rows"}), row * path.side + along


def nearest(path: TimbrePath, point: Point, spots: Collection[Spot], now: Spot | None = None) -> Spot | None:
    """The spot of those that is nearest to a point; of two that are equally near the one that is played ``now``."""
    return min(spots, key=lambda one: (far(path, point, one), one != now, one), default=None)


def around(path: TimbrePath, point: Point) -> Sequence[Spot]:
    """The spots at a point and beside it, the nearest first."""
    ends = lasts(path)
    middle = [min(round(one * last), last) for one, last in zip(point, ends, strict=True)]
    ranges = [range(max(one - 1, 0), min(one + 1, last) + 1) for one, last in zip(middle, ends, strict=True)]
    return sorted(product(*ranges), key=lambda one: (far(path, point, one), one))


def between(path: TimbrePath, point: Point) -> tuple[Spot, Spot | None, float]:
    """The spot that is nearest to a point, the one beside it towards the point, and how near it is to that: 0 to 0.5.

    On a grid it is the one along the axis on which the point is further away.
    """
    ends = lasts(path)
    at = around(path, point)[0]
    offsets = [one * last - spot for one, last, spot in zip(point, ends, at, strict=True)]
    axis = max(range(len(offsets)), key=lambda number: (round(abs(offsets[number]), _SAME), -number))
    share = round(abs(offsets[axis]), _SAME)
    if not share:
        return at, None, 0.0
    beside = (*at[:axis], at[axis] + (1 if offsets[axis] > 0 else -1), *at[axis + 1 :])
    return at, beside, min(share, 0.5)


def far(path: TimbrePath, point: Point, spot: Spot) -> float:
    """How far a spot is from a point, as a share of an axis."""
    return round(math.dist(point, point_of(path, spot)), _SAME)
