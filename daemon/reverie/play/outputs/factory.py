"""From the settings of a slot to its output, in this process or in one of its own."""

from __future__ import annotations

import importlib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain, log_line
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.output import Output
from reverie.play.recording.ledger import Ledger, abandoned

KINDS = {
    "browser": ("reverie.play.outputs.browser_output", "Browsers"),
    "din": ("reverie.play.outputs.din_output", "Din"),
    "fluidsynth": ("reverie.play.outputs.fluidsynth", "FluidSynth"),
    "osc": ("reverie.play.outputs.osc_output", "Osc"),
    "port": ("reverie.play.outputs.midi_port", "MidiPort"),
    "rtp": ("reverie.play.outputs.rtp_midi", "RtpMidi"),
    "virtual": ("reverie.play.outputs.virtual_port", "VirtualPort"),
}
"""Module and class of every kind: each is imported only where it is used, as the player is to stay light."""
_HIDDEN = {"probe": ("reverie.play.outputs.probe", "Probe")}
"""What measures; no site can have it."""
ENDS_WITH_PLAYER = frozenset({"browser", "fluidsynth"})
"""The kinds that need no output process: they are silent when the player is gone, and no call to them blocks."""


def make_output(slot: str, settings: Mapping[str, Any]) -> Output:
    """The output that a slot's settings describe, in this process: what output processes call.

    Raises:
        DeviceError: if the settings are of no kind of output, or do not fit it.
        ImportError: if what that kind needs is not installed.
    """
    kind, arguments = _split(slot, settings)
    with_cable = kind == "port" and arguments.pop("din", False)
    module, name = (KINDS | _HIDDEN)[kind]
    try:
        output: Output = getattr(importlib.import_module(module), name)(**arguments)
    except TypeError as error:
        raise DeviceError(f"slot {slot}: these settings do not fit kind {kind}: {error}") from error
    return _on_cable(output) if with_cable else output


def open_output(slot: str, settings: Mapping[str, Any], ledger: Ledger) -> Output:
    """The output that the player holds for a slot: no call to it ever blocks.

    Raises:
        DeviceError: if the settings are of no kind of output.
    """
    kind, _ = _split(slot, settings)
    if kind not in ENDS_WITH_PLAYER:
        return OutputProxy(slot, settings, ledger.path)
    try:
        if ledger.is_elsewhere(settings) and (left := ledger.set_aside()):
            say_farewell(left)
    except DEVICE_ERRORS as error:
        log_line(f"slot {slot}: what sounds on its former output could not be ended: {explain(error)}")
    ledger.move_to(settings)
    return make_output(slot, settings)


def close_abandoned(folder: Path, slots: Container[str]) -> None:
    """Let output processes end the notes of slots that are no longer configured; forget slots that left none.

    Where a ledger's file is damaged, nobody knows what sounds, nor where.
    """
    for path in abandoned(folder, slots):
        try:
            ledger = Ledger.at(path)
            if ledger.quiet or (ledger.place is None and not any(ledger.open_notes())):
                path.unlink(missing_ok=True)
            else:
                say_farewell(path)
        except DEVICE_ERRORS as error:
            log_line(f"what the slot {unquote(path.stem)} left sounding could not be ended: {explain(error)}")


def say_farewell(path: Path) -> None:
    """Let an output process end what is open by a ledger that no slot keeps any more, without waiting for it."""
    ledger = Ledger.at(path)
    place = ledger.place
    if place is None or ledger.quiet or place.get("kind") in ENDS_WITH_PLAYER:
        return
    carried = OutputProxy(unquote(path.stem), place, path)
    carried.open()
    carried.close()


def _split(slot: str, settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    arguments = dict(settings)
    kind = arguments.pop("kind", None)
    if kind not in KINDS | _HIDDEN:
        raise DeviceError(f"slot {slot}: `kind` is one of {', '.join(sorted(KINDS))}, not {kind!r}")
    return kind, arguments


def _on_cable(output: Output) -> Output:
    """A port behind which there is a DIN cable."""
    din = importlib.import_module("reverie.play.outputs.din_output")
    cabled: Output = din.DinPort(output)
    return cabled
