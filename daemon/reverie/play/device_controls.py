"""Controllers that plans set on the channels of a device: sent where they change, and put back once nobody sets them.

They belong to the device that is heard: one that stands in for others has theirs, and gives them back as they leave.
Controller 7 is not sent from here: it is a share of the volume that the device has (:mod:`reverie.play.fader`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reverie.midi.bytes import CONTROL, EXPRESSION, LOUDEST, SUSTAIN
from reverie.play.fader import USUAL, VOLUME, Volume

NEUTRAL: Mapping[int, int] = {
    1: 0,  # modulation
    2: 0,  # breath
    5: 0,  # portamento time
    VOLUME: USUAL,
    8: 64,  # balance
    10: 64,  # pan
    EXPRESSION: LOUDEST,
    **dict.fromkeys(range(64, 70), 0),  # pedals and legato
    **dict.fromkeys(range(70, 80), 64),  # timbre, envelopes, brightness, vibrato
    91: 40,  # reverb
    **dict.fromkeys(range(92, 96), 0),  # tremolo, chorus, detune, phaser
}
"""Where a synthesizer has its controllers when it is switched on (MIDI Manufacturers Association, General MIDI 2). Any
other controller means what its device wants it to mean, and stays where it was left."""

Key = tuple[int, int]
"""A channel, from 0, and the number of a controller."""


class ControlledDevice(Protocol):
    """What has channels with controllers."""

    @property
    def up(self) -> bool:
        """Whether messages reach it."""
        ...

    def control(self, message: bytes) -> None:
        """Send a controller of a scene's channel."""
        ...

    def moved(self, channel: int, number: int, *, away: bool) -> None:
        """Keep for whoever comes next that a controller of a scene's channel is away from its place, or back there."""
        ...

    @property
    def power_on(self) -> Mapping[int, int]:
        """The controllers with which it begins otherwise than :data:`NEUTRAL` has it."""
        ...

    def channel_of(self, channel: int) -> int:
        """The device's channel to which a scene's leads."""
        ...


class DeviceControls:
    """What is set on one device, by its own slot or by those that it stands in for.

    Where two want a controller of one channel of the device, the first that asked has it.
    """

    def __init__(self, device: ControlledDevice, volume: Volume) -> None:
        self._device = device
        self._volume = volume
        self._wanted: dict[str, Mapping[Key, int]] = {}
        self._sent: dict[Key, tuple[int, int]] = {}
        """By the device's own channel and number, the scene's channel for it, and the value that was sent last."""

    def want(self, slot: str, controls: Mapping[Key, int], now: float) -> int:
        """All that a slot wants of a scene's channels from now on; how many messages that took."""
        if controls:
            self._wanted[slot] = dict(controls)
        else:
            self._wanted.pop(slot, None)
        return self._bring(now)

    def leave(self, slot: str, now: float) -> None:
        """A slot is not heard here any more."""
        self.want(slot, {}, now)

    def came_up(self, now: float) -> None:
        """The device is there anew, and knows nothing."""
        self._sent.clear()
        self._bring(now)

    def hushed(self) -> None:
        """Everything was silenced, and with it pedals went up and what was faded is as loud as ever."""
        self._sent = {key: sent for key, sent in self._sent.items() if key[1] not in {SUSTAIN, EXPRESSION}}

    def release(self, now: float) -> None:
        """Put everything back: the music is over."""
        self._wanted.clear()
        self._bring(now)

    def _bring(self, now: float) -> int:
        """Send what is otherwise than it was sent last."""
        if not self._device.up:
            return 0
        wanted: dict[Key, tuple[int, int]] = {}
        for controls in self._wanted.values():
            for (channel, number), value in controls.items():
                wanted.setdefault((self._device.channel_of(channel), number), (channel, value))
        gone = {key: self._sent.pop(key)[0] for key in [*self._sent] if key not in wanted}
        for (_, number), channel in gone.items():
            self._send(channel, number, None, now)
        changed = {key: one for key, one in wanted.items() if key not in self._sent or self._sent[key][1] != one[1]}
        for (_, number), (channel, value) in changed.items():
            self._send(channel, number, value, now)
        self._sent |= changed
        return len(gone) + len(changed)

    def _send(self, channel: int, number: int, value: int | None, now: float) -> None:
        """Set a controller, or put it back."""
        if number == VOLUME:
            self._volume.be_at(channel, value, now)
            return
        if value is not None and number in NEUTRAL:
            self._device.moved(channel, number, away=True)
        if value is not None:
            self._device.control(bytes((CONTROL | channel, number, value)))
        elif number in NEUTRAL:
            neutral = self._device.power_on.get(number, NEUTRAL[number])
            self._device.control(bytes((CONTROL | channel, number, neutral)))
        if value is None and self._device.up:
            self._device.moved(channel, number, away=False)
