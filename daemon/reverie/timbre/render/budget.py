"""How much processor time a render may take: only what other processes leave, and at most its share."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

NICEST = 19
LONGEST_REST = 5.0
"""Seconds of one rest, after which it is asked anew whether to go on."""


def give_way() -> None:
    """Let this process run only where no other wants to, and be the first to go where memory runs out.

    SCHED_IDLE and the score for the end of memory are Linux's (sched(7), proc(5)); elsewhere it is merely nice.
    """
    os.nice(NICEST)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


class Budget:
    """Rests after each slice of work for so long that the process stays within its share of all cores."""

    def __init__(
        self,
        share: float,
        wall: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        rest: Callable[[float], object] = time.sleep,
        cores: int | None = None,
    ) -> None:
        self._allowed = share * (cores or os.cpu_count() or 1)
        self._wall = wall
        self._used = used
        self._rest = rest
        self._before = wall(), used()
        self._owed = 0.0

    def spend(self) -> None:
        """A slice is done."""
        wall, used = self._before
        late = self._owed + (self._used() - used) / self._allowed - (self._wall() - wall)
        rest = min(max(late, 0.0), LONGEST_REST)
        self._owed = max(late, 0.0) - rest
        if rest:
            self._rest(rest)
        self._before = self._wall(), self._used()


class Gate:
    """What a render passes after each slice: it waits there while it is held."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()

    def hold(self, *, on: bool) -> None:
        """Hold the render, or let it go on."""
        if on:
            self._open.clear()
        else:
            self._open.set()

    def wait(self) -> None:
        """Return once the gate is open."""
        self._open.wait()
