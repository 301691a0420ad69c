"""Learns which device a person means: the person unplugs it and plugs it in again, or plays a key.

It calls no MIDI system and no terminal: :mod:`reverie.midi.ports` does the one, :mod:`reverie.cli.ports` the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reverie.midi.errors import DeviceError
from reverie.midi.identity import Marks, PortMarks, Wanted, choose, fit

LOOK = 0.1  # seconds between looks
SETTLES = 1.0  # seconds without a change after which a device has all its ports
UNPLUG, KEY = "unplug", "key"

_ASKED: dict[tuple[str, ...], str] = {
    (UNPLUG, KEY): "unplug it and plug it in again, or play a key on it",
    (UNPLUG,): "unplug it and plug it in again",
    (KEY,): "play a key on it",
}


class LearningScanner(Protocol):
    """Finds the MIDI ports of this machine."""

    def ports(self) -> Collection[PortMarks]:
        """The ports that are there and can be sent to."""
        ...

    def heard(self) -> Collection[PortMarks]:
        """The ports of others at which a key was played since this was last asked."""
        ...


class LearningClock(Protocol):
    """A clock that can be waited on."""

    def monotonic(self) -> float:
        """Seconds."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


@dataclass(slots=True)
class DeviceLearning:
    """One device to be learned.

    ``say`` takes sentences for the person; ``ways`` are those that are offered, ``unplug`` and ``key``; ``within`` is
    how many seconds the person has for each step.
    """

    scanner: LearningScanner
    say: Callable[[str], None]
    ways: tuple[str, ...] = (UNPLUG, KEY)
    within: float = 120.0
    clock: LearningClock = field(default_factory=lambda: time)

    def device(self) -> list[PortMarks]:
        """The ports of the device that was meant: of several, one is still to be picked.

        Raises:
            DeviceError: if nothing happens in time, or what happens leaves open which device is meant.
        """
        before = _by_name(self.scanner.ports())
        if KEY in self.ways:
            self.scanner.heard()
        self.say(f"Which device is it? {_ASKED[self.ways].capitalize()}.")
        limit = self.clock.monotonic() + self.within
        while self.clock.monotonic() < limit:
            self.clock.sleep(LOOK)
            if KEY in self.ways and (spoke := self.scanner.heard()):
                return self._answering(spoke)
            there = _by_name(self.scanner.ports())
            if UNPLUG in self.ways and there.keys() != before.keys():
                return self._plugged_again(before)
        raise DeviceError(f"nothing was seen within {self.within:g} seconds: {_ASKED[self.ways]}; nothing is changed")

    def _answering(self, spoke: Collection[PortMarks]) -> list[PortMarks]:
        """The ports by which the device that spoke can be spoken to."""
        if len(spoke) > 1:
            names = ", ".join(sorted(port.label() for port in spoke))
            raise DeviceError(
                f"several devices spoke at once: {names}; play on one alone, or unplug it; nothing is changed"
            )
        (port,) = spoke
        self.say(f"{port.label()} spoke.")
        answering = counterparts(port, self.scanner.ports())
        if not answering:
            raise DeviceError(f"{port.label()} sends, but nothing there can be sent to; unplug it instead")
        return answering

    def _plugged_again(self, before: dict[tuple[str, str], PortMarks]) -> list[PortMarks]:
        """Wait until what is gone is there again, or what was not there has come, with all its ports."""
        gone: dict[tuple[str, str], PortMarks] = {}
        came: dict[tuple[str, str], PortMarks] = {}
        told = False
        now = self.clock.monotonic()
        limit, changed = now + self.within, now
        while True:
            there = _by_name(self.scanner.ports())
            gone |= {name: port for name, port in before.items() if name not in there}
            news = {name: port for name, port in there.items() if name not in before or name in gone}
            news = {name: port for name, port in news.items() if not gone or _one_of(port, gone.values())}
            now = self.clock.monotonic()
            if news != came:
                came, changed = news, now
            if came and now - changed >= SETTLES:
                return [came[name] for name in sorted(came)]
            if gone and not came and not told:
                self.say(f"{', '.join(sorted(port.label() for port in gone.values()))} is gone. Plug it in again.")
                told, limit = True, now + self.within
            if now >= limit + (SETTLES if came else 0.0):
                raise DeviceError(f"it was not plugged in again within {self.within:g} seconds; nothing is changed")
            self.clock.sleep(LOOK)


def _by_name(ports: Iterable[PortMarks]) -> dict[tuple[str, str], PortMarks]:
    """Ports by what is theirs alone while they are there; their marks may still be on their way."""
    return {(port.api, port.port): port for port in ports}


def _one_of(port: PortMarks, gone: Iterable[PortMarks]) -> bool:
    return any(fit(Marks(**old.marks()), port) for old in gone)


def counterparts(speaker: PortMarks, ports: Iterable[PortMarks]) -> list[PortMarks]:
    """The ports to which to send so that the device that speaks at ``speaker`` hears; several if it has several.

    ALSA has one port for both ways. JACK has two, of which one is named for the other way.
    """
    same = [port for port in ports if port.api == speaker.api]
    if exact := [port for port in same if port.port == speaker.port]:
        return exact
    device = [port for port in same if _device(port) == _device(speaker) != _UNKNOWN]
    turned = (speaker.name or "").replace("capture", "playback")
    return [port for port in device if port.name == turned] or sorted(device, key=lambda port: port.port)


_UNKNOWN = (None, None, None, None)


def _device(port: PortMarks) -> tuple[str | None, ...]:
    return port.client, port.usb, port.serial, port.location


def certain(port: PortMarks, ports: Iterable[PortMarks]) -> str | None:
    """What a person must know about a port that is to be learned, while others are there too; None if nothing.

    Raises:
        DeviceError: if it could not be told from another.
    """
    others: Sequence[PortMarks] = [other for other in ports if other.api == port.api and other != port]
    choose(Wanted(device=Marks(**port.marks())), [port, *others])
    twins = [other for other in others if port.usb and other.usb == port.usb and other.location != port.location]
    if any(other.serial == port.serial for other in twins):
        return (
            f"There is another device of this kind, which differs in nothing but its socket: leave both where they are "
            f"plugged in, this one in {port.location}."
        )
    return None
