"""A flood: somebody does so much of something that it is left out. People are told while it lasts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from reverie.watch.fault_kinds import FaultKind
from reverie.watch.faults import Faults

MANY = 100
"""Times a minute from which it is a flood: below that, somebody has a bad minute."""
WITHIN = 60.0


class Flood:
    """Counts what is left out, and tells the register of faults; :meth:`look` takes the fault back when it is over."""

    def __init__(self, faults: Faults, kind: FaultKind, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults = faults
        self._kind = kind
        self._clock = clock
        self._left_out: deque[float] = deque(maxlen=MANY)
        self._lasts = False

    def count(self) -> None:
        """Something was left out."""
        self._left_out.append(self._clock())
        self.look()

    def look(self) -> None:
        """Begin or end the flood; to be called now and then."""
        now = self._clock()
        while self._left_out and now - self._left_out[0] >= WITHIN:
            self._left_out.popleft()
        if len(self._left_out) == MANY and not self._lasts:
            self._lasts = True
            self._faults.tell(self._kind, "", self._kind.meaning)
        elif not self._left_out and self._lasts:
            self._lasts = False
            self._faults.clear(self._kind)
