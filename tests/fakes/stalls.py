"""How long the machine itself stood still, so that a test need not blame the program for it."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Self

LOOK = 0.005
"""Seconds between two looks."""


class Stalls:
    """Watches every core while it is entered: a virtual machine's may stand still one by one.

    What is late by less than a bound plus :attr:`longest` was made late by nobody but the machine, or not at all.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = threading.Event()
        cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else [0]
        self._threads = [threading.Thread(target=self._watch, args=(core,), daemon=True) for core in cores]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, core: int) -> None:
        if sys.platform == "linux":
            os.sched_setaffinity(0, {core})
        before = time.monotonic()
        while not self._over.is_set():
            time.sleep(LOOK)
            now = time.monotonic()
            self.longest = max(self.longest, now - before - LOOK)
            before = now
