"""Ways through the latent space: between two vectors, and along an attribute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reverie.models.lstm import Array

_PARALLEL = 1e-6
"""Radians, of an angle too small, or too near to half a turn, to divide by its sine."""


def interpolate(a: Array, b: Array, count: int) -> Array:
    """Vectors (count, z) on the great circle from ``a`` to ``b`` (z), both included; as Magenta interpolates.

    Vectors that point the same way, of which Magenta makes nothing at all, are joined by a straight line.

    Raises:
        ValueError: if there are fewer than two, or a vector is zero or points the other way.
    """
    if count < 2:  # noqa: PLR2004 - two ends
        raise ValueError(f"a path has two ends or more, not {count}")
    norms = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    if not norms:
        raise ValueError("a vector of zeros points nowhere, so there is no great circle through it")
    angle = float(np.arccos(np.clip(np.dot(a, b) / norms, -1, 1)))
    t = np.linspace(0, 1, count)[:, None]
    if angle < _PARALLEL:
        path = (1 - t) * a + t * b
    elif angle > np.pi - _PARALLEL:
        raise ValueError("between opposite vectors there is no shortest way; choose another in between")
    else:
        path = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return path.astype(np.float32)


def blend(vectors: Array, shares: Sequence[float]) -> Array:
    """The mixture (z) of vectors (count, z), as long as they are on average: a plain mean is shorter, so less of all.

    Raises:
        ValueError: if nothing is left of them, as of opposite vectors.
    """
    weights = np.asarray(shares, np.float64)
    mixed = weights @ vectors
    norm = float(np.linalg.norm(mixed))
    if not norm:
        raise ValueError("these vectors cancel each other out; mix others")
    return (mixed / norm * (weights @ np.linalg.norm(vectors, axis=1)) / weights.sum()).astype(np.float32)


def attribute(having: Array, lacking: Array) -> Array:
    """The vector (z) from the mean of what lacks an attribute to the mean of what has it; (count, z) each.

    Source: Roberts et al. 2018, section 5.4.2.

    Raises:
        ValueError: if one of them is empty.
    """
    if not len(having) or not len(lacking):
        raise ValueError("an attribute is the difference of two sets, and one of them is empty")
    return (having.mean(axis=0, dtype=np.float64) - lacking.mean(axis=0, dtype=np.float64)).astype(np.float32)


def with_attribute(z: Array, vector: Array, amount: float) -> Array:
    """Vectors (..., z) with more of an attribute, or less of it where ``amount`` is negative."""
    return (z + amount * vector).astype(np.float32)
