"""A walk by chance through states that last some bars each: any bar of it can be asked for, in any order.

What comes next depends on what was there before, so a walk is drawn from its beginning. To find any bar at once, it is
drawn in blocks, each from a seed of its own, and where blocks begin is kept: of a month some hundred places. A bar that
is far ahead costs less than a microsecond for each state on the way to it, once.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from random import Random

from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.seeds import derive_seed

_BLOCK = 64
"""States that are drawn from one seed."""
_MOST_MARKS, _MOST_BLOCKS = 512, 8


@dataclass(frozen=True, slots=True)
class WalkState:
    """A state lasts one of these numbers of ``bars``, and one of the ``ways`` (number of a state, weight) leads on."""

    bars: tuple[int, ...]
    ways: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        """Refuse a state in which a walk would stay for ever.

        Raises:
            ValueError: if it has no length, or no way leads on.
        """
        if not self.bars or min(self.bars) < 1:
            raise ValueError(f"a state lasts 1 bar or more, not {self.bars}")
        if not self.ways or min(weight for _, weight in self.ways) < 0 or not any(weight for _, weight in self.ways):
            raise ValueError("a way leads on from every state")


@dataclass(frozen=True, slots=True)
class WalkChapter:
    """A stretch of the walk that has only some of the ``states`` (numbers), and begins with the first of these.

    It lasts one of these numbers of ``bars``, and as many more as its last state needs. Where no way leads to a state
    of it, its first comes next.
    """

    bars: tuple[int, ...]
    states: tuple[int, ...]
    ways: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class ChapterStay:
    """A chapter, one of the times that it comes up: the ``number``-th of all; ``bars`` is what was drawn for it."""

    number: int
    chapter: int
    first_bar: int
    bars: int

    def share(self, bar: int) -> float:
        """How far into the chapter a bar lies: 0 for its first, 1 for its last."""
        return min(max((bar - self.first_bar) / max(self.bars - 1, 1), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Stay:
    """A state, one of the times that it comes up: the ``number``-th of all, and ``times`` of it came before."""

    number: int
    state: int
    first_bar: int
    bars: int
    times: int
    chapter: ChapterStay | None = None

    @property
    def end_bar(self) -> int:
        """The first bar that is no longer its."""
        return self.first_bar + self.bars


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a block begins: its number, its first bar and state, and how often each state came before it.

    A ``chapter`` that is None begins there.
    """

    block: int
    first_bar: int
    state: int
    times: tuple[int, ...]
    chapter: ChapterStay | None = None


_Drawn = tuple[int, int, ChapterStay | None]
"""A state, how many bars it lasts, and its chapter."""


class _Kept:
    """What need not be drawn again: marks, every ``stride``-th block from the first on, and the last blocks."""

    def __init__(self, first: _Mark) -> None:
        self.marks = [first]
        self.stride = 1
        self.blocks = KeptByNumber[tuple[list[int], list[Stay]]](_MOST_BLOCKS)
        self.places: dict[int, int] = {}

    def note(self, mark: _Mark) -> None:
        """Keep a mark that is further than those that are kept; of too many, every second is forgotten."""
        if mark.block % self.stride or mark.block <= self.marks[-1].block:
            return
        self.marks.append(mark)
        if len(self.marks) > _MOST_MARKS:
            self.stride *= 2
            self.marks = [one for one in self.marks if not one.block % self.stride]


@dataclass(frozen=True)
class DrawnWalk:
    """A walk that begins with the first of ``states``, or of its first chapter. Equal walks are alike bar for bar.

    It is ``moved`` so many bars ahead: in bar 0 it has come to where it would be in that bar.
    """

    states: tuple[WalkState, ...]
    seed: int
    moved: int = 0
    chapters: tuple[WalkChapter, ...] = ()
    _kept: _Kept = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Begin with the first state, of which none came before."""
        first = self.chapters[0].states[0] if self.chapters else 0
        object.__setattr__(self, "_kept", _Kept(_Mark(0, 0, first, (0,) * len(self.states))))

    def at(self, bar: int) -> Stay:
        """What the walk is in in bar ``bar``; bars before the first are as the first."""
        there = max(bar + self.moved, 0)
        firsts, stays = self._block(there)
        stay = stays[bisect_right(firsts, there) - 1]
        if not self.moved:
            return stay
        chapter = stay.chapter and replace(stay.chapter, first_bar=stay.chapter.first_bar - self.moved)
        return replace(stay, first_bar=stay.first_bar - self.moved, chapter=chapter)

    def _block(self, bar: int) -> tuple[list[int], list[Stay]]:
        for firsts, stays in reversed(self._kept.blocks.values()):
            if firsts[0] <= bar < stays[-1].end_bar:
                return firsts, stays
        marks = self._kept.marks
        mark = marks[bisect_right(marks, bar, key=lambda one: one.first_bar) - 1]
        while True:
            drawn, after = self._drawn(mark)
            self._kept.note(after)
            if bar < after.first_bar:
                break
            mark = after
        return self._kept.blocks.keep(mark.block, self._stays(mark, drawn))

    def _drawn(self, mark: _Mark) -> tuple[list[_Drawn], _Mark]:
        """States, lengths and chapters of a block, and where the next one begins."""
        chance = Random(derive_seed("walk", self.seed, mark.block)).random
        lengths = [one.bars for one in self.states]
        ways = self._ways
        times = [*mark.times]
        state, bar, chapter = mark.state, mark.first_bar, mark.chapter
        if self.chapters and chapter is None:
            chapter = self._chapter(0, 0, bar)
        drawn: list[_Drawn] = []
        for _ in range(_BLOCK):
            bars = lengths[state][int(chance() * len(lengths[state]))]
            drawn.append((state, bars, chapter))
            times[state] += 1
            bar += bars
            if chapter is not None and bar >= chapter.first_bar + chapter.bars:
                chapter = self._chapter(self._next_chapter(chapter), chapter.number + 1, bar)
                state = self.chapters[chapter.chapter].states[0]
                continue
            to, share = ways[chapter.chapter if chapter else 0][state]
            state = to[min(bisect_right(share, chance() * share[-1]), len(share) - 1)]
        return drawn, _Mark(mark.block + 1, bar, state, tuple(times), chapter)

    @cached_property
    def _ways(self) -> list[list[tuple[tuple[int, ...], list[float]]]]:
        """By chapter and state what may come next, and the sums of the weights up to each."""
        found: list[list[tuple[tuple[int, ...], list[float]]]] = []
        for inside in [set(one.states) for one in self.chapters] or [{*range(len(self.states))}]:
            rows: list[tuple[tuple[int, ...], list[float]]] = []
            for one in self.states:
                ways = [(to, weight) for to, weight in one.ways if to in inside and weight]
                if not ways:
                    ways = [(self.chapters[len(found)].states[0] if self.chapters else 0, 1.0)]
                rows.append((tuple(to for to, _ in ways), [*accumulate(weight for _, weight in ways)]))
            found.append(rows)
        return found

    def _chapter(self, chapter: int, number: int, bar: int) -> ChapterStay:
        """A chapter that begins with a bar."""
        lengths = self.chapters[chapter].bars
        return ChapterStay(number, chapter, bar, lengths[derive_seed("chapter", self.seed, number) % len(lengths)])

    def _next_chapter(self, before: ChapterStay) -> int:
        ways = self.chapters[before.chapter].ways
        chance = Random(derive_seed("next chapter", self.seed, before.number))
        return chance.choices([to for to, _ in ways], [weight for _, weight in ways])[0]

    @staticmethod
    def _stays(mark: _Mark, drawn: list[_Drawn]) -> tuple[list[int], list[Stay]]:
        times, bar = [*mark.times], mark.first_bar
        stays: list[Stay] = []
        for number, (state, bars, chapter) in enumerate(drawn, start=mark.block * _BLOCK):
            stays.append(Stay(number, state, bar, bars, times[state], chapter))
            times[state] += 1
            bar += bars
        return [one.first_bar for one in stays], stays
