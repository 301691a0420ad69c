"""What the player is told of a slot: how it is played, apart from what its output is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MUTE, SYNTH = "mute", "synth"


@dataclass(frozen=True, slots=True)
class ChannelSound:
    """What a channel is set to whenever its device is there anew; None leaves it as it is."""

    program: int | None = None
    bank: int | None = None


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """One slot.

    ``output`` is what :func:`reverie.play.outputs.factory.make_output` takes. ``latency`` is in seconds, from the
    arrival of a message to its sound; ``channels`` and ``sounds`` count channels from 1; ``volume`` is controller 7's
    value, which ``fade`` seconds lead up to and down from; ``absent`` is ``mute``, ``synth`` or the slot that sounds
    meanwhile.
    """

    output: Mapping[str, Any]
    latency: float = 0.0
    clock: bool = False
    channels: Mapping[int, int] = field(default_factory=dict[int, int])
    sounds: Mapping[int, ChannelSound] = field(default_factory=dict[int, ChannelSound])
    volume: int | None = None
    fade: float = 0.0
    absent: str = MUTE

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> SlotSettings:
        """Read a slot of the site's configuration, as plain data: latency in milliseconds, mappings keyed by text."""
        rest = dict(written)
        return cls(
            latency=rest.pop("latency", 0.0) / 1000,
            clock=rest.pop("clock", False),
            channels={int(channel): to for channel, to in rest.pop("channels", {}).items()},
            sounds={int(channel): ChannelSound(**sound) for channel, sound in rest.pop("sounds", {}).items()},
            volume=rest.pop("volume", None),
            fade=rest.pop("fade", 0.0),
            absent=rest.pop("absent", MUTE),
            output=rest,
        )
