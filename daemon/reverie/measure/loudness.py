"""How loud music is to people, measured block by block (ITU-R BS.1770-4 and EBU R 128), and its peak.

Of hours of sound only the power of each tenth of a second is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

SILENT = -70.0
"""LUFS at and below which sound counts as silence."""
_OFFSET = -0.691
_GATE = 10.0
"""How many decibels below the rest a passage is left out."""
_HOPS_A_SECOND, _HOPS = 10, 4
"""Windows of 0.4 s, of which each begins 0.1 s after the one before."""
_OVERSAMPLED = 4
_RATE = 48_000
_HEAD = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_LOW_CUT = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_BLOCK = 1 << 15
"""Frames that are weighted at a time, and how long the filters ring: by then they are silent."""

Array = NDArray[np.float64]
_soxr: Any = soxr  # its types are incomplete


def k_weighting(hertz: Array) -> NDArray[np.complex128]:
    """The response of the recommendation's two filters, which are told for 48 kHz, at any frequency up to 24 kHz."""
    delay = np.exp(-2j * np.pi * np.minimum(hertz, _RATE / 2) / _RATE)
    response = np.ones(len(hertz), np.complex128)
    for above, below in (_HEAD, _LOW_CUT):
        response *= np.polyval(above[::-1], delay) / np.polyval(below[::-1], delay)
    return response


@dataclass(frozen=True, slots=True)
class MeasuredLoudness:
    """Integrated loudness in LUFS, and the highest sample and true peak in dB of full scale.

    All are minus infinity for what is silent.
    """

    lufs: float
    peak: float
    true_peak: float


class LoudnessMeter:
    """Measures sound of ``rate`` samples a second that comes in blocks: frames by channels, 1.0 is full scale."""

    def __init__(self, rate: int, channels: int) -> None:
        self._hop = round(rate / _HOPS_A_SECOND)
        size = 2 * _BLOCK
        rings = np.fft.irfft(k_weighting(np.linspace(0.0, rate / 2, _BLOCK + 1, dtype=np.float64)), size)[:_BLOCK]
        self._response = np.fft.rfft(rings, size)[:, np.newaxis]
        self._ringing = np.zeros((_BLOCK, channels), np.float64)
        self._waiting = np.zeros((0, channels), np.float64)
        self._squares = np.zeros(0, np.float64)
        self._powers: list[float] = []
        self._between: Any = _soxr.ResampleStream(rate, rate * _OVERSAMPLED, channels, "float64", "VHQ")
        self._peak = self._true_peak = 0.0

    def add(self, block: Array) -> None:
        """Take the next block."""
        self._peak = max(self._peak, _highest(block))
        self._hear_between(block, last=False)
        self._waiting = np.concatenate([self._waiting, block])
        while len(self._waiting) >= _BLOCK:
            self._weigh(self._waiting[:_BLOCK], _BLOCK)
            self._waiting = self._waiting[_BLOCK:]

    def loudness(self) -> MeasuredLoudness:
        """What came of it; nothing may be added any more."""
        if left := len(self._waiting):
            self._weigh(self._waiting, left)
        self._hear_between(self._waiting[:0], last=True)
        self._waiting = self._waiting[:0]
        true_peak = max(self._peak, self._true_peak)
        return MeasuredLoudness(_gated(np.array(self._powers, np.float64)), _decibels(self._peak), _decibels(true_peak))

    def _weigh(self, block: Array, frames: int) -> None:
        size = 2 * _BLOCK
        weighted = np.fft.irfft(np.fft.rfft(block, size, axis=0) * self._response, size, axis=0)
        weighted[:_BLOCK] += self._ringing
        self._ringing = weighted[_BLOCK:]
        self._squares = np.concatenate([self._squares, np.square(weighted[:frames]).sum(axis=1)])
        whole = len(self._squares) // self._hop
        self._powers += self._squares[: whole * self._hop].reshape(whole, self._hop).mean(axis=1).tolist()
        self._squares = self._squares[whole * self._hop :]

    def _hear_between(self, block: Array, *, last: bool) -> None:
        self._true_peak = max(self._true_peak, _highest(self._between.resample_chunk(block, last=last)))


def _gated(powers: Array) -> float:
    """The mean of all windows that are no silence, and of those all that are not much softer than the rest."""
    if len(powers) < _HOPS:
        return float("-inf")
    windows = np.convolve(powers, np.full(_HOPS, 1 / _HOPS), "valid")
    windows = windows[windows > 10 ** ((SILENT - _OFFSET) / 10)]
    if not len(windows):
        return float("-inf")
    windows = windows[windows > windows.mean() / 10 ** (_GATE / 10)]
    return _OFFSET + 10 * math.log10(windows.mean())


def _highest(block: Array) -> float:
    return float(np.abs(block).max(initial=0.0))


def _decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude else float("-inf")
