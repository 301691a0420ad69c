"""Where the bars of a score stand: in the order in which they sound once, each on a multiple of its metre."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

_FINEST = 64
_DECIMAL = re.compile(r"\s*[+-]?(\d{1,18}(\.\d{0,18}|/\d{1,18})?|\.\d{1,18})\s*", re.ASCII)
_DIVIDED = 4
"""The most pieces that one bar is divided into."""
_ROUNDED = Fraction(1, 8)
"""A bar that is longer or shorter than its metre by less than these quarters has tuplets that were rounded."""


@dataclass(frozen=True, slots=True)
class ScoreMetre:
    """A time signature."""

    beats: int
    unit: int

    @property
    def length(self) -> Fraction:
        """The length of a bar in quarters."""
        return Fraction(4 * self.beats, self.unit)

    def __str__(self) -> str:
        return f"{self.beats}/{self.unit}"


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar that sounds: which of the written ones it is, where it begins, in quarters, and whether it is the rest of a
    bar that was divided.
    """  # noqa: D205 - one sentence

    index: int
    start: Fraction
    continues: bool = False


@dataclass(slots=True)
class _WrittenBar:
    index: int
    length: Fraction = Fraction(0)
    metre: ScoreMetre | None = None
    """What it is in; the score may have said so in an earlier bar."""
    opens: bool = False
    """Whether music begins anew with it."""
    ends: bool = False
    """Whether music ends with it."""
    endings: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """What it says of endings: ``start``, ``stop`` or ``discontinue``, and the number."""


@dataclass(frozen=True, slots=True)
class ScoreGrid:
    """The bars that sound, the time signatures, and the end of the last bar, in quarters."""

    bars: tuple[ScoreBar, ...]
    metres: tuple[tuple[Fraction, ScoreMetre], ...]
    end: Fraction


def decimal_of(words: str) -> Fraction:
    """A number as MusicXML writes it.

    Raises:
        ValueError: if it is written otherwise: with an exponent, for one, which may take for ever to write out.
    """
    if not _DECIMAL.fullmatch(words):
        raise ValueError(f"a number is written {words[:20]!r}")
    return Fraction(words)


def place_bars(parts: Sequence[Sequence[ET.Element]]) -> ScoreGrid:
    """The bars of all parts together, from their ``measure`` elements.

    Raises:
        ValueError, ZeroDivisionError: if what they say is no music.
    """
    return _place(_sounding(_measured(parts)))


def _measured(parts: Sequence[Sequence[ET.Element]]) -> list[_WrittenBar]:
    bars = [_WrittenBar(index) for index in range(max(map(len, parts), default=0))]
    for part in parts:
        divisions = Fraction(1)
        for bar, measure in zip(bars, part, strict=False):
            length, divisions = _length(measure, divisions)
            bar.length = max(bar.length, length)
            for element in measure.iterfind("attributes"):
                bar.metre = bar.metre or _metre(element)
            for element in measure.iterfind("barline"):
                _barline(bar, element)
    for before, bar in zip([None, *bars], bars, strict=False):
        known = before.metre if before else None
        bar.metre = bar.metre or known
        bar.opens = before is None or before.ends or bar.metre != known
    _guess([bar for bar in bars if bar.metre is None])
    for bar in bars:
        if bar.metre and abs(bar.length - bar.metre.length) < _ROUNDED:
            bar.length = bar.metre.length
    return bars


def _guess(bars: list[_WrittenBar]) -> None:
    """Take the commonest length for the metre of bars for which none is written: some scores hide the sign."""
    lengths = Counter(bar.length for bar in bars if bar.length)
    for bar in bars if lengths else ():
        bar.metre = _own_metre(lengths.most_common(1)[0][0], 4)


def _length(measure: ET.Element, divisions: Fraction) -> tuple[Fraction, Fraction]:
    """How far a part comes in a bar, in quarters, and what a quarter is divided into from there on."""
    now = furthest = Fraction(0)
    for element in measure:
        match element.tag:
            case "attributes":
                words = element.findtext("divisions")
                divisions = decimal_of(words) if words else divisions
            case "note" if element.find("chord") is None and element.find("grace") is None:
                now += _duration(element) / divisions
            case "forward":
                now += _duration(element) / divisions
            case "backup":
                now = max(now - _duration(element) / divisions, Fraction(0))
            case _:
                pass
        furthest = max(furthest, now)
    return furthest, divisions


def _duration(element: ET.Element) -> Fraction:
    return decimal_of(element.findtext("duration") or "0")


def _metre(attributes: ET.Element) -> ScoreMetre | None:
    time = attributes.find("time")
    if time is None:
        return None
    pairs = list(zip(time.findall("beats"), time.findall("beat-type"), strict=False))
    if not pairs:
        return None
    units = [int(unit.text or 0) for _, unit in pairs]
    beats = [sum(int(one) for one in (beat.text or "0").split("+")) for beat, _ in pairs]
    unit = max(units)
    metre = ScoreMetre(sum(beat * unit // max(own, 1) for beat, own in zip(beats, units, strict=True)), unit)
    if not (0 < metre.beats <= 256 and 0 < unit <= _FINEST and not unit & (unit - 1)):  # noqa: PLR2004 - no metre
        raise ValueError(f"its time signature is {metre}")
    return metre


def _barline(bar: _WrittenBar, element: ET.Element) -> None:
    ending = element.find("ending")
    if ending is not None:
        told = (ending.get("type") or "", ending.get("number") or "")
        if told not in bar.endings:
            bar.endings.append(told)
    if (element.get("location") or "right") == "right" and element.findtext("bar-style") == "light-heavy":
        bar.ends = True


def _sounding(bars: list[_WrittenBar]) -> list[_WrittenBar]:
    """The bars without the endings that others come after."""
    groups: list[list[list[_WrittenBar]]] = []
    ending: list[_WrittenBar] | None = None
    last: _WrittenBar | None = None
    for bar in bars:
        kinds = {kind for kind, _ in bar.endings}
        if "start" in kinds:
            ending = []
            if groups and last is not None and last.index == bar.index - 1:
                groups[-1].append(ending)
            else:
                groups.append([ending])
        if ending is not None:
            ending.append(bar)
        if kinds & {"stop", "discontinue"}:
            ending, last = None, bar
    left_out = {bar.index for group in groups for one in group[:-1] for bar in one}
    return [bar for bar in bars if bar.index not in left_out]


def _place(bars: list[_WrittenBar]) -> ScoreGrid:
    placed: list[ScoreBar] = []
    metres: list[tuple[Fraction, ScoreMetre]] = []

    def begin(metre: ScoreMetre) -> None:
        if not metres or metres[-1][1] != metre:
            metres.append((now, metre))

    now, number = Fraction(0), 0
    while number < len(bars):
        bar = bars[number]
        metre = bar.metre or _own_metre(bar.length, 4)
        full, length = metre.length, bar.length or metre.length
        pieces = _pieces(bars, number, full) if length < full else 1
        if length == full or pieces > 1:
            begin(metre)
        elif length < full and bar.opens:
            begin(metre)
            now += full - length
        elif length > full or number + 1 < len(bars):
            own = _own_metre(length, metre.unit)
            begin(own)
            length = max(length, own.length)
        else:
            begin(metre)
        for piece in bars[number : number + pieces]:
            placed.append(ScoreBar(piece.index, now, continues=piece is not bar))
            now += length if piece is bar else piece.length
        number += pieces
    return ScoreGrid(tuple(placed), tuple(metres), now)


def _pieces(bars: list[_WrittenBar], number: int, full: Fraction) -> int:
    """How many bars from one on are together as long as one; 1 if none are."""
    total = Fraction(0)
    for count, bar in enumerate(bars[number : number + _DIVIDED], 1):
        if count > 1 and (bar.metre != bars[number].metre or not bar.length):
            return 1
        total += bar.length
        if total >= full:
            return count if total == full else 1
    return 1


def _own_metre(length: Fraction, unit: int) -> ScoreMetre:
    """The time signature of a bar that is not as long as its metre says, or a little longer if there is none."""
    while unit < _FINEST and (length * unit / 4).denominator > 1:
        unit *= 2
    return ScoreMetre(max(-(-length * unit // 4), 1), unit)
