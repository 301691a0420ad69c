"""Looks at the machine now and then: what it tells of itself becomes figures, and what goes wrong with it a fault."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from reverie.clock import Clock
from reverie.watch.fault_kinds import (
    CARD_WORN,
    CLOCK_UNKEPT,
    DISK_FILLING,
    MACHINE_HOT,
    MEMORY_SHORT,
    UNDERVOLTAGE,
    FaultKind,
)
from reverie.watch.faults import Faults
from reverie.watch.machine_facts import MachineFacts, clock_kept, machine_facts

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks."""
CLOCK_EVERY = 300.0
"""Seconds between two looks at who keeps the clock: that may need a program, and another that it starts."""
HOT, COOL = 80.0, 75.0
"""Degrees Celsius from which on it is hot, and below which no longer; a Raspberry Pi slows down from 80 on."""
POWERED = 600.0
"""Seconds without undervoltage after which its end is told: it comes by the second."""
UNKEPT = 3600.0
"""Seconds without a time service after which that is told."""
SHORT, ENOUGH = 0.05, 0.08
"""Shares of the memory below which it is short, and above which it is enough."""
WORN = 0.9
RESERVE_NORMAL = 1
SOON = 7.0
"""Days until a disk is full of which is told; :data:`LATE` for its end, as the slope wavers from day to day."""
LATE = 10.0


class MachineFaults:
    """Tells what is wrong with the machine, each with room between its beginning and its end.

    ``by_hours`` says whether the time of day matters now.
    """

    def __init__(self, faults: Faults, clock: Clock, *, by_hours: Callable[[], bool]) -> None:
        self._faults = faults
        self._clock = clock
        self._by_hours = by_hours
        self._kept = self._powered = clock.now()

    def look(self, facts: MachineFacts, days_left: Mapping[str, float]) -> None:
        """See what is wrong, and what is no longer."""
        now = self._clock.now()
        heat = facts.heat
        if heat is not None and self._begins(MACHINE_HOT, wrong=heat >= HOT, right=heat < COOL):
            self._faults.tell(MACHINE_HOT, "", f"The processor has {heat:.0f} °C")
        if facts.restrained("undervoltage"):
            self._powered = now
            self._faults.tell(UNDERVOLTAGE, "", "The machine gets too little voltage")
        elif now - self._powered >= POWERED:
            self._faults.clear(UNDERVOLTAGE)
        if facts.clock_kept or not self._by_hours():
            self._kept = now
        unkept = facts.clock_kept is False and now - self._kept >= UNKEPT
        if self._begins(CLOCK_UNKEPT, wrong=unkept, right=not unkept):
            self._faults.tell(CLOCK_UNKEPT, "", "No time service has kept the clock for an hour")
        if facts.memory is not None and facts.memory_total:
            left = facts.memory / facts.memory_total
            if self._begins(MEMORY_SHORT, wrong=left < SHORT, right=left > ENOUGH):
                self._faults.tell(MEMORY_SHORT, "", f"Only {facts.memory / 1e6:.0f} MB of memory are left")
        self._see_card(facts)
        for folder, days in days_left.items():
            if self._begins(DISK_FILLING, folder, wrong=days < SOON, right=days > LATE):
                sentence = f"The disk of the folder {folder} will be full in {days:.0f} days"
                self._faults.tell(DISK_FILLING, folder, sentence)

    def _see_card(self, facts: MachineFacts) -> None:
        worn = facts.card_worn is not None and facts.card_worn >= WORN
        spent = facts.card_reserve is not None and facts.card_reserve > RESERVE_NORMAL
        sentence = "Most spare blocks of the built-in card are used"
        if worn and facts.card_worn is not None:
            sentence = f"The built-in card has {min(facts.card_worn, 1.0):.0%} of its life behind it"
        if self._begins(CARD_WORN, wrong=worn or spent, right=not (worn or spent)):
            self._faults.tell(CARD_WORN, "", sentence)

    def _begins(self, kind: FaultKind, subject: str = "", *, wrong: bool, right: bool) -> bool:
        """Whether it is to be told, once: its figure changes with every look. Where all is right, it is cleared."""
        told = any(fault.subject == subject for fault in self._faults.of(kind))
        if right and told:
            self._faults.clear(kind, subject)
        return wrong and not told


class MachineWatch:
    """Has a thread of its own, which may hang in a disk that is gone, and holds up nothing.

    Args:
        folders: Whose disks are looked at.
        found: Told what was seen, in that thread.
    """

    def __init__(self, folders: Mapping[str, Path], found: Callable[[MachineFacts], object]) -> None:
        self._folders = folders
        self._found = found
        self._stopped = threading.Event()
        self._kept: tuple[float, bool | None] | None = None

    def start(self) -> None:
        """Look now, and now and then from now on."""
        threading.Thread(target=self._run, name="machine-watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            begun = time.monotonic()
            try:
                self._found(machine_facts(self._folders, self._clock_kept))
            except RuntimeError:  # the event loop is closed: nobody is told any more
                return
            except Exception:
                log.exception("The machine could not be looked at; it is tried again.")
            self._stopped.wait(max(EVERY - (time.monotonic() - begun), 1.0))

    def _clock_kept(self) -> bool | None:
        now = time.monotonic()
        if self._kept is None or now - self._kept[0] >= CLOCK_EVERY:
            self._kept = now, clock_kept()
        return self._kept[1]
