"""Threads of their own for what waits on networks: one at a time for each channel, and nobody waits for them.

A thread that hangs in a network holds up neither the music nor the end of the daemon.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from reverie.errors import ReverieError, ended

Done = Callable[[str | None], object]
"""Told in the event loop what kept it from being done, in one sentence; None: nothing."""


class OneAtATime:
    """Does one slow thing at a time, each in a thread that may die with the process; ``now`` gives the time."""

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._now = now
        self._since: float | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._since is not None

    @property
    def busy_for(self) -> float:
        """Seconds since it was begun; 0 if nothing is being done."""
        return 0.0 if self._since is None else self._now() - self._since

    def do(self, slow: Callable[[], None], done: Done) -> None:
        """Begin it, unless something is being done; ``done`` is called in the running event loop."""
        if self.busy:
            return
        self._since = self._now()
        loop = asyncio.get_running_loop()

        def over(fault: str | None) -> None:
            self._since = None
            done(fault)

        def run() -> None:
            fault: str | None = None
            try:
                slow()
            except ReverieError as error:
                fault = str(error)
            except Exception as error:  # noqa: BLE001 - what a library makes of a network has no end, and may name secrets
                fault = f"it could not be done ({type(error).__name__})"
            try:
                loop.call_soon_threadsafe(over, fault and ended(fault))
            except RuntimeError:  # the daemon has left meanwhile
                return

        try:
            threading.Thread(target=run, name=self._name, daemon=True).start()
        except (RuntimeError, MemoryError):
            loop.call_soon(over, "the machine has no room for another thread.")
