"""Encodings between others: mixed, and stretched in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_SAME_WAY = 1e-6
_SUM = 1e-6


def mixed(codes: Sequence[Array], weights: Sequence[float], *, spherical: bool = False) -> Array:
    """The encoding between encodings [frames, channels], as long as they are on average.

    Along great circles each frame keeps the length that it has between theirs, and turns from one to the next.

    Raises:
        ValueError: if there is none, they are not of one number of channels, or the weights are not theirs, negative,
            or do not sum to 1.
    """
    if not codes or len(codes) != len(weights) or len({code.shape[1:] for code in codes}) != 1:
        raise ValueError(f"{len(weights)} weights for {len(codes)} encodings, which must have the same channels")
    if min(weights) < 0 or abs(sum(weights) - 1.0) > _SUM:
        raise ValueError(f"weights are not negative and sum to 1, which {list(weights)} do not")
    frames = max(1, round(sum(len(code) * weight for code, weight in zip(codes, weights, strict=True))))
    even = [stretched(code, frames) for code in codes]
    if not spherical:
        return np.einsum("n,nfc->fc", np.array(weights), np.array(even)).astype(np.float32)
    between, so_far = even[0], weights[0]
    for code, weight in zip(even[1:], weights[1:], strict=True):
        if weight > 0:
            so_far += weight
            between = _turned(between, code, weight / so_far)
    return between


def stretched(code: Array, frames: int) -> Array:
    """An encoding that lasts so many frames, and goes the same way."""
    if len(code) == frames:
        return code
    places = np.clip((np.arange(frames) + 0.5) * len(code) / frames - 0.5, 0, len(code) - 1)
    before = places.astype(int)
    after = np.minimum(before + 1, len(code) - 1)
    along = (places - before)[:, None]
    return (code[before] * (1 - along) + code[after] * along).astype(np.float32)


def _turned(a: Array, b: Array, share: float) -> Array:
    """From each frame of ``a`` a share of the angle to ``b``'s (Shoemake, 1985), the lengths along a straight line."""
    long_a, long_b = (np.linalg.norm(code, axis=1, keepdims=True) for code in (a, b))
    unit_a, unit_b = a / np.maximum(long_a, _SAME_WAY), b / np.maximum(long_b, _SAME_WAY)
    angle = np.arccos(np.clip(np.sum(unit_a * unit_b, axis=1, keepdims=True), -1, 1))
    sine = np.sin(angle)
    length = (1 - share) * long_a + share * long_b
    with np.errstate(divide="ignore", invalid="ignore"):
        turned = (np.sin((1 - share) * angle) * unit_a + np.sin(share * angle) * unit_b) / sine * length
    straight = (1 - share) * a + share * b
    return np.where(sine > _SAME_WAY, turned, straight).astype(np.float32)
