"""Silence without a player: what ``reverie panic`` does when no daemon runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverie.play.errors import MISHAPS, plainly
from reverie.play.ledger import CHANNELS, Ledger, hush
from reverie.play.outputs import make_output

PAUSE = 0.05  # seconds


def silence(slots: Mapping[str, Mapping[str, Any]], ledger: Path) -> tuple[str, ...]:
    """End what the ledgers say is open on every slot's device, and silence all its channels.

    Only while no player runs: it would go on playing. Slots of kind ``fluidsynth`` need nothing, as that program ends
    with its player.

    Args:
        slots: The slots by name, as the site's configuration describes them.
        ledger: The folder of the ledgers.

    Returns:
        One plain sentence for each slot about what was done, or why nothing could be.
    """
    os.environ["JACK_NO_START_SERVER"] = "1"
    return tuple(_silence(name, settings, Ledger(ledger, name)) for name, settings in slots.items())


def _silence(name: str, settings: Mapping[str, Any], ledger: Ledger) -> str:
    if settings.get("kind") == "fluidsynth":
        ledger.forget()
        return f"{name}: FluidSynth ended with its player; nothing sounds there"
    try:
        with contextlib.closing(make_output(name, settings)) as output:
            output.open()
            while not output.poll():
                time.sleep(PAUSE)
            notes = ledger.close(output)
            for channel in range(CHANNELS):
                for message in hush(channel):
                    output.send(message)
            time.sleep(PAUSE)  # what was sent last is under way
            description = output.description
    except MISHAPS as error:
        return f"{name}: could not be silenced: {plainly(error)}"
    return f"{name}: {description}; ended {notes} open notes and silenced all channels"
