"""How like the bars of a passage are to those before: what is in both bars by what is in either."""

from __future__ import annotations

from collections.abc import Sequence


def bar_likeness(struck: Sequence[frozenset[int]], bar: int, lag: int = 1) -> float | None:
    """The mean over all whole bars that have another ``lag`` bars before; None where no two of them have a note.

    Args:
        struck: by step, the pitches that begin, from a bar line on.
        bar: the steps of a bar.
        lag: after how many bars it is compared with itself.
    """
    bars = [
        {(step, pitch) for step in range(bar) for pitch in struck[number * bar + step]}
        for number in range(len(struck) // bar)
    ]
    found = [len(one & two) / len(one | two) for one, two in zip(bars, bars[lag:], strict=False) if one | two]
    return sum(found) / len(found) if found else None
