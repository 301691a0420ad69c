"""From the site's slots, as plain data, to slots with outputs and ledgers, each knowing who stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reverie.play.messages import Setup, SlotState
from reverie.play.outputs.factory import close_abandoned, open_output
from reverie.play.recording.ledger import Ledger
from reverie.play.slot_settings import MUTE, SYNTH, SlotSettings
from reverie.play.slots import Slot


def make_slots(setup: Setup, report: Callable[[SlotState], None]) -> dict[str, Slot]:
    """The slots by name; what slots left sounding that are no more is ended.

    Where one names the built-in synthesizer as its stand-in, a slot ``synth`` is among them, which looks for nothing
    as long as no other is away.

    Raises:
        DeviceError: if the settings are of no kind of output, or do not fit it.
    """
    settings = {name: SlotSettings.read(written) for name, written in setup.slots.items()}
    if any(one.absent == SYNTH for one in settings.values()) and SYNTH not in settings:
        settings[SYNTH] = SlotSettings({"kind": "fluidsynth"})
    close_abandoned(Path(setup.ledger), settings)
    slots: dict[str, Slot] = {}
    for name, one in settings.items():
        ledger = Ledger(Path(setup.ledger), name)
        slots[name] = Slot(name, open_output(name, one.output, ledger), ledger, report, one)
    for name, one in settings.items():
        if one.absent != MUTE:
            slots[name].stand_in = slots[one.absent]
    if SYNTH not in setup.slots and SYNTH in slots:
        slots[SYNTH].wanted = False
    return slots
