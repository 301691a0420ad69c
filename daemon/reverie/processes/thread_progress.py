"""Whether a process really computes sound or MIDI: the thread that its audio system wakes for each period wakes up.

It is the one that has woken up most often by far. Others do so now and then, as when a client of the server comes or
goes, which a server that hangs in its driver still reports.

A server of sound that hangs closes no socket and reports no error. Its clients wait for the next period, which never
comes: that they sleep on is all there is to see. The kernel counts how often each thread was scheduled, and tells it
without a call to any library that could hang too. Linux only; elsewhere every process counts as running.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

EVERY = 1.0
"""Seconds between looks at a process that runs."""
FIRST = 0.03
"""The same until it was first seen to run."""
SLOWEST = 2.0
"""Times a second that the thread of an audio system wakes up at least: periods have 8,192 frames at most."""
SURE = 3
"""Times that it has woken up once it runs: others may, once or twice, while all begins."""
_OTHERS = re.compile(r"SDLHotplug")
"""Threads that look for devices, by themselves, whether anything sounds or not."""
_SWITCHES = re.compile(rb"voluntary_ctxt_switches:\s*(\d+)")


class ThreadProgress:
    """The threads of a process but for its first, which reads commands; ``None`` is this process."""

    def __init__(self, pid: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._main = str(pid or os.getpid())
        self._tasks = Path("/proc") / self._main / "task"
        self._clock = clock
        self._looked = clock()
        self._counts = self._read()
        self._gained: dict[str, int] = {}
        self.moves = False
        """Whether it was seen to run."""
        self.stuck = 0.0
        """Seconds for which it has not, as far as anybody looked."""

    def look(self) -> None:
        """See who has run since the last time, if that is long enough ago."""
        now = self._clock()
        elapsed = now - self._looked
        if elapsed < (EVERY if self.moves else FIRST):
            return
        counts, before = self._read(), self._counts
        if counts is None or before is None:
            self.moves, self.stuck = True, 0.0
            return
        gained_now = {thread: count - before.get(thread, count) for thread, count in counts.items()}
        in_all = {thread: self._gained.get(thread, 0) + count for thread, count in gained_now.items()}
        gained = gained_now[max(in_all, key=in_all.__getitem__)] if in_all else 0
        if self.moves or gained >= SURE or elapsed >= EVERY:
            self._looked, self._counts, self._gained = now, counts, in_all
            ran = gained >= SLOWEST * elapsed if self.moves else gained >= SURE
            self.moves = self.moves or ran
            self.stuck = 0.0 if ran else self.stuck + min(elapsed, 2 * EVERY)

    def _read(self) -> Mapping[str, int] | None:
        """How often each thread was scheduled; None where nobody can know."""
        try:
            threads = [task.name for task in self._tasks.iterdir()]
        except OSError:
            return None
        counts: dict[str, int] = {}
        for thread in threads:
            if thread == self._main:
                continue
            try:
                if not _OTHERS.match((self._tasks / thread / "comm").read_text(errors="replace")):
                    status = (self._tasks / thread / "status").read_bytes()
                    counts[thread] = sum(int(number) for number in _SWITCHES.findall(status))
            except OSError:  # it has ended meanwhile
                continue
        return counts
