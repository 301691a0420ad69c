"""What the player says of its slots: told to people when it changes."""

from __future__ import annotations

import logging
from pathlib import Path

from reverie.bus import Bus
from reverie.play.messages import SlotState
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import SLOT_AT_FAULT
from reverie.watch.faults import Faults
from reverie.watch.happenings import SlotChanged, SlotsLost

log = logging.getLogger(__name__)


class SlotNews:
    """Hands it on to the register of faults and the log.

    Args:
        evidence: What is known of the slots.
        faults: The register of faults.
        tape: The folder of the tape, which has the music while nothing can be heard.
    """

    def __init__(self, evidence: Evidence, faults: Faults, tape: Path) -> None:
        self._evidence = evidence
        self._faults = faults
        self._tape = tape
        self._audible = True

    def subscribe_to(self, bus: Bus) -> None:
        """Tell from now on; what is known of the slots must have subscribed before."""
        bus.subscribe(SlotChanged, lambda said: self.changed(said.slot, said.before))
        bus.subscribe(SlotsLost, lambda _: self._faults.clear(SLOT_AT_FAULT))

    def changed(self, slot: SlotState, before: SlotState | None) -> None:
        """A slot is otherwise than ``before``."""
        if slot.fault:
            advice = slot.advice[:1].upper() + slot.advice[1:]
            self._faults.tell(SLOT_AT_FAULT, slot.name, f"Slot {slot.name}: {slot.fault}", advice)
        else:
            self._faults.clear(SLOT_AT_FAULT, slot.name)
        if not slot.silent and (before is None or (before.up, before.detail) != (slot.up, slot.detail)):
            (log.info if slot.up else log.warning)("Slot %s: %s", slot.name, slot.detail)
        was_audible, self._audible = self._audible, self._evidence.any_slot_up
        if was_audible and not self._audible:
            log.warning("Nothing can be heard for now; the music goes on to its tape in %s.", self._tape)
