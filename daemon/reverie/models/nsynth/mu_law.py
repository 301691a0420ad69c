"""Samples in classes by the mu law, as Magenta has it (``magenta/models/nsynth/utils.py``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_MU = np.float32(255)
_SIDE = np.float32(128)


def scaled(samples: Array) -> Array:
    """What the network hears of samples between -1 and 1: their class as a number between -1 and 1."""
    inside = np.clip(samples, -1, 1, dtype=np.float32)
    loudness = np.log(1 + _MU * np.abs(inside)) / np.log(1 + _MU)
    return np.asarray(np.floor(np.sign(inside) * loudness * _SIDE) / _SIDE, np.float32)


def heard(classes: NDArray[Any]) -> Array:
    """What the network hears of classes from 0 to 255."""
    return np.asarray((classes.astype(np.float32) - _SIDE) / _SIDE, np.float32)


def samples(classes: NDArray[Any]) -> Array:
    """The samples that classes from 0 to 255 stand for: the middles of their ranges, and 0 for silence."""
    level = classes.astype(np.float32) - _SIDE
    middle = (level + np.float32(0.5)) / _SIDE
    out = np.sign(middle) / _MU * ((1 + _MU) ** np.abs(middle) - 1)
    return np.asarray(np.where(level == 0, 0, out), np.float32)
