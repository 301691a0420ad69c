"""Takes the vitals of each minute, with what the machine tells of itself, and has them kept."""

from __future__ import annotations

import asyncio
import logging

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.history.vitals_store import VitalsStore
from reverie.watch.machine_heat import load_of_machine, processor_heat
from reverie.watch.vitals import MINUTE, MinuteOfVitals

log = logging.getLogger(__name__)


class VitalSigns:
    """Counts by what happens on the bus."""

    def __init__(self, store: VitalsStore, clock: Clock) -> None:
        self.store = store
        self._minute = MinuteOfVitals(clock)

    def subscribe_to(self, bus: Bus) -> None:
        """Count from now on."""
        self._minute.subscribe_to(bus)

    async def attend(self) -> None:
        """End each minute when it is over, until cancelled."""
        while True:
            await asyncio.sleep(MINUTE)
            try:
                heat = await asyncio.to_thread(processor_heat)
                self.store.add(self._minute.over(heat, load_of_machine()))
            except Exception:
                log.exception("The vitals of a minute are lost.")
