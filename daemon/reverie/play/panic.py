"""Silence without a player: what ``reverie panic`` does when no daemon runs, and systemd after each end of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reverie.midi.bytes import CHANNELS, hush
from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.factory import ENDS_WITH_PLAYER
from reverie.play.outputs.output import Output
from reverie.play.recording.ledger import Ledger, abandoned
from reverie.play.slot_settings import SlotSettings
from reverie.processes.children import wait_all

DEADLINE = 2.0
"""Seconds that a missing device may take to be there, from when its output process says so; all wait together."""
SLOW = 8.0
"""The same for an output process that has not said anything: on a machine that is busy starting, it is on its way."""
PAUSE = 0.01  # seconds
FAILED = "could not be silenced"
"""What is said of an output that may sound on."""


class _Silencing:
    """One output on its way to silence; ``ledger`` says what is open there, None that nothing is known of it."""

    def __init__(self, name: str, settings: Mapping[str, Any], ledger: Ledger | None) -> None:
        self._name = name
        self._ledger = ledger
        self._output: Output = OutputProxy(name, settings, None)
        self.sentence: str | None = None
        self._attempt(self._output.open)

    def look(self, waited: float) -> None:
        """Go on, if the output is there now; after ``waited`` seconds it may be too late."""
        if self.sentence is not None:
            return
        self._attempt(self._silence)
        patience = SLOW if self._output.lacks is None else DEADLINE
        if self.sentence is None and waited > patience:
            self._fail(DeviceError(f"{self._output.description} (after {patience:.0f} s)"))

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except DEVICE_ERRORS as error:
            self._fail(error)

    def _silence(self) -> None:
        if not self._output.poll():
            return
        notes = self._ledger.close(self._output) if self._ledger else 0
        for channel in range(CHANNELS):
            for message in hush(channel):
                self._output.send(message)
        self.sentence = f"{self._name}: {self._output.description}; ended {notes} open notes and silenced all channels"
        self._output.close()

    def _fail(self, error: Exception) -> None:
        self.sentence = f"{self._name}: {FAILED}: {explain(error)}"
        self._output.close()


def silence(slots: Mapping[str, Mapping[str, Any]], ledger: Path) -> tuple[str, ...]:
    """End what the ledgers say is open, wherever that is, and silence all channels of every slot's device.

    Call it only while no player runs, which would go on playing. No device can hold it up for longer than :data:`SLOW`,
    as output processes have the devices.

    Args:
        slots: The slots by name, as the site's configuration describes them.
        ledger: The folder of the ledgers.

    Returns:
        One plain sentence for each output about what was done, or why nothing could be.
    """
    begun = time.monotonic()
    tasks = [_Silencing(name, settings, book) for name, settings, book in _outputs(slots, ledger)]
    while any(task.sentence is None for task in tasks):
        for task in tasks:
            task.look(time.monotonic() - begun)
        time.sleep(PAUSE)
    wait_all()
    return (*(str(task.sentence) for task in tasks), *_forget_synthesizers(slots, ledger))


def _outputs(
    slots: Mapping[str, Mapping[str, Any]], folder: Path
) -> Iterator[tuple[str, Mapping[str, Any], Ledger | None]]:
    """Name and settings of all outputs where something may sound, each with its ledger if that speaks of it."""
    for name, written in slots.items():
        settings, ledger = _audible(SlotSettings.read(written).output), Ledger(folder, name)
        former = _audible(ledger.place) if ledger.is_elsewhere(settings or {}) else None
        if former is not None:
            yield f"{name}, as it was before", former, ledger
        if settings is not None:
            yield name, settings, None if former else ledger
    for path in abandoned(folder, slots):
        ledger = Ledger.at(path)
        former = _audible(ledger.place)
        if former is not None and not ledger.quiet:
            yield f"{unquote(path.stem)}, which is no slot any more", former, ledger


def _audible(settings: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The settings of an output that may sound without a player."""
    return settings if settings is not None and settings.get("kind") not in ENDS_WITH_PLAYER else None


def _forget_synthesizers(slots: Mapping[str, Mapping[str, Any]], folder: Path) -> Iterator[str]:
    for name, written in slots.items():
        if written.get("kind") in ENDS_WITH_PLAYER:
            ledger = Ledger(folder, name)
            if _audible(ledger.place) is None:
                ledger.forget()
            yield f"{name}: FluidSynth ended with its player; nothing sounds there"
