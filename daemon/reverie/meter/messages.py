"""What a meter's process says to its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

OWN, INPUT = "synth", "input"
"""What a meter is told to hear: a FluidSynth that Reverie has started, or what the site names."""

HEARD_DRIVERS = frozenset({"auto", "jack", "pulseaudio", "pipewire"})
"""Audio drivers of FluidSynth behind which others may be able to listen."""


@dataclass(frozen=True, slots=True)
class LevelHeard:
    """A tenth of a second was so loud: ``time`` is its monotonic beginning, ``dbfs`` its level."""

    type: ClassVar[str] = "level"
    time: float
    dbfs: float


@dataclass(frozen=True, slots=True)
class MeterState:
    """Whether a meter hears what it is to listen to, and one plain sentence about it.

    Not ``able`` is one that will never hear it, as nothing is there by which it could. ``astray`` says that what it
    listens to goes to nobody else: no loudspeaker can sound of it.
    """

    type: ClassVar[str] = "meter"
    up: bool
    detail: str
    able: bool = True
    astray: bool = False


FromMeter = LevelHeard | MeterState
