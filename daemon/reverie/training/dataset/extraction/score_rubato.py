# pyright: basic
# note_seq has no types.
"""A plain rubato for scores, which say no more of time than a metronome does.

PerformanceRNN counts hundredths of a second. Learned from scores as they stand it would count those of a machine; so
the tempo of each phrase rises and falls in an arch, faster in the middle, slower at the end. That is the simplest that
N. P. Todd found in performances ("A model of expressive timing in tonal music", Music Perception 3(1), 1985). Nobody
played it, and a model that learned from it does not know how anybody plays.

A phrase is four bars, counted from the first bar line. How deep its arch is, is drawn by the notes themselves: a piece
has always the same rubato, and its transposed versions have others. All parts of a piece keep together, since time
itself is bent.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from note_seq import sequences_lib

_BARS = 4
_SHALLOWEST, _DEEPEST = 0.05, 0.15
"""About which share of the tempo the end of a phrase is slower than the phrase is on average."""
_LAST = 2.0
"""How many times deeper the arch of the last phrase is."""
_PEAK = 0.4
"""Where in a phrase the tempo is highest."""
_KNOTS = 32
"""Stretches of a phrase in each of which the tempo is even: half of an eighth, in four bars of 4/4."""


def is_score(sequence: Any) -> bool:
    """Whether a NoteSequence was read from a score, which nobody played."""
    info = sequence.source_info
    return info.source_type == info.SCORE_BASED


def with_rubato(sequence: Any, lines: Sequence[float]) -> tuple[Any, list[float]]:
    """A piece with a rubato, and where its bar lines are then.

    Args:
        sequence: in seconds; its changes of tempo are lost, as is all that is written besides notes and pedals.
        lines: the seconds at which its bars begin, in order.
    """
    strict, bent = _bent_time(sequence, lines)

    def at(seconds: float) -> float:
        return float(np.interp(seconds, strict, bent))

    warped, _ = sequences_lib.adjust_notesequence_times(sequence, at)
    return warped, [at(line) for line in lines]


def _bent_time(sequence: Any, lines: Sequence[float]) -> tuple[list[float], list[float]]:
    """Moments of strict time, and when they come."""
    chance = random.Random(crc32(bytes(note.pitch for note in sequence.notes)))
    end = max(sequence.total_time, max((note.end_time for note in sequence.notes), default=0.0))
    borders = [0.0, *(line for line in lines[::_BARS] if 0 < line < end), end]
    strict, bent = [0.0], [0.0]
    for first, last in pairwise(borders):
        depth = chance.uniform(_SHALLOWEST, _DEEPEST) * (_LAST if last == end else 1.0)
        tempos = _arch(depth)
        step = (last - first) / _KNOTS
        strict += [first + step * number for number in range(1, _KNOTS)] + [last]
        for tempo in tempos:
            bent.append(bent[-1] + step / tempo)
    return strict, bent


def _arch(depth: float) -> list[float]:
    """The tempos of the stretches of a phrase, as shares of one that makes it last as long as in strict time."""
    places = (np.arange(_KNOTS) + 0.5) / _KNOTS
    rising = 1 - ((_PEAK - places) / _PEAK) ** 2 / 2
    falling = 1 - ((places - _PEAK) / (1 - _PEAK)) ** 2 * 1.5
    arch = 1 + depth * np.where(places < _PEAK, rising, falling)
    return (arch * np.mean(1 / arch)).tolist()
