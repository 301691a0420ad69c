"""Where on a timbre's path moods want it, and which of the banks that there are is nearest to that.

A path is gone from its point 0 to its point 1. Banks take long to render, so there are few of them at any time: a wish
chooses among these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_SAME = 9
"""Digits to which distances are compared: what is equally far but for rounding is equally far."""


def wished_point(own: float, points: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    """The point that moods want, 0 to 1; None where no mood that has any weight wants one.

    Args:
        own: where the timbre's own pace has it.
        points: what moods want, by their names.
        weights: how much there is of each mood, 1 together at most; what is left is the scene's.
    """
    shares = {mood: weights[mood] for mood in points if weights.get(mood, 0.0) > 0}
    if not shares:
        return None
    return min(max(own + sum((points[mood] - own) * share for mood, share in shares.items()), 0.0), 1.0)


def place_at(point: float, last: int) -> int:
    """The place that is nearest to a point, of those from 0 to ``last``; of two the lower."""
    below = int(point * last)
    return below if _far(below, point, last) <= _far(below + 1, point, last) else below + 1


def nearest(point: float, last: int, places: Collection[int], now: int | None = None) -> int | None:
    """The place of those that is nearest to a point; of two that are equally near the one that is played ``now``."""
    return min(places, key=lambda one: (_far(one, point, last), one != now, one), default=None)


def _far(place: int, point: float, last: int) -> float:
    return round(abs(place / last - point), _SAME)
