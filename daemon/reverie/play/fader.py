"""The volume of a device, from the site's settings and from what people have set, reached in small steps.

It belongs to the device that is heard: one that stands in for others has their volumes, and people can turn it too.
"""

from __future__ import annotations

from typing import Protocol

from reverie.midi.bytes import CONTROL, LOUDEST

VOLUME = 7

STEP = 0.05
"""Seconds between the steps of a fade: 20 a second are heard as one movement, and are little on a DIN cable."""
USUAL = 100
"""Controller 7 of General MIDI at power-on, for slots whose settings say nothing."""


class Fader:
    """A share from 0 to 1 that moves in a straight line to where it is wanted."""

    def __init__(self, share: float = 1.0) -> None:
        self._from = self._to = share
        self._begin = self._end = float("-inf")

    @property
    def target(self) -> float:
        """Where it goes."""
        return self._to

    def aim(self, share: float, now: float, seconds: float) -> None:
        """Move to ``share`` within ``seconds``, from wherever it is at monotonic moment ``now``."""
        self._from, self._to = self.share(now), share
        self._begin, self._end = now, now + seconds

    def share(self, now: float) -> float:
        """Where it is."""
        if now >= self._end:
            return self._to
        return self._from + (self._to - self._from) * (now - self._begin) / (self._end - self._begin)

    def arrived(self, now: float) -> bool:
        """Whether it is where it is wanted."""
        return now >= self._end


class FadedDevice(Protocol):
    """What has channels with a volume."""

    @property
    def up(self) -> bool:
        """Whether messages reach it."""
        ...

    def control(self, message: bytes) -> None:
        """Send a controller."""
        ...

    def moved(self, channel: int, number: int, *, away: bool) -> None:
        """Keep for whoever comes next that a controller is away from its place, or back there."""
        ...

    def channel_of(self, channel: int) -> int:
        """The device's channel to which a scene's leads."""
        ...


class Volume:
    """Controller 7 of every channel that is used on one device, by its own slot or by those that it stands in for.

    ``setting`` is what the settings of its slot say. Where they say nothing, that of the slot counts whose notes are
    heard here, and of several the loudest; and where nobody says anything it is left alone, until somebody turns it.
    What plans want of a voice is a share of that: :data:`USUAL` is all of it.
    """

    def __init__(self, device: FadedDevice, setting: int | None) -> None:
        self._device = device
        self._setting = setting
        self._users: dict[int, dict[str, int | None]] = {}
        """By channel, whose notes are heard there, and what their settings say."""
        self._sent: dict[int, int] = {}
        self._levels: dict[int, int] = {}
        """By the device's own channel, the level that plans want."""
        self._fader = Fader()
        self.due = float("inf")
        """The monotonic moment at which :meth:`tend` has something to do."""

    def use(self, channel: int, slot: str, setting: int | None, now: float) -> None:
        """Something of a slot's comes on a channel: its volume goes before it."""
        users = self._users.setdefault(channel, {})
        if slot not in users:
            users[slot] = setting
            self._send(channel, now)

    def leave(self, slot: str) -> None:
        """A slot's notes are not heard here any more."""
        for users in self._users.values():
            users.pop(slot, None)

    def be_at(self, channel: int, level: int | None, now: float) -> None:
        """Have a channel at a level, of which :data:`USUAL` is what the settings say; None where nobody wants one."""
        own = self._device.channel_of(channel)
        if level is None:
            self._levels.pop(own, None)
        else:
            self._levels[own] = level
        for used in self._users:
            if self._device.channel_of(used) == own:
                self._send(used, now)

    def aim(self, share: float, now: float, seconds: float) -> None:
        """Bring it to a share of what the settings say."""
        if share != self._fader.target:
            self._fader.aim(share, now, seconds)
            self.due = now

    def came_up(self, now: float, fade: float) -> None:
        """The device is there anew, and knows nothing: the volume rises there within ``fade`` seconds."""
        self._sent.clear()
        if self._fader.target > 0:
            share = self._fader.target
            self._fader = Fader(0.0 if fade else share)
            self._fader.aim(share, now, fade)
        self.due = now

    def tend(self, now: float) -> None:
        """Send it wherever it has changed."""
        if now >= self.due:
            for channel in self._users:
                self._send(channel, now)
            self.due = float("inf") if self._fader.arrived(now) else now + STEP

    def _send(self, channel: int, now: float) -> None:
        share, setting = self._fader.share(now), self._of(channel)
        level = self._levels.get(self._device.channel_of(channel))
        whole = USUAL if setting is None else setting
        value = min(round((whole if level is None else whole * level / USUAL) * share), LOUDEST)
        is_usual = setting is None and level is None and share == 1.0 and channel not in self._sent
        if self._device.up and not is_usual and self._sent.get(channel) != value:
            self._sent[channel] = value
            # Whoever comes next sends what the device's own settings say, and knows nothing of people and plans.
            self._device.moved(channel, VOLUME, away=self._setting is None and value != USUAL)
            self._device.control(bytes((CONTROL | channel, VOLUME, value)))

    def _of(self, channel: int) -> int | None:
        if self._setting is not None:
            return self._setting
        return max((one for one in self._users[channel].values() if one is not None), default=None)
