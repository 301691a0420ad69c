"""The form of a scene: sections with lengths, who sounds in them, and curves over section, hour and day.

It is a course (:mod:`reverie.compose.course`): a pure function of the scene, its seed and the bar. The order and the
lengths of sections, cycles of voices and what is left open of a section are drawn from the seed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from reverie.compose.course import FAR, BarState, Figure, Opening, SectionSpot, VoiceState
from reverie.compose.drawn_walk import DrawnWalk, Stay, WalkChapter, WalkState
from reverie.compose.form_curves import Aspect, Curves
from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.seeds import derive_seed
from reverie.music.time import Schedule
from reverie.scenes.form_fields import TEMPO_FACTORS

BREAK_BARS, SHORT = 2, 16
"""Bars of a break; a section that is shorter than ``SHORT`` bars has one of 1."""
_KEPT_BARS, _KEPT_SECTIONS = 1024, 32
HOUR_SECONDS = 3600.0
DAY_SECONDS = 24 * 3600.0
_CHANCES = 2**32
_NO_CURVES: Curves = {}

End = Literal["none", "fill", "break"]
_RANGES: Mapping[Aspect, tuple[float, float]] = {
    "density": (0.05, 4.0),
    "temperature": (0.2, 3.0),
    "dynamics": (0.05, 2.0),
    "tempo": TEMPO_FACTORS,
    "register": (-48.0, 48.0),
}
"""What the curves over section, hour and day come to together."""


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section: how many bars it may last, who sounds in it, and what leads on from it (number, weight).

    ``voices`` are in the order in which they enter: the last is the first to leave. Those of ``maybe`` come by chance,
    each with its share of the times. Those who come in enter ``enter`` bars apart, and those who go leave ``leave``
    bars apart. One of ``ends`` is drawn each time. ``rests`` is the share of the phrases in which each of some voices
    rests: not in the first, nor in one that leads on with a fill, and never all of them. ``harmony`` names a section of
    the scene's harmony.
    """

    name: str
    bars: tuple[int, ...]
    voices: tuple[str, ...]
    ways: tuple[tuple[int, float], ...]
    maybe: Mapping[str, float] = field(default_factory=dict[str, float])
    enter: int | None = None
    leave: int = 0
    ends: tuple[End, ...] = ("none",)
    rests: Mapping[str, float] = field(default_factory=dict[str, float])
    curves: Curves = field(default_factory=lambda: _NO_CURVES)
    opens: Opening = "return"
    harmony: str = ""
    every: int | None = None


@dataclass(frozen=True, slots=True)
class FormChapter:
    """A stretch of many sections: which of them it has (numbers), how many bars it may last, and what leads on from it.

    Its curves go from its beginning to its end, beside those of its sections.
    """

    name: str
    walk: WalkChapter
    curves: Curves = field(default_factory=lambda: _NO_CURVES)


@dataclass(frozen=True, slots=True)
class FormVoice:
    """A voice: whether it is drums, the bars of its schedule, and a cycle of its own.

    The cycle is a walk of two states: 0 in which it sounds, 1 in which it does not; ``after`` bars pass before it
    begins.
    """

    name: str
    drums: bool = False
    schedule: Schedule = field(default_factory=Schedule)
    cycle: DrawnWalk | None = None
    after: int = 0

    def sounds(self, bar: int) -> bool:
        """Whether schedule and cycle have the voice sound in scene bar ``bar``."""
        if not self.schedule.plays(bar):
            return False
        return self.cycle is None or (bar >= self.after and self.cycle.at(bar - self.after).state == 0)


def cycle_of(on: tuple[int, ...], off: tuple[int, ...], seed: int) -> DrawnWalk:
    """A voice's cycle: so many bars of sound, so many of silence, over and over, of several lengths one each time."""
    return DrawnWalk((WalkState(on, ((1, 1.0),)), WalkState(off, ((0, 1.0),))), seed)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Who sounds in a section as it comes up this time: from which of its bars to which, and how it ends."""

    spans: Mapping[str, tuple[int, int]]
    end: End


@dataclass(frozen=True, slots=True)
class SceneForm:
    """The course of a scene by its form.

    Without ``sections`` all voices sound as their cycles have it. ``opening`` is how many bars the voices of the first
    section come in apart, unless it says so itself. How many voices sound ``at_most`` changes at phrases of ``phrase``
    bars. An hour of the curves begins with bar 0; ``begins_at`` is the time of day of that bar, in seconds, and
    ``bar_seconds`` how long a bar lasts. ``rests`` is that of a form without sections. Its sections are ``moved`` so
    many bars ahead, where the form was changed while it was played.
    """

    voices: tuple[FormVoice, ...]
    sections: tuple[FormSection, ...] = ()
    seed: int = 0
    phrase: int = 4
    opening: int = 0
    bar_seconds: float = 2.0
    begins_at: float = 0.0
    rests: Mapping[str, float] = field(default_factory=dict[str, float])
    hour: Curves = field(default_factory=lambda: _NO_CURVES)
    day: Curves = field(default_factory=lambda: _NO_CURVES)
    moved: int = 0
    chapters: tuple[FormChapter, ...] = ()
    _walk: DrawnWalk | None = field(init=False, repr=False, compare=False)
    _bars: KeptByNumber[BarState] = field(
        default_factory=lambda: KeptByNumber(_KEPT_BARS), init=False, repr=False, compare=False
    )
    _layouts: KeptByNumber[_Layout] = field(
        default_factory=lambda: KeptByNumber(_KEPT_SECTIONS), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Make the walk through the sections."""
        states = tuple(WalkState(one.bars, one.ways) for one in self.sections)
        chapters = tuple(one.walk for one in self.chapters)
        object.__setattr__(self, "_walk", DrawnWalk(states, self.seed, self.moved, chapters) if states else None)

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like, from 0."""
        state = self._bars.get(bar)
        return self._bars.keep(bar, self._bar(max(bar, 0))) if state is None else state

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew: with a section, or as it comes in."""
        before = after >= 0 and self.at(after).voice(voice).sounds
        for bar in range(max(after + 1, 0), after + 1 + FAR):
            state = self.at(bar)
            sounds = state.voice(voice).sounds
            if sounds and (not before or (state.section is not None and state.section.first_bar == bar)):
                return bar
            before = sounds
        return None

    @property
    def walk(self) -> DrawnWalk | None:
        """The way through the sections; None if there are none."""
        return self._walk

    def section_at(self, bar: int) -> FormSection | None:
        """The section of scene bar ``bar`` as it is written; None if the form has none."""
        return self.sections[self._walk.at(bar).state] if self._walk else None

    def spot(self, bar: int) -> SectionSpot | None:
        """The section of scene bar ``bar`` as it comes up there; None if the form has none."""
        if self._walk is None:
            return None
        stay = self._walk.at(bar)
        section = self.sections[stay.state]
        chapter = self.chapters[stay.chapter.chapter].name if stay.chapter else ""
        return SectionSpot(stay.number, section.name, stay.first_bar, stay.bars, stay.times, section.opens, chapter)

    def _bar(self, bar: int) -> BarState:
        spot = self.spot(bar)
        section = self.section_at(bar)
        phrase = bar - (bar - (spot.first_bar if spot else 0)) % self.phrase
        most = self._at_most(phrase, section, spot)
        layout = self._layout(bar)
        first = spot.first_bar if spot else 0
        left = spot.end_bar - bar if spot else 0
        plays = {one.name for one in self.voices if one.sounds(bar)}
        within = [(name, start <= bar - first < end and name in plays) for name, (start, end) in layout.spans.items()]
        sounding = [name for name, sounds in within[:most] if sounds]
        if not sounding:  # those who are allowed to are silent by their cycles: others take their place
            sounding = [name for name, sounds in within if sounds][:most]
        leads_on = spot is not None and layout.end == "fill" and spot.end_bar - phrase <= self.phrase
        if phrase > first and not leads_on:
            known = {name for name, (start, _) in layout.spans.items() if start + first < phrase}
            sounding = self._rested(sounding, known, section.rests if section else self.rests, phrase)
        figure: Figure = ""
        if spot and layout.end == "fill" and left == 1:
            figure = "fill"
        elif spot and layout.end == "break" and left <= (BREAK_BARS if spot.bars >= SHORT else 1):
            sounding = sounding[:1]
        tempo, plain = self._values(bar, section, spot)
        silent, drums = replace(plain, sounds=False), replace(plain, figure=figure)
        states = {
            one.name: silent if one.name not in sounding else drums if one.drums else plain for one in self.voices
        }
        return BarState(spot, tempo, states)

    def _rested(self, sounding: list[str], known: set[str], rests: Mapping[str, float], phrase: int) -> list[str]:
        """Without those who rest in the phrase that begins with bar ``phrase``; if all would, the first goes on.

        Only those rest who are ``known``, since they have sounded in the section before.
        """
        left = [
            name
            for name in sounding
            if name not in known or derive_seed(self.seed, "rest", phrase, name) >= rests.get(name, 0.0) * _CHANCES
        ]
        return left or sounding[:1]

    def _values(self, bar: int, section: FormSection | None, spot: SectionSpot | None) -> tuple[float, VoiceState]:
        """What the curves make of the tempo and of all voices."""
        values = {aspect: self._value(aspect, bar, section, spot) for aspect in _RANGES}
        state = VoiceState(
            density=values["density"],
            register=round(values["register"]),
            temperature=values["temperature"],
            dynamics=values["dynamics"],
        )
        return values["tempo"], state

    def _value(self, aspect: Aspect, bar: int, section: FormSection | None, spot: SectionSpot | None) -> float:
        """What the curves make of an aspect together: registers add up, and factors are multiplied."""
        values: list[float] = []
        for curves, place in self._curves(bar, section, spot):
            if aspect in curves:
                values.append(curves[aspect].at(place))
        total = 0.0 if aspect == "register" else 1.0
        for value in values:
            total = total + value if aspect == "register" else total * value
        low, high = _RANGES[aspect]
        return round(min(max(total, low), high), 4)

    def _at_most(self, bar: int, section: FormSection | None, spot: SectionSpot | None) -> int:
        """How many voices sound at most, by all curves: the least of them."""
        found = [
            curves["at_most"].at(place) for curves, place in self._curves(bar, section, spot) if "at_most" in curves
        ]
        return max(round(min(found)), 1) if found else len(self.voices)

    def _curves(
        self, bar: int, section: FormSection | None, spot: SectionSpot | None
    ) -> Sequence[tuple[Curves, float]]:
        """The curves that there are, and the place of a bar in each."""
        seconds = bar * self.bar_seconds
        found = [
            (self.hour, seconds % HOUR_SECONDS / HOUR_SECONDS),
            (self.day, (self.begins_at + seconds) % DAY_SECONDS / DAY_SECONDS),
        ]
        if section is not None and spot is not None:
            found.append((section.curves, spot.share(bar)))
        if self._walk is not None and (chapter := self._walk.at(bar).chapter) is not None:
            found.append((self.chapters[chapter.chapter].curves, chapter.share(bar)))
        return found

    def _layout(self, bar: int) -> _Layout:
        if self._walk is None:
            return _Layout(self._entering([one.name for one in self.voices], self.opening, sys.maxsize), "none")
        stay = self._walk.at(bar)
        found = self._layouts.get(stay.number)
        return self._layouts.keep(stay.number, self._laid_out(self._walk, stay)) if found is None else found

    def _laid_out(self, walk: DrawnWalk, stay: Stay) -> _Layout:
        section = self.sections[stay.state]
        here = self._drawn_voices(stay)
        before = self._drawn_voices(walk.at(stay.first_bar - 1)) if stay.number else []
        after = self._drawn_voices(walk.at(stay.end_bar))
        apart = (section.enter or 0) if stay.number or section.enter is not None else self.opening
        new = self._entering([name for name in here if name not in before], apart, stay.bars)
        spans = {name: new.get(name, (0, stay.bars)) for name in here}
        for number, name in enumerate(one for one in here if one not in after):
            start, _ = spans[name]
            spans[name] = start, max(stay.bars - number * section.leave, start + 1)
        end = section.ends[derive_seed(self.seed, "end", stay.number) % len(section.ends)]
        return _Layout(spans, end)

    def _entering(self, names: Sequence[str], apart: int, bars: int) -> dict[str, tuple[int, int]]:
        """From which bar on each of those who come in sounds: for all there is time, if need be for several at once."""
        last = (bars - 1) // apart * apart if apart else 0
        return {name: (min(number * apart, last), bars) for number, name in enumerate(names)}

    def _drawn_voices(self, stay: Stay) -> list[str]:
        """Who belongs to a section as it comes up this time, in order; where chance leaves nobody, the likeliest."""
        section = self.sections[stay.state]
        chosen = [
            name
            for name, share in section.maybe.items()
            if derive_seed(self.seed, "maybe", stay.number, name) < share * _CHANCES
        ]
        if not chosen and not section.voices and section.maybe:
            chosen = [max(section.maybe, key=lambda name: section.maybe[name])]
        return [*section.voices, *chosen]
