"""What the player and an output process say to each other, besides MIDI.

MIDI itself goes as bytes, not through :mod:`reverie.processes.codec`: a packet has one or more whole messages, of
which each begins with a status byte, with or without the moment at which they are due before them. A packet that
begins otherwise is one of these, or a :data:`~reverie.play.outputs.output.Line`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from reverie.play.outputs.output import Trouble


@dataclass(frozen=True, slots=True)
class OutputSetup:
    """The first packet: the output of ``slot`` by its settings, and the ledger of its open notes.

    Without a ``ledger`` nobody is to end what a player that is gone left sounding.
    """

    type: ClassVar[str] = "setup"
    slot: str
    output: Mapping[str, Any]
    ledger: Path | None


@dataclass(frozen=True, slots=True)
class OutputState:
    """Whether the device is there, in one plain sentence, and what is wrong with it although it is."""

    type: ClassVar[str] = "state"
    up: bool
    detail: str
    trouble: Trouble | None = None
