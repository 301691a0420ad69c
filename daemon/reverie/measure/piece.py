"""A piece of music as it is measured: voices with notes, bars with strong places, and chords where they are known.

All moments are ticks from the piece's beginning (480 a quarter). Notes have their own moments, and the places on the
grid that are meant by them: what people and :mod:`reverie.music.touch` play early or late belongs to the same place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

Role = Literal["drums", "bass", "melody", "chords"]

KICKS = frozenset({35, 36})
"""The bass drums of General MIDI."""
_TRIPLET = TICKS_PER_QUARTER // 3
_END_GRID = TICKS_PER_STEP // 2
_CLEARLY = 0.5
"""By how much triplets must fit a bar better than sixteenths, in squares of what is left over."""


@dataclass(frozen=True, slots=True, order=True)
class SoundedNote:
    """A note as it was played: from tick ``start`` up to ``end``, MIDI pitch and velocity."""

    start: int
    end: int
    pitch: int
    velocity: int = 100


@dataclass(frozen=True, slots=True, order=True)
class PlacedNote:
    """A note at its place on the grid; ``late`` says by how many ticks it was struck after it, or before (negative)."""

    start: int
    end: int
    pitch: int
    velocity: int = 100
    late: int = 0


@dataclass(frozen=True, slots=True)
class MeasuredBar:
    """A bar of the piece; ``strong`` are its strong places in ticks from its beginning."""

    start: int
    ticks: int
    strong: tuple[int, ...] = (0,)

    @property
    def end(self) -> int:
        """The next bar line."""
        return self.start + self.ticks


@dataclass(frozen=True, slots=True)
class SoundedChord:
    """A chord from tick ``start`` up to ``end``: pitch classes (0 is C). With ``change`` it begins here."""

    start: int
    end: int
    symbol: str
    root: int
    bass: int
    tones: frozenset[int]
    change: bool = True

    @property
    def fifth(self) -> int:
        """The chord's fifth, whichever it has; the perfect one if it has none."""
        return next((one for step in (7, 6, 8) if (one := (self.root + step) % 12) in self.tones), (self.root + 7) % 12)


@dataclass(frozen=True)
class MeasuredVoice:
    """A voice of the piece; ``kicks`` are the pitches of its bass drums, if it plays drums."""

    name: str
    role: Role
    notes: tuple[PlacedNote, ...]
    kicks: frozenset[int] = KICKS

    @property
    def pitched(self) -> bool:
        """Whether its pitches are heard as such."""
        return self.role != "drums"


@dataclass(frozen=True, slots=True)
class SectionSpan:
    """A section that is known: its name, its first bar, and how many bars it has."""

    name: str
    first_bar: int
    bars: int


@dataclass(frozen=True)
class Piece:
    """Music to be measured. ``tempos`` are quarters a minute, each from a tick on.

    ``sections`` are those that are known, from the first bar on; none where nobody says.
    """

    title: str
    bars: tuple[MeasuredBar, ...]
    voices: tuple[MeasuredVoice, ...]
    chords: tuple[SoundedChord, ...] = ()
    tempos: tuple[tuple[int, float], ...] = field(default=((0, 120.0),))
    sections: tuple[SectionSpan, ...] = ()

    @property
    def end(self) -> int:
        """The last bar line."""
        return self.bars[-1].end if self.bars else 0

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.second_at(self.end)

    def second_at(self, tick: int) -> float:
        """How many seconds have passed there."""
        ends = [*(start for start, _ in self.tempos[1:]), max(tick, self.tempos[-1][0])]
        return sum(
            max(min(end, tick) - start, 0) * _seconds_a_tick(qpm)
            for (start, qpm), end in zip(self.tempos, ends, strict=True)
        )

    def of_role(self, *roles: Role) -> tuple[MeasuredVoice, ...]:
        """The voices that have one of these roles."""
        return tuple(voice for voice in self.voices if voice.role in roles)

    def bar_at(self, tick: int) -> int:
        """The number of the bar, from 0, in which a tick is; of one behind the end the last."""
        return max(bisect_right(self._starts, tick) - 1, 0)

    def seconds_a_tick(self, tick: int) -> float:
        """How long a tick lasts there."""
        return _seconds_a_tick(self.tempos[max(bisect_right(self._tempo_starts, tick) - 1, 0)][1])

    def chord_at(self, tick: int) -> SoundedChord | None:
        """The chord there, if any is known."""
        number = bisect_right(self._chord_starts, tick) - 1
        return self.chords[number] if number >= 0 and tick < self.chords[number].end else None

    @cached_property
    def bar_seconds(self) -> tuple[float, ...]:
        """How many seconds have passed where each bar begins."""
        found = list[float]()
        passed, tick, changes = 0.0, 0, [*self.tempos[1:]]
        qpm = self.tempos[0][1]
        for bar in self.bars:
            while changes and changes[0][0] <= bar.start:
                start, after = changes.pop(0)
                passed, tick, qpm = passed + (start - tick) * _seconds_a_tick(qpm), start, after
            passed, tick = passed + (bar.start - tick) * _seconds_a_tick(qpm), bar.start
            found.append(passed)
        return tuple(found)

    @cached_property
    def _starts(self) -> list[int]:
        return [bar.start for bar in self.bars]

    @cached_property
    def _tempo_starts(self) -> list[int]:
        return [tick for tick, _ in self.tempos]

    @cached_property
    def _chord_starts(self) -> list[int]:
        return [chord.start for chord in self.chords]


def bars_of(metre: Metre, count: int, first: int = 0) -> tuple[MeasuredBar, ...]:
    """So many bars of one metre, from tick ``first`` on."""
    ticks, strong = metre.bar_ticks, metre.strong
    return tuple(MeasuredBar(first + number * ticks, ticks, strong) for number in range(count))


def placed(notes: Iterable[SoundedNote], bars: Sequence[MeasuredBar]) -> tuple[PlacedNote, ...]:
    """Notes at the places that are meant by them: in each bar sixteenths, or triplets where these fit much better.

    Ends fall on the nearest thirty-second, so that two notes that touch do not overlap.
    """
    starts = [bar.start for bar in bars]
    by_bar: dict[int, list[SoundedNote]] = {}
    for note in notes:
        # What is struck a little before a bar line belongs to the bar behind it.
        number = max(bisect_right(starts, note.start + _END_GRID) - 1, 0)
        by_bar.setdefault(number, []).append(note)
    found = list[PlacedNote]()
    for number, own in by_bar.items():
        first = bars[number].start if bars else 0
        grid = _grid(own, first)
        for note in own:
            start = first + round((note.start - first) / grid) * grid
            end = first + round((note.end - first) / _END_GRID) * _END_GRID
            found.append(PlacedNote(start, max(end, start + _END_GRID), note.pitch, note.velocity, note.start - start))
    return tuple(sorted(found))


def _grid(notes: Sequence[SoundedNote], first: int) -> int:
    def left_over(grid: int) -> float:
        return sum(((note.start - first + grid / 2) % grid - grid / 2) ** 2 for note in notes)

    return _TRIPLET if left_over(_TRIPLET) < _CLEARLY * left_over(TICKS_PER_STEP) else TICKS_PER_STEP


def _seconds_a_tick(qpm: float) -> float:
    return 60.0 / (qpm * TICKS_PER_QUARTER)
