"""Faults as events: each that is raised, changed or cleared in the register.

Threads tell the register too, but whoever subscribes to the bus is called by the conductor's thread alone.
"""

from __future__ import annotations

import threading
from collections import deque

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.watch.faults import Fault, Faults
from reverie.watch.happenings import FaultCleared, FaultRaised, Moment


class FaultNews:
    """Publishes at once what the conductor's own thread tells, and what others tell at the next :meth:`look`."""

    def __init__(self, faults: Faults, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._home = threading.get_ident()
        self._waiting = deque(faults.active)  # what was told before is published at the first look
        faults.listen(self._hear)

    def look(self) -> None:
        """Publish what waits, in the order in which it was told."""
        while self._waiting:
            fault, at = self._waiting.popleft(), Moment.of(self._clock)
            self._bus.publish(FaultRaised(at, fault) if fault.cleared is None else FaultCleared(at, fault))

    def _hear(self, fault: Fault) -> None:
        self._waiting.append(fault)
        if threading.get_ident() == self._home:
            self.look()
