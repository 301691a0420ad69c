"""From samples to levels: one for each tenth of a second."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BLOCK = 0.1
"""Seconds of sound that have one level."""
QUIETEST = -120.0
"""The level of no sound at all, in dBFS."""


def level_of(samples: NDArray[np.float32]) -> float:
    """The level of samples, in dB below a square wave of full scale (its root mean square is 1); the loudest channel's.

    What stands still is no sound: an input may have an offset.

    Args:
        samples: Frames by channels, full scale being 1.
    """
    power = float(np.max(np.var(samples, axis=0, dtype=np.float64), initial=0.0)) if samples.size else 0.0
    return max(10.0 * math.log10(power), QUIETEST) if power > 0 and math.isfinite(power) else QUIETEST


class LevelBlocks:
    """Cuts what comes into blocks; what it keeps is less than one of them.

    Args:
        rate: Frames a second.
        channels: How many samples each frame has.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._rate = rate
        self._length = max(round(rate * BLOCK), 1)
        self._rest: NDArray[np.float32] = np.zeros((0, channels), np.float32)

    def take(self, samples: NDArray[np.float32], now: float) -> Iterator[tuple[float, float]]:
        """Of each block that is whole now, the monotonic second at which it began and its level in dBFS.

        Args:
            samples: Frames by channels.
            now: When the last of them was heard.
        """
        frames = np.concatenate((self._rest, samples))
        whole = len(frames) // self._length
        begun = now - len(frames) / self._rate
        for number in range(whole):
            block = frames[number * self._length : (number + 1) * self._length]
            yield begun + number * self._length / self._rate, level_of(block)
        self._rest = frames[whole * self._length :]
