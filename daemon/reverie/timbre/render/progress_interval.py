"""How long work says how far it is, between two slices of it."""

from __future__ import annotations

from collections.abc import Callable

Pace = Callable[[float], None]
"""Told of the share that is done after each slice; it may wait, or raise what ends the work."""


def unpaced(_: float) -> None:
    """Let work go on."""


def part(pace: Pace, begin: float, end: float) -> Pace:
    """The pace of what is the whole's part from share ``begin`` to share ``end``."""
    return lambda done: pace(begin + done * (end - begin))
