"""Not more than so many a second: the last that was wanted is done, and what was wanted in between is left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST = 64
"""Keys that can wait at once; what comes beyond them is left out."""


class RateLimit(Generic[Key, Value]):
    """Lets the first of a key through at once, then one each ``interval`` seconds: the latest.

    Args:
        interval: Seconds.
        let_through: Where values go.
        later: Calls something after so many seconds, such as an event loop's ``call_later``.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        interval: float,
        let_through: Callable[[Value], None],
        later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._let_through = let_through
        self._later = later
        self._clock = clock
        self._passed: dict[Key, float] = {}
        self._waiting: dict[Key, Value] = {}

    def offer(self, key: Key, value: Value) -> None:
        """A value of a key is wanted: now, or in place of the one that waits."""
        now = self._clock()
        if key in self._waiting:
            self._waiting[key] = value
            return
        self._passed = {other: at for other, at in self._passed.items() if now - at < self._interval}
        if key in self._passed:
            self._waiting[key] = value
            self._later(self._passed[key] + self._interval - now, lambda: self._pass(key))
        elif len(self._passed) < MOST:
            self._passed[key] = now
            self._let_through(value)

    def waiting(self, key: Key) -> Value | None:
        """What of a key will be let through next."""
        return self._waiting.get(key)

    def _pass(self, key: Key) -> None:
        self._passed[key] = self._clock()
        self._let_through(self._waiting.pop(key))
