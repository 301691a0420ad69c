"""Chance that depends on names alone, and not on the order in which it is asked: what a player's hands do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

from reverie.compose.seeds import derive_seed

_HALF, _ALL = 0.5, 2.0**32
_NORMAL = NormalDist()


def deviate(*parts: int | str) -> float:
    """A number of the normal distribution, always the same for the same ``parts``."""
    return _NORMAL.inv_cdf((derive_seed(*parts) + _HALF) / _ALL)


def drift(count: int, memory: float, *parts: int | str) -> Iterator[float]:
    """``count`` numbers of the normal distribution, of which each goes on from the one before.

    ``memory`` is the share that is carried over from one to the next, below 1: low-pass noise.
    """
    here = 0.0
    for number in range(count):
        new = deviate(*parts, number)
        here = memory * here + math.sqrt(1.0 - memory * memory) * new if number else new
        yield here


def share_below(deviation: float) -> float:
    """The share of the normal distribution that is below a number."""
    return _NORMAL.cdf(deviation)
