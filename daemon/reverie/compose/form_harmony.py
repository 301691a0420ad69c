"""A harmony that follows the sections of a form: each begins with chords of its own, and ends with the way on.

As all of a scene's harmony it can be asked for any bar. The key moves with the sections: it is that of a tour in the
bar in which the section begins, so a section has one key.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from reverie.compose.chord_events import ChordEvent, ended, joined
from reverie.compose.drawn_walk import DrawnWalk, Stay
from reverie.compose.form_curves import Curve
from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.scene_harmony import HarmonyPart, HarmonySpot, SceneHarmony, Tour, bar_of
from reverie.music.harmony import BarHarmony, Key

_KEPT, _KEPT_BARS = 32, 1024
_MOST_ROUNDS = 10_000
"""More rounds and sections of a harmony than a section of a form has bars."""


@dataclass(frozen=True, slots=True)
class SteadyKey:
    """No tour: the key stays."""

    key: Key

    def at(self, number: int, home: Key) -> Key:
        """Always the same."""
        del number, home
        return self.key


@dataclass(frozen=True, slots=True)
class SectionHarmony:
    """What is played in a section of the form: a harmony from its beginning on, or with ``anew`` false where it is."""

    harmony: SceneHarmony
    anew: bool = True


@dataclass(frozen=True, slots=True)
class _Laid:
    """A section as it comes up: its chords, in ticks from its beginning, and the harmony from which they are."""

    events: tuple[ChordEvent, ...]
    harmony: SceneHarmony
    begins_with: int
    key: Key


@dataclass(frozen=True, slots=True)
class FormHarmony:
    """The chords of a form whose sections follow each other by ``walk``; ``sections`` are in the order of its states.

    Each key of a ``tour`` lasts ``key_bars`` bars, and as many more as its last section needs. ``pace`` is a factor of
    how long chords last, over ``pace_bars`` bars again and again; it holds for a section as it is when that begins.
    """

    walk: DrawnWalk
    sections: tuple[SectionHarmony, ...]
    tour: Tour | None = None
    key_bars: int = 1
    pace: Curve | None = None
    pace_bars: float = 1.0
    _laid: KeptByNumber[_Laid] = field(
        default_factory=lambda: KeptByNumber(_KEPT), init=False, repr=False, compare=False
    )
    _bars: KeptByNumber[BarHarmony] = field(
        default_factory=lambda: KeptByNumber(_KEPT_BARS), init=False, repr=False, compare=False
    )

    def at(self, bar: int) -> BarHarmony:
        """The harmony of scene bar ``bar``, from 0."""
        chords = self._bars.get(bar)
        return self._bars.keep(bar, self._bar(bar)) if chords is None else chords

    def _bar(self, bar: int) -> BarHarmony:
        stay, laid, ticks = *self._here(bar), self._ticks
        return bar_of(laid.events, (max(bar, 0) - stay.first_bar) * ticks, ticks)

    def strictness_at(self, bar: int) -> float | None:
        """How much the chords of scene bar ``bar`` bind the voices; None if they do not say."""
        return self._part(bar).strictness

    def spot(self, bar: int) -> HarmonySpot:
        """The section in which scene bar ``bar`` lies, and which part of the scene's harmony is played in that bar."""
        stay, laid = self._here(bar)
        return HarmonySpot(stay.number, stay.first_bar, self._part(bar), laid.key)

    def after(self, bar: int) -> tuple[int, str]:
        """The first bar after ``bar`` in which a chord begins, and the symbol of that chord."""
        stay, laid = self._here(bar)
        end = (max(bar, 0) + 1 - stay.first_bar) * self._ticks
        index = bisect_right(laid.events, end - 1, key=lambda event: event.start)
        if index < len(laid.events):
            event = laid.events[index]
            return stay.first_bar + event.start // self._ticks, event.symbol
        return stay.end_bar, self._here(stay.end_bar)[1].events[0].symbol

    def without_strictness(self) -> FormHarmony:
        """The same chords, whose sections do not say how much they bind."""
        sections = tuple(replace(one, harmony=one.harmony.without_strictness()) for one in self.sections)
        return self if sections == self.sections else replace(self, sections=sections)

    @property
    def _ticks(self) -> int:
        return self.sections[0].harmony.metre.bar_ticks

    def _part(self, bar: int) -> HarmonyPart:
        stay, laid = self._here(bar)
        return laid.harmony.spot(max(bar, 0) - stay.first_bar + laid.begins_with).part

    def _key(self, stay: Stay) -> Key:
        home = self.sections[0].harmony.key
        return self.tour.at(stay.first_bar // self.key_bars, home) if self.tour else home

    def _here(self, bar: int) -> tuple[Stay, _Laid]:
        stay = self.walk.at(bar)
        laid = self._laid.get(stay.number)
        return stay, self._laid.keep(stay.number, self._lay(stay)) if laid is None else laid

    def _lay(self, stay: Stay) -> _Laid:
        section, key = self.sections[stay.state], self._key(stay)
        harmony = replace(section.harmony, tour=SteadyKey(key))
        if self.pace is not None:
            factor = self.pace.at(stay.first_bar % self.pace_bars / self.pace_bars)
            longer = (replace(part, stretch=max(round(part.stretch * factor), 1)) for part in harmony.parts)
            harmony = replace(harmony, parts=tuple(longer))
        if section.anew:
            harmony = replace(harmony, counted_from=stay.number * _MOST_ROUNDS)
        first = 0 if section.anew else stay.first_bar
        after = self._key(self.walk.at(stay.end_bar))
        events = joined(harmony.events(first, stay.bars))
        events = joined(ended(events, stay.bars * self._ticks, self._ticks, after, cadence=harmony.cadence))
        return _Laid(tuple(events), harmony, first, key)
