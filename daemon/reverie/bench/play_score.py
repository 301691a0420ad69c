"""The music that every player plays in turn, and how late each of its notes was: pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

QPM = 120
METRE = Metre()
BAR = METRE.bar_ticks * 60 / (QPM * TICKS_PER_QUARTER)
"""Seconds of a bar."""
BEAT = 60 / QPM
SETTLING = 1
"""Bars at the start that are not counted, of any player."""
LENGTH = 90
"""Ticks that a note lasts: no pitch is struck while it sounds."""
_VELOCITY = 100
_STEPS = range(METRE.bar_steps)


def _notes(steps: Iterable[int], *pitches: int) -> Iterator[Note]:
    for step in steps:
        for pitch in pitches:
            yield Note(step * TICKS_PER_STEP, LENGTH, pitch, _VELOCITY)


def _loop(notes: Iterable[Note]) -> Loop:
    return Loop(1, METRE, tuple(notes))


PARTS: Mapping[str, Loop] = {
    "drums": _loop([*_notes(_STEPS, 42), *_notes(_STEPS[::4], 36), *_notes(_STEPS[4::8], 38)]),
    "bass": _loop(_notes(_STEPS[::2], 31)),
    "lead": _loop(note for step in _STEPS for note in _notes((step,), 72 + step % 7)),
    "chords": _loop(_notes(_STEPS[::2], 50, 54, 57, 61)),
}
"""A bar of each part, without a pitch in common: 78 notes in two seconds, up to seven at a time."""


@dataclass(frozen=True, slots=True)
class ArrivedNote:
    """A note that arrived: its moment in seconds of the player's clock, and its pitch."""

    time: float
    pitch: int


@dataclass(frozen=True, slots=True)
class Lateness:
    """When notes were due, in seconds of the music, and by how many seconds each came after that."""

    due: tuple[float, ...]
    late: tuple[float, ...]


def onsets(bars: int) -> Iterator[tuple[float, int]]:
    """When each note of so many bars begins, in seconds from the first, and its pitch; in order."""
    notes = sorted((note.start, note.pitch) for loop in PARTS.values() for note in loop.notes)
    for bar in range(bars):
        for start, pitch in notes:
            yield bar * BAR + start * BAR / METRE.bar_ticks, pitch


def lateness(struck: Iterable[ArrivedNote], start: float, bars: int) -> Lateness:
    """Hold what arrived against the score, of which the first note was due at ``start``.

    Raises:
        ValueError: if other notes arrived than the score has.
    """
    arrived: dict[int, list[float]] = defaultdict(list)
    for note in struck:
        arrived[note.pitch].append(note.time)
    score = tuple(onsets(bars))
    wanted = Counter(pitch for _, pitch in score)
    if {pitch: len(times) for pitch, times in arrived.items()} != wanted:
        raise ValueError(f"of {len(score)} notes {sum(map(len, arrived.values()))} arrived, or others")
    heard = {pitch: iter(times) for pitch, times in arrived.items()}
    rows = [(due, next(heard[pitch]) - start - due) for due, pitch in score]
    counted = [row for row in rows if row[0] >= SETTLING * BAR]
    return Lateness(tuple(due for due, _ in counted), tuple(late for _, late in counted))


def figures(measured: Lateness) -> dict[str, Any]:
    """Percentiles in microseconds (the nearest rank), and how much later notes come an hour on."""
    slope, error = trend(promptest(measured))
    return {
        "notes": len(measured.late),
        **percentiles(measured.late),
        "drift_us_per_hour": round(slope * 3600e6, 1),
        "drift_error_us_per_hour": round(error * 3600e6, 1),
    }


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """In microseconds: half, 99 %, 99.9 % and all of them were no later."""
    ranked = sorted(seconds)

    def rank(share: float) -> float:
        return round(ranked[max(math.ceil(share * len(ranked)), 1) - 1] * 1e6, 1)

    return {"p50_us": rank(0.5), "p99_us": rank(0.99), "p999_us": rank(0.999), "max_us": rank(1.0)}


def promptest(measured: Lateness) -> Lateness:
    """Of the notes of each beat the one that was least late: what remains of it is the clock, and not the crowd."""
    best: dict[int, tuple[float, float]] = {}
    for due, late in zip(measured.due, measured.late, strict=True):
        beat = int(due / BEAT)
        if beat not in best or late < best[beat][1]:
            best[beat] = due, late
    return Lateness(tuple(due for due, _ in best.values()), tuple(late for _, late in best.values()))


def trend(measured: Lateness) -> tuple[float, float]:
    """The slope of lateness over time by least squares, and its standard error."""
    count = len(measured.due)
    middle, mean = sum(measured.due) / count, sum(measured.late) / count
    spread = sum((due - middle) ** 2 for due in measured.due)
    slope = sum((due - middle) * late for due, late in zip(measured.due, measured.late, strict=True)) / spread
    rest = sum(
        (late - mean - slope * (due - middle)) ** 2 for due, late in zip(measured.due, measured.late, strict=True)
    )
    return slope, math.sqrt(rest / max(count - 2, 1) / spread)
