"""How long a voice repeats itself note for note, and how much of what it plays was heard before.

Bars are equal if they have the same notes at the same places; velocity and touch do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import Ratio, rounded

LONGEST_PERIOD = 32
"""Bars of the longest loop whose turns in a row are looked for."""
MEMORY_SECONDS = 3600.0
"""For how long what was heard counts as heard."""
LONGEST_PAUSE = 3
"""Bars of silence that may belong to a loop; after more of them a voice comes back, and holds nothing."""
LONGEST_REST = 8
"""Bars of silence that belong to a stretch that comes back."""
LAST_SECONDS = 600.0
"""How much of a piece is its end."""
NAMES = ("longest_hold", "longest_return", "heard_before", "heard_before_at_the_end")
"""The figures of a voice."""

BarNumbers = NDArray[np.int64]
"""By bar a number for its content: bars of equal numbers are equal, and 0 is silent."""


def bar_numbers(piece: Piece, voice: MeasuredVoice) -> BarNumbers:
    """The bars of a voice by content, as numbers."""
    content: list[set[tuple[int, int]]] = [set() for _ in piece.bars]
    for note in voice.notes:
        number = piece.bar_at(note.start)
        content[number].add((note.start - piece.bars[number].start, note.pitch))
    known: dict[frozenset[tuple[int, int]], int] = {frozenset(): 0}
    return np.array([known.setdefault(frozenset(one), len(known)) for one in content], dtype=np.int64)


def longest_hold(numbers: BarNumbers) -> int:
    """The bars of the longest stretch in which a voice plays one loop over and over, its first turn included.

    A loop of 2 bars that is played 4 times is 8 bars; 0 where no loop is played twice in a row. Silent bars at either
    end do not count, silence is no loop, and what comes again after more than :data:`LONGEST_PAUSE` silent bars is a
    return.
    """
    longest = 0
    for period in range(1, min(LONGEST_PERIOD, len(numbers) // 2) + 1):
        for start, end in _equal(numbers, period):
            whole = np.flatnonzero(numbers[start - period : end])
            if end - start >= period and len(whole) and np.diff(whole).max(initial=0) <= LONGEST_PAUSE + 1:
                longest = max(longest, int(whole[-1] - whole[0] + 1))
    return longest


def longest_return(numbers: BarNumbers) -> int:
    """The bars of the longest stretch that equals an earlier one bar for bar.

    It begins and ends with notes, and silence of more than :data:`LONGEST_REST` bars ends it.
    """
    longest = 0
    for lag in range(1, len(numbers)):
        for start, end in _equal(numbers, lag):
            if end - start <= longest:
                continue
            struck = np.flatnonzero(numbers[start:end])
            parts = np.split(struck, np.flatnonzero(np.diff(struck) > LONGEST_REST + 1) + 1)
            longest = max(longest, *(int(part[-1] - part[0] + 1) for part in parts if len(part)), 0)
    return longest


def heard_before(piece: Piece, numbers: BarNumbers, last_seconds: float | None = None) -> Ratio:
    """Of the bars in which a voice strikes: how many equal one of the hour before them.

    Args:
        piece: the piece.
        numbers: the voice's bars.
        last_seconds: count only bars that begin so short before the piece's end.
    """
    first = piece.seconds - last_seconds if last_seconds is not None else 0.0
    last = dict[int, float]()
    hits = of = 0
    for now, number in zip(piece.bar_seconds, numbers.tolist(), strict=True):
        if not number:
            continue
        if now >= first:
            of += 1
            hits += number in last and now - last[number] <= MEMORY_SECONDS
        last[number] = now
    return Ratio(hits, of)


def again(piece: Piece, voice: MeasuredVoice) -> dict[str, float | None]:
    """All figures of how a voice repeats itself."""
    numbers = bar_numbers(piece, voice)
    heard, late = (heard_before(piece, numbers, seconds).value for seconds in (None, LAST_SECONDS))
    return dict(
        zip(NAMES, (longest_hold(numbers), longest_return(numbers), rounded(heard), rounded(late)), strict=True)
    )


def again_of(voices: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Of each figure the greatest of several voices."""
    names = dict.fromkeys(name for voice in voices for name in voice)
    known = {name: [value for voice in voices if (value := voice[name]) is not None] for name in names}
    return {name: max(values, default=None) for name, values in known.items()}


def _equal(numbers: BarNumbers, lag: int) -> Iterator[tuple[int, int]]:
    """The first bar, and the bar after the last, of each stretch that equals what was there ``lag`` bars before."""
    equal = (numbers[lag:] == numbers[:-lag]).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], equal, [0]]))) + lag
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
