"""What the player says of its slots: told to people when it changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from reverie.play.messages import SlotState
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import SLOT_AT_FAULT
from reverie.watch.faults import Faults
from reverie.watch.metrics import Metrics

log = logging.getLogger(__name__)


class SlotNews:
    """Hands it on to evidence, metrics, the register of faults and the log.

    Args:
        evidence: What is known of the slots.
        metrics: What is counted of them.
        faults: The register of faults.
        tape: The folder of the tape, which has the music while nothing can be heard.
    """

    def __init__(self, evidence: Evidence, metrics: Metrics, faults: Faults, tape: Path) -> None:
        self._evidence = evidence
        self._metrics = metrics
        self._faults = faults
        self._tape = tape
        self._audible = True

    def changed(self, slot: SlotState) -> None:
        """The player says how a slot is."""
        before = self._evidence.slot(slot.name)
        self._evidence.slot_changed(slot)
        self._metrics.slot_changed(slot)
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

    def player_died(self, slots: Iterable[str]) -> None:
        """With the player all slots are down."""
        self._faults.clear(SLOT_AT_FAULT)
        for name in slots:
            self._evidence.slot_changed(SlotState(name, up=False, detail="The player is down."))
            self._metrics.slot_changed(SlotState(name, up=False, detail=""))
