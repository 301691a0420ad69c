"""Points of the latent space, and points between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_PARALLEL = 1e-6


def latent(size: int, seed: int) -> Array:
    """A point as the generator was trained on: normal numbers, the same for the same seed."""
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


def mixed(points: Sequence[Array], weights: Sequence[float], *, spherical: bool = False) -> Array:
    """The point between ``points``; along straight lines, or along great circles.

    With more than two points, the way along great circles goes from each to the next.

    Raises:
        ValueError: if the points are not of one size, or the weights are not theirs, negative, or do not sum to 1.
    """
    if len(points) != len(weights) or len({point.shape for point in points}) != 1:
        raise ValueError(f"{len(weights)} weights for {len(points)} points, which must be of one size")
    if min(weights) < 0 or abs(sum(weights) - 1.0) > _PARALLEL:
        raise ValueError(f"weights are not negative and sum to 1, which {list(weights)} do not")
    if not spherical:
        return np.einsum("n,n...->...", np.array(weights), np.array(points)).astype(np.float32)
    between, so_far = points[0], weights[0]
    for point, weight in zip(points[1:], weights[1:], strict=True):
        if weight > 0:
            so_far += weight
            between = slerp(between, point, weight / so_far)
    return between


def slerp(one: Array, other: Array, share: float) -> Array:
    """The point on the great circle through both, as ``slerp`` in Magenta's ``generate_util.py``.

    Where both point the same way, or exactly opposite ways, the straight line is taken.
    """
    if share in {0.0, 1.0}:
        return other if share else one
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = float(np.dot(one, other)) / lengths if lengths else 1.0
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if np.sin(angle) < _PARALLEL:
        return ((1.0 - share) * one + share * other).astype(np.float32)
    near, far = np.sin((1.0 - share) * angle), np.sin(share * angle)
    return ((near * one + far * other) / np.sin(angle)).astype(np.float32)
