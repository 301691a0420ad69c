"""Outputs: where the notes of a slot go."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from reverie.play.errors import PlayError
from reverie.play.ledger import Ledger
from reverie.play.outputs.base import Output
from reverie.play.outputs.carried import Carried

KINDS = {
    "din": ("reverie.play.outputs.din", "Din"),
    "fluidsynth": ("reverie.play.outputs.fluidsynth", "FluidSynth"),
    "port": ("reverie.play.outputs.midi_port", "MidiPort"),
    "probe": ("reverie.bench.probe", "Probe"),  # measures; no site can have it
    "virtual": ("reverie.play.outputs.virtual_port", "VirtualPort"),
}
"""Module and class of every kind: each is imported only where it is used, as the player is to stay light."""
HERE = "fluidsynth"
"""The kind that runs in a process of its own already, and needs no carrier."""


def make_output(slot: str, settings: Mapping[str, Any]) -> Output:
    """The output that a slot's settings describe, in this process: what carriers call.

    Raises:
        PlayError: if the settings are of no kind of output, or do not fit it.
        ImportError: if what that kind needs is not installed.
    """
    kind, arguments = _split(slot, settings)
    with_cable = kind == "port" and arguments.pop("din", False)
    module, name = KINDS[kind]
    try:
        output: Output = getattr(importlib.import_module(module), name)(**arguments)
    except TypeError as error:
        raise PlayError(f"slot {slot}: these settings do not fit kind {kind}: {error}") from error
    return _on_cable(output) if with_cable else output


def open_output(slot: str, settings: Mapping[str, Any], ledger: Ledger) -> Output:
    """The output that the player holds for a slot: no call to it ever blocks.

    Raises:
        PlayError: if the settings are of no kind of output.
    """
    kind, _ = _split(slot, settings)
    return make_output(slot, settings) if kind == HERE else Carried(slot, settings, ledger.path)


def _split(slot: str, settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    arguments = dict(settings)
    kind = arguments.pop("kind", None)
    if kind not in KINDS:
        raise PlayError(f"slot {slot}: `kind` is one of {', '.join(sorted(KINDS))}, not {kind!r}")
    return kind, arguments


def _on_cable(output: Output) -> Output:
    """A port behind which there is a DIN cable."""
    din = importlib.import_module("reverie.play.outputs.din")
    cabled: Output = din.DinPort(output)
    return cabled
