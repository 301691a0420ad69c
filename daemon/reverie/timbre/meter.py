"""Shows a person how far a long render has come."""

from __future__ import annotations

import sys
import time

_MINUTE = 60.0
_SURE = 5.0
"""Seconds after which it can be said how long the rest will take."""


class Meter:
    """Shows on stderr how far a render has come: on a terminal in one line, else a line for each tenth."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._terminal = sys.stderr.isatty()
        self._begun = time.monotonic()
        self._shown = -1

    def show(self, done: float) -> None:
        """Show it, unless it was shown already."""
        step = int(done * (100 if self._terminal else 10))
        if step == self._shown:
            return
        self._shown = step
        passed = time.monotonic() - self._begun
        left = f", {lasting(passed * (1 - done) / done)} left" if 0 < done < 1 and passed > _SURE else ""
        text = f"{self._title}: {done:.0%}{left}"
        sys.stderr.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and self._shown >= 0:
            sys.stderr.write("\n")


def lasting(seconds: float) -> str:
    """So many seconds, as a person says them."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _MINUTE * _MINUTE:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _MINUTE / _MINUTE:.1f} h"
