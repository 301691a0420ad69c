"""Outputs: where the notes of a slot go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.play.errors import PlayError
from reverie.play.outputs.base import Output
from reverie.play.outputs.fluidsynth import FluidSynth
from reverie.play.outputs.midi_port import MidiPort
from reverie.play.outputs.virtual_port import VirtualPort

KINDS = {"fluidsynth": FluidSynth, "port": MidiPort, "virtual": VirtualPort}


def make_output(slot: str, settings: Mapping[str, Any]) -> Output:
    """The output that a slot of the site's configuration describes.

    Raises:
        PlayError: if the settings are of no kind of output, or do not fit it.
    """
    arguments = dict(settings)
    kind = arguments.pop("kind", None)
    if kind not in KINDS:
        raise PlayError(f"slot {slot}: `kind` is one of {', '.join(sorted(KINDS))}, not {kind!r}")
    try:
        return KINDS[kind](**arguments)
    except TypeError as error:
        raise PlayError(f"slot {slot}: these settings do not fit kind {kind}: {error}") from error
