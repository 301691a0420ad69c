"""How notes are struck: how loud, how much of that the bar explains, and how far from the grid."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import Ratio
from reverie.music.time import TICKS_PER_QUARTER

DRIFT = 4 * TICKS_PER_QUARTER
"""Ticks to either side of a note over whose mean it is early or late, once drift is removed: the player's own pace."""
_FEW = 2


def spread(values: Sequence[float]) -> float | None:
    """The standard deviation; None of nothing."""
    if not values:
        return None
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def velocity_spread(voices: Sequence[MeasuredVoice]) -> float | None:
    """The standard deviation of the velocities of voices together."""
    return spread([note.velocity for voice in voices for note in voice.notes])


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

    That pace is the mean over the notes of these voices from :data:`DRIFT` before to as much behind.
    """
    notes = sorted((note for voice in voices for note in voice.notes), key=lambda note: note.start)
    starts = [note.start for note in notes]
    late = [1000.0 * note.late * piece.seconds_a_tick(note.start) for note in notes]
    sums = [0.0]
    for one in late:
        sums.append(sums[-1] + one)
    paced = list[float]()
    for note, own in zip(notes, late, strict=True):
        first, last = bisect_left(starts, note.start - DRIFT), bisect_right(starts, note.start + DRIFT)
        paced.append(own - (sums[last] - sums[first]) / (last - first) if last - first >= _FEW else 0.0)
    return late, paced


def on_the_grid(voices: Sequence[MeasuredVoice]) -> Ratio:
    """How many notes are struck exactly at their places."""
    notes = [note for voice in voices for note in voice.notes]
    return Ratio(sum(note.late == 0 for note in notes), len(notes))


def _squares(values: Sequence[float]) -> float:
    mean = sum(values) / len(values) if values else 0.0
    return sum((value - mean) ** 2 for value in values)
