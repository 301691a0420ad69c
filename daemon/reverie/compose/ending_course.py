"""The end of a scene: its voices leave one after the other, it becomes softer, and the last bar is a last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reverie.compose.course import BarState, Course, ReplacedCourse, VoiceState
from reverie.compose.kept_by_number import KeptByNumber

CLOSING = "(closing)"
"""Under this name plans have the harmony with which a scene closes; no mood is called so."""
_MOST_BARS = 64
"""Bars whose state is kept: each is asked for by every voice, and again as the bars before it sound."""


@dataclass(frozen=True, slots=True)
class EndingCourse:
    """A course up to ``first_bar``, and from there on ``bars`` bars that end it; after them nothing sounds.

    In the ending nobody comes in, and no section begins. Those of ``voices`` that sound leave one after the other, the
    last of them first, unless they ``stay``; the first sounds to the end. ``dynamics``, ``density`` and ``tempo`` are
    the factors at which the ending arrives. From bar ``closing_from`` on, if there is one, the harmony that the plans
    of voices have under the name :data:`CLOSING` holds in place of the scene's and of all moods'.
    """

    inner: Course
    first_bar: int
    bars: int
    voices: tuple[str, ...]
    dynamics: float = 0.6
    density: float = 0.7
    tempo: float = 1.0
    stay: bool = False
    closing_from: int | None = None
    _leaving: dict[str, int] = field(init=False, repr=False, compare=False)
    _before: BarState = field(init=False, repr=False, compare=False)
    """How it is when the ending begins."""
    _kept: KeptByNumber[BarState] = field(
        init=False, repr=False, compare=False, default_factory=lambda: KeptByNumber[BarState](_MOST_BARS)
    )

    def __post_init__(self) -> None:
        """Find out who sounds, and in which bar each is silent for the first time.

        Raises:
            ValueError: if the ending has no bar.
        """
        if self.bars < 1:
            raise ValueError(f"an ending has 1 bar or more, not {self.bars}")
        state = self.inner.at(max(self.first_bar - 1, 0))
        object.__setattr__(self, "_before", state)
        sounding = [name for name in self.voices if state.voice(name).sounds]
        object.__setattr__(self, "_leaving", dict(zip(sounding, self._exits(len(sounding)), strict=True)))

    @property
    def end_bar(self) -> int:
        """The first bar after the ending."""
        return self.first_bar + self.bars

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like."""
        if bar < self.first_bar:
            return self.inner.at(bar)
        return self._kept.get(bar) or self._kept.keep(bar, self._in_the_end(bar))

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew; none does so in the ending."""
        end = max(self.first_bar, 1)
        if after + 1 >= end:  # what would come later is dear to find, and is asked with each bar of the ending
            return None
        found = self.inner.begins(voice, after)
        return found if found is not None and found < end else None

    def _in_the_end(self, bar: int) -> BarState:
        before = self._before
        section = before.section and replace(before.section, bars=self.end_bar - before.section.first_bar)
        share = min((bar - self.first_bar + 1) / self.bars, 1.0)
        voices = {name: self._voice(before.voice(name), name, bar, share) for name in {*before.voices, *self.voices}}
        tempo = round(before.tempo * _towards(self.tempo, share), 4)
        state = replace(before, section=section, tempo=tempo, voices=dict(sorted(voices.items())))
        if self.closing_from is not None and bar >= self.closing_from:
            return replace(state, mood=CLOSING, mood_from=self.closing_from)
        return state

    def _exits(self, count: int) -> Sequence[int]:
        apart = self.bars // count if count and not self.stay else 0
        return [max(self.end_bar - number * apart, self.first_bar) for number in range(count)]

    def _voice(self, state: VoiceState, name: str, bar: int, share: float) -> VoiceState:
        if bar >= self._leaving.get(name, self.first_bar):
            return replace(state, sounds=False, figure="")
        return replace(
            state,
            dynamics=round(state.dynamics * _towards(self.dynamics, share), 4),
            density=round(state.density * _towards(self.density, share), 4),
            figure="last" if bar == self.end_bar - 1 else "",
        )


def without_ending(course: Course | None) -> Course | None:
    """The course as it would go on if it did not end: only what holds last, which is no deeper for each end given up.

    :meth:`Ensemble.change_course <reverie.compose.ensemble.Ensemble.change_course>` keeps what came before.
    """
    match course:
        case ReplacedCourse():
            return without_ending(course.after)
        case EndingCourse():
            return without_ending(course.inner)
        case _:
            return course


def _towards(end: float, share: float) -> float:
    return 1.0 + (end - 1.0) * share
