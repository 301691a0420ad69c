"""What a progression has done before: whoever comes to the same chords again may go on as the last time.

Tunes repeat themselves, so what followed the chords that were just played tells more of the next than any other tune.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

LONGEST = 4
"""Chords in a row, at most, that are looked for."""


def repeated(before: Sequence[str]) -> tuple[int, dict[str, float]]:
    """How many of the last chords have been there before in a row, and the share of each that followed them.

    Args:
        before: the progression so far, oldest first.
    """
    for length in range(min(LONGEST, len(before) - 1), 0, -1):
        last = tuple(before[-length:])
        followed = Counter(
            before[begin + length]
            for begin in range(len(before) - length)
            if tuple(before[begin : begin + length]) == last
        )
        if followed:
            return length, {chord: count / followed.total() for chord, count in followed.items()}
    return 0, {}
