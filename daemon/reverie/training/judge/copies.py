"""How much of a loop was copied from the training music: the longest run of steps that is there note for note.

A run begins and ends with a note, since silence and held notes are anybody's. It may begin at any step and lie at any
place of the bar. Steps are compared by 64-bit sums that depend on each step and its place: of the some 10^10 pairs of
runs in a judgement not one would be taken for equal by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_Sums = NDArray[np.uint64]
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SEED = 20_17


class KnownRuns:
    """The training music, to look runs up in.

    Args:
        passages: their events as numbers, from 0 up.
        longest: the most steps of a run that will be looked for.
    """

    def __init__(self, passages: Iterable[Sequence[int]], longest: int) -> None:
        whole = [np.asarray(passage, np.int64) for passage in passages if len(passage)]
        most = max((int(passage.max()) for passage in whole), default=0)
        generator = np.random.default_rng(_SEED)
        self._codes = generator.integers(1, 1 << 63, most + 1, np.uint64)
        self._known: list[_Sums] = []
        sums = [np.zeros(len(passage) + 1, np.uint64) for passage in whole]
        for length in range(1, longest + 1):
            sums = [
                before[: len(passage) - length + 1] * _FACTOR + self._codes[passage[length - 1 :]]
                for before, passage in zip(sums, whole, strict=True)
                if len(passage) >= length
            ]
            whole = [passage for passage in whole if len(passage) >= length]
            self._known.append(np.unique(np.concatenate(sums)) if sums else np.zeros(0, np.uint64))

    def longest(self, events: Sequence[int], begins: Sequence[bool]) -> int:
        """The steps of the longest run of a loop that is in the training music.

        Args:
            events: the loop's, as numbers.
            begins: for each, whether a note begins there; a run begins and ends with one.
        """
        begins_at = np.asarray(begins, np.bool_)
        places = np.flatnonzero(begins_at)
        numbers = np.asarray(events, np.int64)
        known = numbers < len(self._codes)
        codes = np.where(known, self._codes[np.where(known, numbers, 0)], np.uint64(0))
        sums = np.zeros(len(events) + 1, np.uint64)
        best = 0
        for length in range(1, min(len(events), len(self._known)) + 1):
            sums = sums[: len(events) - length + 1] * _FACTOR + codes[length - 1 :]
            there = _are_in(sums, self._known[length - 1])
            if not there.any():  # nor is anything longer
                break
            starts = places[places + length <= len(events)]
            starts = starts[begins_at[starts + length - 1]]
            if there[starts].any():
                best = length
        return best


def _are_in(values: _Sums, known: _Sums) -> NDArray[np.bool_]:
    """Which values are among others that are in order."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    return known[np.minimum(known.searchsorted(values), len(known) - 1)] == values
