"""A MIDI port of our own, to which others connect when they like."""

from __future__ import annotations

from reverie.midi.errors import DeviceError
from reverie.midi.rtmidi import Midi, no_system, systems
from reverie.play.outputs.output import Output


class VirtualPort(Output):
    """A port by name, up as long as the MIDI system is."""

    def __init__(self, name: str = "Reverie", api: str = "auto") -> None:
        self._name = name
        self._api = api
        self._midi: Midi | None = None

    @property
    def description(self) -> str:
        """The port's name and its API."""
        return f"offering the MIDI port {self._name} ({self._midi.api if self._midi else self._api})"

    def open(self) -> None:
        """Make the port.

        Raises:
            DeviceError: if there is no MIDI system to make it in.
        """
        midi = next(systems(self._api), None)
        if midi is None:
            raise DeviceError(no_system(self._api))
        try:
            midi.offer(self._name)
        except DeviceError:
            midi.close()
            raise
        self._midi = midi

    def poll(self) -> bool:
        """Whether the MIDI system lives.

        Raises:
            DeviceError: if it died.
        """
        if self._midi is None:
            return False
        self._midi.check()
        return self._midi.carries

    def send(self, message: bytes) -> None:
        """Send one message to whoever is connected.

        Raises:
            DeviceError: if it cannot be sent.
        """
        if self._midi is not None:
            self._midi.send(message)

    def close(self) -> None:
        """Take the port away."""
        if self._midi is not None:
            self._midi.close()
            self._midi = None
