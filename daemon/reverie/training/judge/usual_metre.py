"""The metre that loops are judged in: the one that most bars of the training music have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

M = TypeVar("M")


def usual_metre(bars: Iterable[tuple[M, int]]) -> M:
    """The metre that most bars have.

    Args:
        bars: of each stretch of music its metre, and how many bars it has.

    Raises:
        ValueError: if there are no bars.
    """
    counted = Counter[M]()
    for metre, count in bars:
        counted[metre] += count
    if not counted:
        raise ValueError("there is no music to judge by: no piece of it has a few bars without a silent one")
    return counted.most_common(1)[0][0]
