"""How full a scene is: from all of its voices down to few that play less, or up from few to all, over some bars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reverie.compose.course import BarState, Course, ReplacedCourse, VoiceState
from reverie.compose.ending_course import EndingCourse
from reverie.compose.kept_by_number import KeptByNumber
from reverie.music.time import Schedule

_PLAYS = Schedule()
_MOST_BARS = 64
"""Bars whose state is kept: each is asked for by every voice, and again as the bars before it sound."""


@dataclass(frozen=True, slots=True)
class Fullness:
    """From ``first_bar`` on, within so many ``bars`` (0: at once), from the share ``start`` to the share ``end``.

    At 1 a scene is as it is by itself. At 0, ``fewest`` of its voices are heard, of those that would be, at these
    factors of density and dynamics.
    """

    first_bar: int
    bars: int
    start: float
    end: float
    fewest: int = 1
    density: float = 1.0
    dynamics: float = 1.0

    def share(self, bar: int) -> float:
        """How full a bar is."""
        if bar < self.first_bar:
            return self.start
        way = (bar - self.first_bar + 1) / (self.bars + 1)
        return self.start + (self.end - self.start) * min(way, 1.0)


@dataclass(frozen=True, slots=True)
class FullnessCourse:
    """A course that is thinned out, or fills up.

    Whoever stands first in ``voices`` is heard longest, and comes first. Who is not heard in a bar anyway, as
    ``schedules`` have it, does not count in it: so there is always somebody where somebody would be.
    """

    inner: Course
    fullness: Fullness
    voices: tuple[str, ...]
    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    _kept: KeptByNumber[BarState] = field(
        init=False, repr=False, compare=False, default_factory=lambda: KeptByNumber[BarState](_MOST_BARS)
    )

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like."""
        return self._kept.get(bar) or self._kept.keep(bar, self._as_full(bar))

    def _as_full(self, bar: int) -> BarState:
        state, share = self.inner.at(bar), self.fullness.share(bar)
        if share >= 1:
            return state
        heard = self._heard(state, bar, share)
        thinned = {name: self._thinned(state.voice(name), share, heard=name in heard) for name in self.voices}
        return replace(state, voices={**state.voices, **thinned})

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew: also where it comes in as it fills up."""
        found = self.inner.begins(voice, after)
        first, end = self.fullness.first_bar, self.fullness.first_bar + self.fullness.bars + 1
        for bar in range(max(after + 1, first, 1), end + 1) if self.fullness.end > self.fullness.start else ():
            if found is not None and bar >= found:
                break
            if self.at(bar).voice(voice).sounds and not self.at(bar - 1).voice(voice).sounds:
                return bar
        return found

    def _heard(self, state: BarState, bar: int, share: float) -> set[str]:
        would = [
            name for name in self.voices if state.voice(name).sounds and self.schedules.get(name, _PLAYS).plays(bar)
        ]
        few = min(self.fullness.fewest, len(would))
        return {*would[: few + math.floor((len(would) - few) * share + 1e-9)]}

    def _thinned(self, state: VoiceState, share: float, *, heard: bool) -> VoiceState:
        """A voice as it is so thinned out: one that rests by its schedule alone is as it is."""
        if not heard:
            return replace(state, sounds=False, figure="")
        return replace(
            state,
            density=round(state.density * _towards(self.fullness.density, share), 4),
            dynamics=round(state.dynamics * _towards(self.fullness.dynamics, share), 4),
        )


def without_fullness(course: Course | None) -> Course | None:
    """The course as it would be if it were full: only what holds last."""
    match course:
        case ReplacedCourse():
            return without_fullness(course.after)
        case EndingCourse():
            inner = without_fullness(course.inner)
            return course if inner is None else replace(course, inner=inner)
        case FullnessCourse():
            return without_fullness(course.inner)
        case _:
            return course


def fullness_of(course: Course | None) -> Fullness | None:
    """How full the course is to be, by what holds last; None where it is as it is by itself."""
    match course:
        case ReplacedCourse():
            return fullness_of(course.after)
        case EndingCourse():
            return fullness_of(course.inner)
        case FullnessCourse():
            return course.fullness
        case _:
            return None


def ending_of(course: Course | None) -> EndingCourse | None:
    """The end that is laid over a course; None where it goes on."""
    match course:
        case ReplacedCourse():
            return ending_of(course.after)
        case EndingCourse():
            return course
        case _:
            return None


def _towards(least: float, share: float) -> float:
    return least + (1.0 - least) * share
