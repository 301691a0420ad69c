"""Progressions as musicians write them: ``Dm9 | G13 | Cmaj7 x2 | A7alt``, or by degrees, ``i | VI | III V7 | i``.

A bar line parts bars; so does a line's end. The chords of a bar share it, as evenly as its beats allow, and ``-`` or
``%`` holds the chord before. ``x4`` at a bar's end plays that bar four times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reverie.errors import WordError
from reverie.music.chord_symbols import NO_CHORD, chord_tones
from reverie.music.degrees import degree_symbol, is_degree
from reverie.music.harmony import Key
from reverie.music.time import TICKS_PER_STEP, Metre

HOLDS = frozenset({"-", "%"})
MOST_BARS = 512
"""Bars that a progression may have."""
_TOKEN = re.compile(r"\|+|\n|[^\s|]+")
_TIMES = re.compile(r"[xX*]([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class WrittenChord:
    """A chord from ``share`` of ``of`` equal shares of its bar on; ``word`` is a symbol or a degree."""

    word: str
    share: int
    of: int

    def start(self, metre: Metre) -> int:
        """Its tick in the bar: on a beat, or where there are more chords than beats, on a unit or a sixteenth.

        Two chords part the bar at the beat nearest to its middle (3+2+2/8 has 3 and 4); of more, the first are longer.
        """
        units = range(0, metre.bar_ticks, max(metre.unit_ticks, TICKS_PER_STEP))
        steps = range(0, metre.bar_ticks, TICKS_PER_STEP)
        places = next((places for places in (metre.beats, units) if len(places) >= self.of), steps)
        if 2 * self.share == self.of:
            return min(places, key=lambda place: (abs(2 * place - metre.bar_ticks), -place))
        return places[min(-(-self.share * len(places) // self.of), len(places) - 1)]


@dataclass(frozen=True, slots=True)
class Progression:
    """Bars of chords; a bar without one, or whose first begins later, goes on with the chord before."""

    bars: tuple[tuple[WrittenChord, ...], ...]


def chord_symbol(word: str, key: Key) -> str:
    """A symbol, or a degree in a key, as a symbol.

    Raises:
        ValueError: if it is neither.
    """
    return degree_symbol(word, key) if is_degree(word) else word


def parse_progression(text: str) -> Progression:
    """Read a progression.

    Raises:
        WordError: at the word that is wrong.
    """
    bars: list[tuple[WrittenChord, ...]] = []
    for number, (words, times) in enumerate(_bars(text), start=1):
        if not bars and words[0][0] in HOLDS:
            raise WordError(
                f"bar 1 begins with {words[0][0]}, but there is no chord before that it could hold", words[0][1]
            )
        for word, place in words:
            if word not in HOLDS:
                _check(word, place, number)
        chords = tuple(
            WrittenChord(word, share, len(words)) for share, (word, _) in enumerate(words) if word not in HOLDS
        )
        bars += [chords] * times
        if len(bars) > MOST_BARS:
            raise WordError(f"a progression has {MOST_BARS} bars at most", words[0][1])
    if not bars:
        raise WordError('a progression is chords with bar lines between them, such as "Dm9 | G13 | Cmaj7"', 0)
    return Progression(tuple(bars))


def _check(word: str, place: int, bar: int) -> None:
    if word in {NO_CHORD, "NC"}:
        raise WordError(
            f"bar {bar}: a progression has a chord everywhere; {word} is none (- holds the chord before)", place
        )
    try:
        chord_tones(chord_symbol(word, Key()))
    except ValueError:
        message = f"bar {bar}: {word!r} is no chord, such as Dm9, G7alt or Bb/D, and no degree, such as ii7 or bVII"
        raise WordError(message, place) from None


def _bars(text: str) -> Iterator[tuple[list[tuple[str, int]], int]]:
    """The words of each bar with their places in the text, and how often it is played."""
    words: list[tuple[str, int]] = []
    times, at_beginning = 1, True
    for match in _TOKEN.finditer(text + "\n"):
        written, place = match[0], match.start()
        if written[0] in "|\n":
            if words:
                yield words, times
            elif written != "\n" and not at_beginning:
                raise WordError("nothing stands between these bar lines; - holds the chord before", place)
            at_beginning = written == "\n"
            words, times = [], 1
        elif counted := _TIMES.fullmatch(written):
            if not words or times > 1 or not int(counted[1]):
                raise WordError(f"{written} stands at the end of a bar and says how often it is played", place)
            times = int(counted[1])
        elif times > 1:
            raise WordError(f"a bar line is missing before {written!r}", place)
        else:
            words.append((written, place))
