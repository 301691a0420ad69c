"""The callback by which a render reports its progress after each slice of work, and by which it is held or ended."""

from __future__ import annotations

from collections.abc import Callable

Pace = Callable[[float], None]
"""Told of the share that is done after each slice; it may wait, or raise what ends the work."""


def unpaced(_: float) -> None:
    """Let work go on."""


def part(pace: Pace, begin: float, end: float) -> Pace:
    """The callback for a part of the work, which is from share ``begin`` to share ``end`` of the whole."""
    return lambda done: pace(begin + done * (end - begin))
