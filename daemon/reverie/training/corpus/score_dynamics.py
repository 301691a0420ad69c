"""How loud the notes of a part are, by what its score says: marks, hairpins and accents.

A mark holds until the next. A hairpin goes in a straight line to the mark that stands at its end; where none does, it
goes one mark up or down. Words such as *cresc.* are not followed. The velocities of marks are those that MuseScore
plays, https://musescore.org/en/handbook/3/dynamics; MusicXML says loudness in percent of a forte of 90,
https://www.w3.org/2021/06/musicxml40/musicxml-reference/elements/sound/.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

LEVELS: Mapping[str, int] = {
    "pppp": 10,
    "ppp": 16,
    "pp": 33,
    "p": 49,
    "mp": 64,
    "mf": 80,
    "f": 96,
    "ff": 112,
    "fff": 126,
    "ffff": 127,
}
_UNMARKED = LEVELS["mf"]
_ATTACKS = ("sf", "sfz", "sffz", "fz", "rf", "rfz", "fp", "sfp", "sfpp")
_AFTER: Mapping[str, int] = {"fp": LEVELS["p"], "sfp": LEVELS["p"], "sfpp": LEVELS["pp"]}
_ATTACK = LEVELS["ff"]
_STEP = 16
_ACCENT = 1.2
_FORTE = 90
_NEAR = Fraction(1)
"""Quarters after the end of a hairpin within which the mark may stand that it leads to."""


@dataclass(frozen=True, slots=True)
class DynamicMark:
    """A mark such as *mf* at a place in quarters, with the loudness that the file says, in percent, if any."""

    start: Fraction
    name: str
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A crescendo or diminuendo, in quarters."""

    start: Fraction
    stop: Fraction
    rises: bool


@dataclass(frozen=True, slots=True)
class _Ramp:
    start: Fraction
    stop: Fraction
    first: float
    last: float

    def at(self, place: Fraction) -> float:
        if place >= self.stop:
            return self.last
        return self.first + (self.last - self.first) * float((place - self.start) / (self.stop - self.start))


class PartDynamics:
    """The loudness of a part at any place."""

    def __init__(self, marks: Iterable[DynamicMark], hairpins: Iterable[Hairpin]) -> None:
        levels: dict[Fraction, float] = {}
        self._attacks = set[Fraction]()
        for mark in sorted(marks, key=lambda one: one.start):
            if mark.name in _ATTACKS:
                self._attacks.add(mark.start)
                if mark.name in _AFTER:
                    levels[mark.start] = _AFTER[mark.name]
            elif mark.percent is not None:
                levels[mark.start] = mark.percent * _FORTE / 100
            elif mark.name in LEVELS:
                levels[mark.start] = LEVELS[mark.name]
        self._ramps = list[_Ramp]()
        self._follow(levels, sorted(hairpins, key=lambda one: one.start))
        self._starts = [float(ramp.start) for ramp in self._ramps]  # fractions compare slowly

    def _follow(self, levels: Mapping[Fraction, float], hairpins: list[Hairpin]) -> None:
        events: list[tuple[Fraction, int, Hairpin | None]] = [(start, 0, None) for start in levels]
        events += [(one.start, 1, one) for one in hairpins if one.stop > one.start]
        for start, _, hairpin in sorted(events, key=lambda event: event[:2]):
            if hairpin is None:
                self._ramps.append(_Ramp(start, start, levels[start], levels[start]))
                continue
            now = self.level_at(start, self._ramps)
            within = [place for place in sorted(levels) if start < place <= hairpin.stop + _NEAR]
            stop, last = hairpin.stop, now + (_STEP if hairpin.rises else -_STEP)
            if within:
                stop, last = min(within[0], stop), levels[within[0]]
            self._ramps.append(_Ramp(start, stop, now, last))

    def level_at(self, place: Fraction, ramps: list[_Ramp] | None = None) -> float:
        """The loudness at a place, as a velocity; ``ramps`` is what counts, if not all."""
        known = self._ramps if ramps is None else ramps
        number = bisect_right([float(one.start) for one in known] if ramps is not None else self._starts, float(place))
        return known[number - 1].at(place) if number else _UNMARKED

    def velocity(self, place: Fraction, *, accented: bool = False) -> int:
        """The velocity of a note that begins at a place."""
        level = self.level_at(place)
        if place in self._attacks:
            level = max(_ATTACK, level + _STEP)
        return clipped(level * (_ACCENT if accented else 1))


def of_percent(percent: float) -> int:
    """The velocity of what MusicXML says in percent of a forte."""
    return clipped(percent * _FORTE / 100)


def clipped(level: float) -> int:
    """A velocity that MIDI has, and that is no end of a note."""
    return min(max(round(level), 1), 127)
