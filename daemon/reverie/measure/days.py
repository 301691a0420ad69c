"""Whether days of one scene are alike, drift or freeze: figures over what was noted of each of their hours.

An hour is noted in so few numbers that a month fits into memory: of each voice and bar what it plays, how many notes,
how high and how loud, and of each loop how new it was.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.generations import known_fields, read_as
from reverie.measure.relation import rounded
from reverie.measure.verbatim import longest_hold

SHUFFLES = 64
MINUTE_BARS = 16
"""Bars whose density is one point of a day's curve."""


@dataclass(frozen=True, slots=True)
class NotedVoice:
    """A voice over the bars of an hour: numbers of what it plays (0 is nothing), notes, mean pitch and mean velocity.

    Pitch and velocity are 0 in bars in which it strikes nothing.
    """

    content: tuple[int, ...]
    notes: tuple[int, ...]
    pitch: tuple[float, ...]
    velocity: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NotedLoop:
    """A loop that was composed.

    Attributes:
        voice: its voice.
        moment: when, in seconds since the first day began.
        exact, sketch: its fingerprint, to go on from.
        last, hour, week: how far it is from the last loop, and from the nearest of an hour and of a week.
        excess: by how much it is outside the bands of its voice; 0 inside.
        warmer: by how many steps of temperature it was composed hotter.
        drawn: whether a model drew it; only such are kept inside bands.
    """

    voice: str
    moment: float
    exact: int
    sketch: str
    last: float | None
    hour: float | None
    week: float | None
    excess: float
    warmer: int = 0
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class NotedHour:
    """An hour of a day.

    Attributes:
        day, hour: counted from 0.
        voices: what each voice played.
        loops: what was composed.
        loop_bars: how long the loops of each voice are that a model draws.
        seconds: what it took to compose, of processor time.
        memory: the memory of the process, in bytes.
        remembered: how many loops are remembered of all voices.
    """

    day: int
    hour: int
    voices: Mapping[str, NotedVoice]
    loops: tuple[NotedLoop, ...]
    loop_bars: Mapping[str, int]
    seconds: float = 0.0
    memory: int = 0
    remembered: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NotedHour:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, TypeError, ValueError: if it is no such data.
        """
        voices = {
            name: NotedVoice(*(tuple(one[key]) for key in ("content", "notes", "pitch", "velocity")))
            for name, one in data["voices"].items()
        }
        loops = tuple(read_as(NotedLoop, one) for one in data["loops"])
        read: dict[str, Any] = {**known_fields(cls, data), "voices": voices, "loops": loops}
        return cls(**read)


def figures_of_days(hours: Sequence[NotedHour]) -> dict[str, Any]:
    """All figures of the days to which these hours belong."""
    days = _by_day(hours)
    names = sorted({name for hour in hours for name in hour.voices})
    return {
        "days": len(days),
        "hours": len(hours),
        "in_band": in_band(hours),
        "longest_freeze": {
            name: longest_freeze(days, name) for name in names if any(name in one.loop_bars for one in hours)
        },
        "alike": days_alike(days),
        "drift": {
            "density": drift([_mean_of(day, "notes") for day in days]).as_json(),
            **{f"register of {name}": one.as_json() for name in names if (one := _register(days, name))},
        },
        "composing_seconds_an_hour": rounded(sum(one.seconds for one in hours) / len(hours), 2) if hours else None,
        "memory": _first_and_last([one.memory for one in hours]),
        "remembered": _first_and_last([one.remembered for one in hours]),
    }


def in_band(hours: Sequence[NotedHour]) -> dict[str, Any]:
    """The share of loops that are inside their bands; and of those that are not, too alike and too strange ones."""
    loops = [loop for hour in hours for loop in hour.loops if loop.drawn]
    if not loops:
        return {"value": None, "alike": None, "strange": None, "of": 0}
    alike, strange = sum(loop.excess < 0 for loop in loops), sum(loop.excess > 0 for loop in loops)
    return {
        "value": rounded(1.0 - (alike + strange) / len(loops)),
        "alike": rounded(alike / len(loops)),
        "strange": rounded(strange / len(loops)),
        "copies_of_a_week": rounded(sum(loop.week == 0 for loop in loops) / len(loops)),
        "of": len(loops),
    }


def longest_freeze(days: Sequence[Sequence[NotedHour]], voice: str) -> float:
    """How many times in a row a voice plays one loop, at most, on any day."""
    longest = 0.0
    for day in days:
        bars = np.array(
            [one for hour in day if voice in hour.voices for one in hour.voices[voice].content], dtype=np.int64
        )
        length = max(hour.loop_bars.get(voice, 1) for hour in day)
        longest = max(longest, longest_hold(bars) / length)
    return round(longest, 2)


def days_alike(days: Sequence[Sequence[NotedHour]]) -> dict[str, Any]:
    """How alike two days are, over all pairs: by the bars that both have, and by when they are dense.

    ``bars`` is the share of bars, by voice, that are in both, of all that either has: 1 for a day that is played again.
    ``course`` is the correlation of their densities over the day: near 0 where each day has a course of its own.
    """
    contents = [_contents(day) for day in days]
    curves = [_curve(day) for day in days]
    pairs = [*combinations(range(len(days)), 2)]
    bars = [_shared(contents[one], contents[other]) for one, other in pairs]
    course = [_correlated(curves[one], curves[other]) for one, other in pairs]
    return {
        "bars": {"mean": _rounded_mean(bars), "most": rounded(max(bars, default=None))},
        "course": {"mean": _rounded_mean(course), "most": rounded(max(course, default=None))},
    }


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a line through the days goes, from the first to the last; and with the days in another order, the mean.

    ``share`` is the same by the mean of all days.
    """

    change: float
    by_chance: float
    mean: float

    @property
    def share(self) -> float | None:
        """By how much of the mean it changes."""
        return self.change / self.mean if self.mean else None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "value": rounded(self.change, 3),
            "by_chance": rounded(self.by_chance, 3),
            "mean": rounded(self.mean, 3),
            "share": rounded(self.share, 3),
        }


def drift(values: Sequence[float]) -> Drift:
    """How far values of days go one way."""
    dice, mixed, chance = random.Random(0), [*values], list[float]()
    for _ in range(SHUFFLES):
        dice.shuffle(mixed)
        chance.append(abs(_way(mixed)))
    return Drift(_way(values), sum(chance) / len(chance), sum(values) / len(values) if values else 0.0)


def _way(values: Sequence[float]) -> float:
    count = len(values)
    if count < 2:  # noqa: PLR2004 - a single day goes nowhere
        return 0.0
    slope = float(np.polyfit(np.arange(count), np.array(values), 1)[0])
    return slope * (count - 1)


def _by_day(hours: Sequence[NotedHour]) -> list[list[NotedHour]]:
    days: dict[int, list[NotedHour]] = {}
    for hour in sorted(hours, key=lambda one: (one.day, one.hour)):
        days.setdefault(hour.day, []).append(hour)
    return [*days.values()]


def _mean_of(day: Sequence[NotedHour], key: str) -> float:
    """The notes that all voices strike in a bar, on average."""
    bars = sum(len(next(iter(hour.voices.values())).notes) for hour in day if hour.voices)
    return sum(sum(getattr(voice, key)) for hour in day for voice in hour.voices.values()) / max(bars, 1)


def _register(days: Sequence[Sequence[NotedHour]], name: str) -> Drift | None:
    means = list[float]()
    for day in days:
        pitches = [pitch for hour in day if name in hour.voices for pitch in hour.voices[name].pitch if pitch]
        if pitches:
            means.append(sum(pitches) / len(pitches))
    return drift(means) if len(means) == len(days) and means else None


def _contents(day: Sequence[NotedHour]) -> Counter[tuple[str, int]]:
    return Counter((name, one) for hour in day for name, voice in hour.voices.items() for one in voice.content if one)


def _curve(day: Sequence[NotedHour]) -> NDArray[np.float64]:
    bars = np.array(
        [sum(row) for hour in day for row in zip(*(voice.notes for voice in hour.voices.values()), strict=True)],
        dtype=np.float64,
    )
    whole = len(bars) // MINUTE_BARS * MINUTE_BARS
    return bars[:whole].reshape(-1, MINUTE_BARS).mean(axis=1)


def _shared(one: Counter[tuple[str, int]], other: Counter[tuple[str, int]]) -> float:
    either = (one | other).total()
    return (one & other).total() / either if either else 1.0


def _correlated(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    length = min(len(one), len(other))
    here, there = one[:length] - one[:length].mean(), other[:length] - other[:length].mean()
    size = float(np.sqrt((here @ here) * (there @ there)))
    return float(here @ there) / size if size else 1.0


def _first_and_last(values: Sequence[int]) -> dict[str, int | None]:
    return {
        "first": values[0] if values else None,
        "last": values[-1] if values else None,
        "most": max(values, default=None),
    }


def _rounded_mean(values: Sequence[float]) -> float | None:
    return rounded(sum(values) / len(values)) if values else None
