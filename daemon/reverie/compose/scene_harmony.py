"""The harmony of a scene, bar for bar: any bar can be asked for, in any order, and is always the same.

Sections of chords follow each other in rounds, all of one length, so that the section of bar 1,000,000 is found without
those before it. What is drawn by chance in a round or a section is drawn from the scene's seed and its number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, Protocol, Self

from reverie.compose.chord_colours import Colours, with_colours
from reverie.compose.chord_events import ChordEvent, ended, joined, transposed
from reverie.compose.chord_walk import ChordWalk
from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.seeds import derive_seed
from reverie.music.chord_symbols import chord_scale, chord_tones, parse_chord
from reverie.music.degrees import harmony_key, is_degree
from reverie.music.harmony import BarHarmony, ChordSpan, HarmonyPlan, Key
from reverie.music.progressions import Progression, WrittenChord, chord_symbol
from reverie.music.time import Metre

_KEPT, _KEPT_BARS = 64, 1024
"""Sections and bars that are kept at hand: every voice asks for its own."""


@dataclass(frozen=True, slots=True)
class HarmonyPart:
    """Chords that are played ``times`` times; each bar of the progression lasts ``stretch`` bars of the scene.

    A walk is another progression for each section. It comes ``weight`` times in each round.
    """

    source: Progression | ChordWalk
    stretch: int = 1
    times: int = 1
    weight: int = 1
    name: str = ""
    strictness: float | None = None

    @property
    def written_bars(self) -> int:
        """Bars of the progression itself."""
        return self.source.bars if isinstance(self.source, ChordWalk) else len(self.source.bars)

    @property
    def bars(self) -> int:
        """Its length in bars of the scene."""
        return self.written_bars * self.stretch * self.times


@dataclass(frozen=True, slots=True)
class HarmonySpot:
    """Where in the harmony a bar is: the number of its section from 0, and its first bar; which part it is; the key."""

    number: int
    first_bar: int
    part: HarmonyPart
    key: Key


class ToldHarmony(HarmonyPlan, Protocol):
    """A harmony of which people are told: where in it a bar is, and what comes next."""

    def spot(self, bar: int) -> HarmonySpot:
        """The section in which scene bar ``bar`` lies."""
        ...

    def after(self, bar: int) -> tuple[int, str]:
        """The first bar after ``bar`` in which a chord begins, and the symbol of that chord."""
        ...

    def without_strictness(self) -> Self:
        """The same chords, whose sections do not say how much they bind."""
        ...


class Tour(Protocol):
    """How the key moves."""

    def at(self, number: int, home: Key) -> Key:
        """The key of round ``number``, from 0, of a harmony whose own is ``home``."""
        ...


@dataclass(frozen=True, slots=True)
class SceneHarmony:
    """The harmony of a scene in a key; with ``order`` drawn, the parts of each round are shuffled.

    With a ``tour`` the key moves. A ``cadence`` ends each section with the key's dominant, and ``colours`` change a
    chord while it lasts. Chance counts rounds and sections from ``counted_from`` on.
    """

    parts: tuple[HarmonyPart, ...]
    key: Key
    metre: Metre
    seed: int = 0
    order: Literal["written", "drawn"] = "written"
    tour: Tour | None = None
    cadence: bool = False
    colours: Colours | None = None
    counted_from: int = 0
    _sections: KeptByNumber[tuple[ChordEvent, ...]] = field(
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
        spot = self.spot(bar)
        return bar_of(self._section(spot), (max(bar, 0) - spot.first_bar) * self.metre.bar_ticks, self.metre.bar_ticks)

    def events(self, first: int, bars: int) -> Iterator[ChordEvent]:
        """The chords of ``bars`` bars from scene bar ``first`` on, in ticks from there; the first begins with them."""
        ticks, bar = self.metre.bar_ticks, first
        while bar < first + bars:
            spot = self.spot(bar)
            begin, offset = (bar - spot.first_bar) * ticks, (spot.first_bar - first) * ticks
            section = self._section(spot)
            sounding = bisect_right(section, begin, key=lambda event: event.start) - 1
            for event in section[sounding:]:
                start = max(event.start + offset, (bar - first) * ticks)
                if start < bars * ticks:
                    yield replace(event, start=start)
            bar = spot.first_bar + spot.part.bars

    def without_strictness(self) -> SceneHarmony:
        """The same chords, whose sections do not say how much they bind."""
        if all(part.strictness is None for part in self.parts):
            return self
        return replace(self, parts=tuple(replace(part, strictness=None) for part in self.parts))

    def after(self, bar: int) -> tuple[int, str]:
        """The first bar after ``bar`` in which a chord begins, and the symbol of that chord."""
        spot, ticks = self.spot(bar), self.metre.bar_ticks
        end = (max(bar, 0) + 1 - spot.first_bar) * ticks
        for event in self._section(spot):
            if event.start >= end:
                return spot.first_bar + event.start // ticks, event.symbol
        first = spot.first_bar + spot.part.bars
        return first, self._section(self.spot(first))[0].symbol

    @property
    def round_bars(self) -> int:
        """The length of a round of all parts."""
        return sum(part.bars * part.weight for part in self.parts)

    def strictness_at(self, bar: int) -> float | None:
        """How much the section of scene bar ``bar`` binds the voices; None if it does not say."""
        return self.spot(bar).part.strictness

    def spot(self, bar: int) -> HarmonySpot:
        """The section in which scene bar ``bar`` lies; bars before the first are as the first."""
        length = self.round_bars
        cycle, place = divmod(max(bar, 0), length)
        order = self._round(cycle)
        key = self._key(cycle)
        first = cycle * length
        for number, part in enumerate(order):
            if place < part.bars:
                return HarmonySpot(cycle * len(order) + number, first, part, key)
            place -= part.bars
            first += part.bars
        raise AssertionError("the parts of a round are as long as the round")

    def _key(self, cycle: int) -> Key:
        return self.tour.at(cycle, self.key) if self.tour else self.key

    def _round(self, cycle: int) -> list[HarmonyPart]:
        order = [part for part in self.parts for _ in range(part.weight)]
        if self.order == "drawn":
            Random(derive_seed("harmony", "round", self.seed, self.counted_from + cycle)).shuffle(order)
        return order

    def _section(self, spot: HarmonySpot) -> tuple[ChordEvent, ...]:
        events = self._sections.get(spot.number)
        return self._sections.keep(spot.number, self._events_of(spot)) if events is None else events

    def _events_of(self, spot: HarmonySpot) -> tuple[ChordEvent, ...]:
        length, ticks = spot.part.bars * self.metre.bar_ticks, self.metre.bar_ticks
        after = self.spot(spot.first_bar + spot.part.bars).key
        events = joined(ended(joined(self._events(spot)), length, ticks, after, cadence=self.cadence))
        if self.colours:
            seed = derive_seed(self.seed, self.counted_from + spot.number)
            events = joined(with_colours(events, length, ticks, self.colours, seed))
        return tuple(events)

    def _events(self, spot: HarmonySpot) -> Iterator[ChordEvent]:
        part, key = spot.part, harmony_key(spot.key)
        source = part.source
        walks = isinstance(source, ChordWalk)
        bars = (source.progression(spot.key, self.seed, self.counted_from + spot.number) if walks else source).bars
        for number in range(len(bars) * part.times):
            begin = number * part.stretch * self.metre.bar_ticks
            for chord in bars[number % len(bars)]:
                start = begin + self._within(chord, part.stretch)
                symbol = chord_symbol(chord.word, key)
                moved = 0 if walks or is_degree(chord.word) else spot.key.tonic - self.key.tonic
                yield ChordEvent(start, transposed(symbol, moved, spot.key), spot.key)

    def _within(self, chord: WrittenChord, stretch: int) -> int:
        """Where a chord of a written bar begins once that lasts ``stretch`` bars: on bar lines, if there are enough."""
        if stretch < max(chord.of, 2):
            return chord.start(self.metre) * stretch
        return -(-chord.share * stretch // chord.of) * self.metre.bar_ticks


def bar_of(events: Sequence[ChordEvent], begin: int, ticks: int) -> BarHarmony:
    """The harmony of the bar of ``ticks`` that begins with tick ``begin`` of a section of chords."""
    index = bisect_right(events, begin, key=lambda event: event.start) - 1
    spans = [_span(events[index], 0, change=events[index].start == begin)]
    for event in events[index + 1 :]:
        if event.start >= begin + ticks:
            break
        spans.append(_span(event, event.start - begin, change=True))
    return BarHarmony(tuple(spans))


def _span(event: ChordEvent, start: int, *, change: bool) -> ChordSpan:
    chord = parse_chord(event.symbol)
    tones = chord_tones(event.symbol)
    return ChordSpan(
        start, event.symbol, chord.root, chord.bass, tones, chord_scale(event.symbol, event.key), change=change
    )
