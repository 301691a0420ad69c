"""Curves over a section, an hour or a day: what a scene is to be like, from one place of them to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Aspect = Literal["density", "register", "temperature", "dynamics", "tempo", "at_most"]
"""What a curve moves: factors, ``register`` in semitones, and ``at_most`` how many voices sound."""
Curves = Mapping[Aspect, "Curve"]


@dataclass(frozen=True, slots=True)
class Curve:
    """Values at some places from 0 to 1, in order, and straight lines between them.

    Before its first point a curve is as there, and after its last as there; one that is ``closed`` goes from the last
    to the first over the end, as hours and days do.
    """

    points: tuple[tuple[float, float], ...]
    closed: bool = False

    @classmethod
    def over(cls, *values: float) -> Curve:
        """Values that are evenly apart, from the beginning to the end."""
        last = max(len(values) - 1, 1)
        return cls(tuple((number / last, value) for number, value in enumerate(values)))

    def at(self, place: float) -> float:
        """The value at a place."""
        points = self.points
        after = bisect_right(points, place, key=lambda point: point[0])
        if self.closed:
            before_x, before = points[after - 1] if after else (points[-1][0] - 1.0, points[-1][1])
            after_x, value = points[after] if after < len(points) else (points[0][0] + 1.0, points[0][1])
        else:
            before_x, before = points[max(after - 1, 0)]
            after_x, value = points[min(after, len(points) - 1)]
        width = after_x - before_x
        return before if width <= 0 else before + (value - before) * (place - before_x) / width

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the most that it comes to."""
        values = [value for _, value in self.points]
        return min(values), max(values)
