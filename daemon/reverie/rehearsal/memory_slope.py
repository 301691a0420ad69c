"""Whether something grows: the slope of a line through samples, by least squares, with its confidence interval.

Samples that are far apart count as independent of each other. The interval is Student's, whose quantile is taken from
Cornish and Fisher's expansion of the normal one (Abramowitz and Stegun, 26.7.5): off by a thousandth from eight degrees
of freedom on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_NORMAL = 1.959964
"""Beyond it lies, on both sides together, a twentieth of a normal distribution."""
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and the half of its interval of 95 %, in units of y for one of x."""

    value: float
    margin: float

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.value - self.margin

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.value + self.margin

    @property
    def is_about_nothing(self) -> bool:
        """Whether the interval has 0 in it, so that nothing is known to grow."""
        return self.low <= 0 <= self.high


def slope(x: Sequence[float], y: Sequence[float]) -> Slope:
    """The slope of the line through points.

    Raises:
        ValueError: if there are fewer than four points, or all have one ``x``.
    """
    count = len(x)
    if count < _FEWEST or len(y) != count or min(x) == max(x):
        raise ValueError(f"a slope needs {_FEWEST} points or more that lie apart")
    middle_x, middle_y = sum(x) / count, sum(y) / count
    spread = sum((one - middle_x) ** 2 for one in x)
    value = sum((one - middle_x) * (other - middle_y) for one, other in zip(x, y, strict=True)) / spread
    rest = sum((other - middle_y - value * (one - middle_x)) ** 2 for one, other in zip(x, y, strict=True))
    return Slope(value, _quantile(count - 2) * math.sqrt(rest / (count - 2) / spread))


def _quantile(freedom: int) -> float:
    z = _NORMAL
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
