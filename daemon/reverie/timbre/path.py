"""Paths between sounds: which shares of the sources a step has.

A step depends on the path and its number alone, not on the steps before it, so whichever is due can be made at once and
made again; the paths of chance go from one point of chance to the next, each of which has a seed of its own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath, ThereAndBackPath, TimbrePath

Weights = tuple[float, ...]


def weights(path: TimbrePath, sources: int, step: int) -> Weights:
    """The shares of so many ``sources`` (as ``Timbre.way`` lists them) at a step, counted from 0; they sum to 1.

    Raises:
        ValueError: if the path does not lead there.
    """
    if step < 0 or sources < 2:  # noqa: PLR2004 - a way has two ends
        raise ValueError(f"no path between {sources} sources has a step {step}")
    match path:
        case LinePath():
            return _between(sources, min(step, path.steps - 1), path.steps - 1)
        case ThereAndBackPath():
            return _between(sources, _back(step, path.steps - 1), path.steps - 1)
        case GridPath():
            return _in_square(*grid_place(path, step), path.side - 1)
        case RandomWalkPath():
            return _walk(path, sources, step)


def ends(path: TimbrePath) -> bool:
    """Whether it comes to an end and stays there."""
    return isinstance(path, LinePath)


def following(path: TimbrePath, step: int) -> int:
    """The step that comes next; after the last of a line, its first, where it begins anew."""
    return 0 if isinstance(path, LinePath) and step >= path.steps - 1 else step + 1


def period(path: TimbrePath) -> int | None:
    """After how many steps it comes by the same points again; None if never, or if it ends."""
    match path:
        case ThereAndBackPath():
            return 2 * (path.steps - 1)
        case GridPath(walk="rows"):
            return 2 * (path.side**2 - 1)
        case GridPath(walk="round"):
            return 4 * (path.side - 1)
        case _:
            return None


def last_place(path: TimbrePath) -> int | None:
    """The number of the last place of a path, which is its point 1, as place 0 is its point 0; None of one of chance.

    Steps are many, places few: a path that goes there and back comes by each of them again and again.
    """
    match path:
        case LinePath() | ThereAndBackPath():
            return path.steps - 1
        case GridPath(walk="rows"):
            return path.side**2 - 1
        case GridPath(walk="round"):
            return 4 * (path.side - 1) - 1
        case _:
            return None


def place(path: TimbrePath, step: int) -> int:
    """At which of its places a path is at a step; the step of that number is at the same.

    Raises:
        ValueError: of a path of chance, which has no places.
    """
    last = last_place(path)
    if last is None:
        raise ValueError("a path of chance has no places")
    match path:
        case LinePath():
            return min(step, last)
        case GridPath(walk="round"):
            return step % (last + 1)
        case _:
            return _back(step, last)


def _back(step: int, last: int) -> int:
    """A number that goes from 0 to ``last`` and back, for ever."""
    return last - abs(step % (2 * last) - last)


def _between(sources: int, place: int, last: int) -> Weights:
    """The shares of sources in a row, of which the first is at 0 and the final one at ``last``."""
    leg, along = divmod(place * (sources - 1), last)
    shares = [0.0] * sources
    shares[leg] = 1 - along / last
    if along:
        shares[leg + 1] = along / last
    return tuple(shares)


def _in_square(column: int, row: int, last: int) -> Weights:
    """The shares of the corners top left, top right, bottom left and bottom right."""
    x, y = column / last, row / last
    return ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)


def grid_place(path: GridPath, step: int) -> tuple[int, int]:
    """Column and row of a step; from each point to the next it is a king's move at most."""
    last = path.side - 1
    match path.walk:
        case "rows":
            row, along = divmod(_back(step, path.side**2 - 1), path.side)
            return (last - along if row % 2 else along), row
        case "round":
            edge, along = divmod(step % (4 * last), last)
            return ((along, 0), (last, along), (last - along, last), (0, last - along))[edge]
        case "random":
            leg, along = divmod(step, last)
            (from_column, from_row), (to_column, to_row) = _corner(path, leg), _corner(path, leg + 1)
            return _along(from_column, to_column, along, last), _along(from_row, to_row, along, last)


def _corner(path: GridPath, leg: int) -> tuple[int, int]:
    """The point of the grid where a leg of a random walk begins; the first is top left."""
    if leg == 0:
        return 0, 0
    chance = _chance(path.seed, leg)
    return chance.randrange(path.side), chance.randrange(path.side)


def _along(start: int, stop: int, along: int, last: int) -> int:
    """The whole number at the point ``along`` of ``last`` parts of the way."""
    return start + (stop - start) * along // last


def _walk(path: RandomWalkPath, sources: int, step: int) -> Weights:
    """From mixture to mixture of chance, in as many steps as the longest way can need."""
    last = math.ceil(1 / path.stride)
    leg, along = divmod(step, last)
    start, stop = _mixture(path.seed, sources, leg), _mixture(path.seed, sources, leg + 1)
    return _sum_to_one([a + (b - a) * along / last for a, b in zip(start, stop, strict=True)])


def _mixture(seed: int, sources: int, leg: int) -> Weights:
    """A mixture of chance, near a few of the sources rather than in the middle of all; the first is the first source.

    It is drawn of Dirichlet's distribution with all parameters 1/2, by gamma variates in closed form.
    """
    if leg == 0:
        return (1.0, *[0.0] * (sources - 1))
    chance = _chance(seed, leg)
    return _sum_to_one(
        [-math.log(1 - chance.random()) * math.cos(math.tau * chance.random()) ** 2 for _ in range(sources)]
    )


def _sum_to_one(shares: Sequence[float]) -> Weights:
    total = math.fsum(shares)
    return tuple(share / total for share in shares)


def _chance(seed: int, leg: int) -> random.Random:
    return random.Random(f"{seed} {leg}")
