"""Whether the density of music comes back: its autocorrelation by lag in bars, and at which lags that has a peak.

Any music in sections is as dense in one bar as a few bars later, so that the autocorrelation is high at short lags and
falls from there. What comes back after a fixed number of bars is something else: the autocorrelation rises again there.
So there are two figures: the largest value at any lag, and the highest *rise* above its surroundings, which is the
topographic prominence of a peak.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import rounded

LAGS = (4, 128)
"""The least and the largest lag, in bars."""
PHRASE = 16
"""Bars up to which music that goes on is as dense as it was."""
SHUFFLES = 8
"""How often the bars are shuffled, to see what is there by chance."""

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DensityPeriod:
    """What is known of a series.

    Attributes:
        largest: the largest autocorrelation at a lag of :data:`LAGS`.
        lag: that lag, in bars.
        later: the largest at a lag of more than :data:`PHRASE` bars; None where the series is too short for one.
        by_chance: the first with the bars shuffled, the mean of :data:`SHUFFLES`.
        rise: by how much the most prominent peak rises above what lies around it; 0 where nothing comes back.
        period: the lag of that peak, or of the first that rises nearly as high, as multiples of a period are peaks as
            well; None without one.
        at_period: the autocorrelation there.
        rise_by_chance: the largest rise with the bars shuffled, the mean.
        curve: the autocorrelation by lag, from 1 on.
    """

    largest: float
    lag: int
    later: float | None
    by_chance: float
    rise: float
    period: int | None
    at_period: float | None
    rise_by_chance: float
    curve: tuple[float, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "largest": {"value": rounded(self.largest), "by_chance": rounded(self.by_chance)},
            "lag": self.lag,
            "later": rounded(self.later),
            "rise": {"value": rounded(self.rise), "by_chance": rounded(self.rise_by_chance)},
            "period": self.period,
            "at_period": rounded(self.at_period),
            "by_lag": {str(lag): round(self.curve[lag - 1], 3) for lag in _TOLD if lag <= len(self.curve)},
        }


_AS_HIGH = 0.9
_TOLD = (4, 8, 16, 24, 32, 48, 64, 96, 128)


def counts(piece: Piece, voices: Sequence[MeasuredVoice]) -> Series:
    """The notes that voices strike together in each bar, silent bars included."""
    found = np.zeros(len(piece.bars))
    for voice in voices:
        for note in voice.notes:
            found[piece.bar_at(note.start)] += 1
    return found


def density_period(series: Series) -> DensityPeriod | None:
    """What comes back in a series; None where it never changes, or has fewer bars than twice the least lag."""
    curve = autocorrelation(series)
    if len(curve) < LAGS[0]:
        return None
    lag, largest = _largest(curve)
    period, rise = _most_prominent(curve)
    chance = [autocorrelation(one) for one in _shuffled(series)]
    return DensityPeriod(
        largest=largest,
        lag=lag,
        later=float(np.max(late)) if len(late := curve[PHRASE : LAGS[1]]) else None,
        by_chance=_mean([_largest(one)[1] for one in chance]),
        rise=rise,
        period=period,
        at_period=None if period is None else float(curve[period - 1]),
        rise_by_chance=_mean([_most_prominent(one)[1] for one in chance]),
        curve=tuple(map(float, curve)),
    )


def autocorrelation(series: Series) -> Series:
    """The correlation of a series with itself so many bars later, for lags 1, 2 and so on.

    It goes up to the largest of :data:`LAGS` and some more, to see whether that is a peak, and up to half the bars, as
    fewer pairs say little. Each is Pearson's, over the bars that have a partner; where one side never changes, 0. A
    series that is constant has none at all.
    """
    bars = len(series)
    if not bars or float(np.ptp(series)) == 0:
        return np.zeros(0)
    return np.array([_pearson(series[:-lag], series[lag:]) for lag in range(1, min(LAGS[1] + LAGS[0], bars // 2) + 1)])


def prominences(curve: Series) -> dict[int, float]:
    """By lag, how far each peak of an autocorrelation rises above what lies around it.

    From the peak one goes down to both sides, until the curve is higher than the peak or ends; at lag 0 it is 1. The
    rise is above the higher one of the two lowest points.
    """
    whole = np.concatenate([[1.0], curve])
    found = dict[int, float]()
    for lag in range(1, len(whole) - 1):
        value = whole[lag]
        if not (whole[lag - 1] < value >= whole[lag + 1]):
            continue
        left, right = _lowest(whole[lag - 1 :: -1], value), _lowest(whole[lag + 1 :], value)
        found[lag] = float(value - max(left, right))
    return found


def _lowest(way: Series, value: float) -> float:
    higher = np.flatnonzero(way > value)
    return float(np.min(way[: higher[0]] if len(higher) else way))


def _largest(curve: Series) -> tuple[int, float]:
    within = curve[LAGS[0] - 1 : LAGS[1]]
    place = int(np.argmax(within))
    return place + LAGS[0], float(within[place])


def _most_prominent(curve: Series) -> tuple[int | None, float]:
    peaks = {lag: rise for lag, rise in prominences(curve).items() if LAGS[0] <= lag <= LAGS[1]}
    if not peaks:
        return None, 0.0
    rise = max(peaks.values())
    return min(lag for lag, one in peaks.items() if one >= _AS_HIGH * rise), rise


def _shuffled(series: Series) -> list[Series]:
    dice = random.Random(0)
    found = list[Series]()
    for _ in range(SHUFFLES):
        values = series.tolist()
        dice.shuffle(values)
        found.append(np.array(values))
    return found


def _pearson(one: Series, other: Series) -> float:
    here, there = one - one.mean(), other - other.mean()
    size = float(np.sqrt((here @ here) * (there @ there)))
    return float(here @ there) / size if size > 0 else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
