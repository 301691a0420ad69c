"""How notes are struck: how loud, how much of that the bar explains, and how far from the grid."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import Ratio
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

DRIFT = 2 * TICKS_PER_QUARTER
"""Ticks to either side of a note over which the mean lateness is the player's own pace."""
NEAR = TICKS_PER_STEP // 4
"""Ticks from its place within which a note is meant for it; what is farther off is an ornament, a flam or a roll."""


def spread(values: Sequence[float]) -> float | None:
    """The standard deviation; None of nothing."""
    if not values:
        return None
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def velocity_spread(voices: Sequence[MeasuredVoice]) -> float | None:
    """The standard deviation of the velocities of voices together."""
    return spread([note.velocity for voice in voices for note in voice.notes])


def spread_by_range(voices: Sequence[MeasuredVoice]) -> float | None:
    """The same of each voice by the range between its softest and its loudest note, the mean over their notes.

    A voice that may play from 40 to 76 cannot spread like one that plays from 1 to 127. None if all are level.
    """
    shares, notes = 0.0, 0
    for voice in voices:
        velocities = [note.velocity for note in voice.notes]
        width = max(velocities, default=0) - min(velocities, default=0)
        if width:
            shares += len(velocities) * (spread(velocities) or 0.0) / width
            notes += len(velocities)
    return shares / notes if notes else None


def distinct_velocities(voices: Sequence[MeasuredVoice]) -> int:
    """How many velocities there are."""
    return len({note.velocity for voice in voices for note in voice.notes})


def explained(piece: Piece, voices: Sequence[MeasuredVoice]) -> tuple[float | None, float | None]:
    """Which share of the variance of velocities place and drum explain: eta squared, and epsilon squared.

    Notes are grouped by voice, by their place in the bar and, of drums, by drum. Eta squared is the variance between
    groups by that of all. It grows where groups are small (a note alone is explained wholly), so that epsilon squared
    takes off what groups of that size explain by chance. None where all notes are equally loud, or too few.
    """
    groups: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for voice in voices:
        for note in voice.notes:
            place = note.start - piece.bars[piece.bar_at(note.start)].start
            groups[voice.name, place, 0 if voice.pitched else note.pitch].append(note.velocity)
    every = [velocity for group in groups.values() for velocity in group]
    whole = _squares(every)
    if len(every) - len(groups) < 1 or not whole:
        return None, None
    within = sum(map(_squares, groups.values()))
    eta = 1.0 - within / whole
    return eta, 1.0 - (within / (len(every) - len(groups))) / (whole / (len(every) - 1))


def deviations(piece: Piece, voices: Sequence[MeasuredVoice]) -> tuple[list[float], list[float]]:
    """Milliseconds by which each note is late (early: negative): from the grid, and from the player's own pace.

    That pace is the mean over the notes of these voices within :data:`DRIFT`. In it, and in what is told of the second,
    only notes that are :data:`NEAR` their places count.
    """
    notes = sorted((note for voice in voices for note in voice.notes), key=lambda note: note.start)
    starts = [note.start for note in notes]
    sums, counts = [0], [0]
    for note in notes:
        near = abs(note.late) <= NEAR
        sums.append(sums[-1] + note.late * near)
        counts.append(counts[-1] + near)
    late, paced = list[float](), list[float]()
    for note in notes:
        milliseconds = 1000.0 * piece.seconds_a_tick(note.start)
        first, last = bisect_left(starts, note.start - DRIFT), bisect_right(starts, note.start + DRIFT)
        own = note.late - (sums[last] - sums[first]) / max(counts[last] - counts[first], 1)
        late.append(note.late * milliseconds)
        if abs(own) <= NEAR:
            paced.append(own * milliseconds)
    return late, paced


def on_the_grid(voices: Sequence[MeasuredVoice]) -> Ratio:
    """How many notes are struck exactly at their places."""
    notes = [note for voice in voices for note in voice.notes]
    return Ratio(sum(note.late == 0 for note in notes), len(notes))


def _squares(values: Sequence[float]) -> float:
    mean = sum(values) / len(values) if values else 0.0
    return sum((value - mean) ** 2 for value in values)
