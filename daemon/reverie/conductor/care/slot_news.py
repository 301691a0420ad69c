"""What the player says of its slots: told to people when it changes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from reverie.bus import Bus
from reverie.play.messages import SlotState
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import NOTHING_HEARD, SLOT_AT_FAULT, SLOT_MISSING
from reverie.watch.faults import Faults
from reverie.watch.happenings import SlotChanged, SlotsGiven, SlotsLost

log = logging.getLogger(__name__)

_NO_ADVICE = re.compile(r" is (?:left$|started again)")
"""What follows the semicolon where Reverie itself does what is to be done."""


def advised(detail: str) -> tuple[str, str | None]:
    """What is wrong with a device, and what to do, which follows a semicolon; None: nobody knows better than the kind.

    Between the two may stand what there is instead, up to a colon.
    """
    sentence, _, advice = detail.partition("; ")
    if advice.startswith("there are ") and ": " in advice:
        instead, _, advice = advice.rpartition(": ")
        sentence = f"{sentence}; {instead}"
    if not advice or _NO_ADVICE.search(advice):
        return detail, None
    return sentence, advice[:1].upper() + advice[1:]


class SlotNews:
    """Hands it on to the register of faults and the log.

    Args:
        evidence: What is known of the slots.
        faults: The register of faults.
        tape: The folder of the tape, which has the music while nothing can be heard.
        page: The address at which browsers can hear it.
    """

    def __init__(self, evidence: Evidence, faults: Faults, tape: Path, page: str) -> None:
        self._evidence = evidence
        self._faults = faults
        self._tape = tape
        self._page = page
        self._untold: set[str] = set()
        """Slots of which a new player has said nothing yet."""

    def subscribe_to(self, bus: Bus) -> None:
        """Tell from now on; what is known of the slots must have subscribed before."""
        bus.subscribe(SlotsGiven, lambda said: self.begun(said.slots))
        bus.subscribe(SlotChanged, lambda said: self.changed(said.slot, said.before))
        bus.subscribe(SlotsLost, lambda _: self._faults.clear(SLOT_AT_FAULT))

    def begun(self, slots: Iterable[str]) -> None:
        """A new player looks for these slots. Until it has spoken of each, nobody knows that nothing can be heard."""
        self._untold = set(slots)

    def changed(self, slot: SlotState, before: SlotState | None) -> None:
        """A slot is otherwise than ``before``."""
        if slot.fault:
            advice = slot.advice[:1].upper() + slot.advice[1:]
            self._faults.tell(SLOT_AT_FAULT, slot.name, f"Slot {slot.name}: {slot.fault}", advice)
        else:
            self._faults.clear(SLOT_AT_FAULT, slot.name)
        if slot.up or slot.silent:
            self._faults.clear(SLOT_MISSING, slot.name)
        else:
            sentence, advice = advised(slot.detail)
            self._faults.tell(SLOT_MISSING, slot.name, f"Slot {slot.name}: {sentence}", advice)
        if slot.up and not slot.silent and (before is None or (before.up, before.detail) != (True, slot.detail)):
            log.info("Slot %s: %s", slot.name, slot.detail)
        self._untold.discard(slot.name)
        if self._evidence.any_slot_up:
            self._faults.clear(NOTHING_HEARD)
        elif not self._untold:
            sentence = (
                f"Nothing can be heard for now but in browsers: open {self._page} and press Listen; "
                f"the music goes on to its tape in {self._tape} as well"
            )
            self._faults.tell(NOTHING_HEARD, "", sentence)
