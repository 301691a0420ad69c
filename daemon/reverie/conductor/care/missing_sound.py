"""How people are told that sound is missing, and what they are advised to do, by where it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MissingSound:
    """A sentence on what is wrong, and what a person can do about it."""

    sentence: str
    advice: str


def goes_nowhere(slot: str) -> MissingSound:
    """A synthesizer sounds, and its outputs are connected to nothing."""
    return MissingSound(
        f"Slot {slot}: FluidSynth's outputs at JACK are connected to no loudspeaker",
        "Connect them again, such as by `jack_connect reverie:left system:playback_1`, or start Reverie anew: "
        "`systemctl restart reverie`",
    )


def silent_synth(slot: str) -> MissingSound:
    """A synthesizer takes the notes, and its own output is silent."""
    return MissingSound(
        f"Slot {slot}: FluidSynth is silent though fed: it takes the notes, and nothing comes out",
        "See whether its gain or a volume was turned down, and whether its soundfont is whole; "
        "`systemctl restart reverie` starts it anew",
    )


def silent_hall(well: Sequence[str]) -> MissingSound:
    """The monitor hears nothing; ``well`` are the slots whose own outputs do sound."""
    behind = f"; what comes out of {' and '.join(well)} is well, so it is lost behind that" if well else ""
    return MissingSound(
        f"Notes are sent, and the monitor hears none of them{behind}",
        "See whether amplifier and loudspeakers are on, not muted or turned down, and their cables plugged in; "
        "then whether the monitor's own microphone, cable or input is",
    )
