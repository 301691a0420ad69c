"""A MIDI input that exists: a DAW, a software synth, an interface with a hardware synth behind it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from reverie.midi.bytes import CHANNELS, hush
from reverie.midi.errors import DeviceError
from reverie.midi.identity import PortMarks, Wanted, choose, missing
from reverie.midi.rtmidi import Midi, no_system, systems
from reverie.midi.usb import Enumerator
from reverie.play.outputs.output import Output

APART = 0.1  # seconds between looks at the list of ports: one with a DIN cable is polled for each byte
SETTLES = 0.1  # seconds after which a new connection surely carries: JACK loses what is sent before its next cycle


class MidiPort(Output):
    """The one port that is meant, by its device's marks or by part of its name.

    Several that fit equally are refused: a guess would send the drums to the lights on the day a second interface is
    plugged in.
    """

    def __init__(
        self,
        match: str | None = None,
        device: Mapping[str, str | None] | None = None,
        label: str | None = None,
        place: str | None = None,
        rivals: Sequence[Mapping[str, str | None]] = (),
        api: str = "auto",
    ) -> None:
        self._wanted = Wanted.read({"match": match, "device": device, "label": label, "place": place, "rivals": rivals})
        self._api = api
        self._enumerator = Enumerator()
        self._midi: Midi | None = None
        self._port = PortMarks()
        self._names: list[str] = []
        self._since = 0.0
        self._looked = 0.0

    @property
    def description(self) -> str:
        """Which port was found, through which API, and what people call it."""
        called = ", ".join(name for name in (self._wanted.label, self._wanted.place) if name)
        api = self._midi.api if self._midi else self._api
        return f"connected to the MIDI port {self._port.port} ({api}){f': {called}' if called else ''}"

    def open(self) -> None:
        """Find the port and open it.

        Raises:
            DeviceError: if there is none, or more than one.
        """
        seen: list[PortMarks] = []
        found = False
        for midi in systems(self._api):
            found = True
            try:
                names = midi.ports()
                ports = self._enumerator.ports(midi.api, names)
                if port := choose(self._wanted, ports):
                    midi.connect(port.port)
                    self._midi, self._port, self._names, self._since = midi, port, names, time.monotonic()
                    return
            finally:
                if self._midi is not midi:
                    midi.close()
            seen += ports
        if not found:
            raise DeviceError(no_system(self._api))
        raise DeviceError(missing(self._wanted, seen))

    def poll(self) -> bool:
        """Whether the connection carries, and the port is still there: python-rtmidi does not say so of itself.

        Raises:
            DeviceError: if it is gone, or one that fits better has come.
        """
        if self._midi is None:
            return False
        now = time.monotonic()
        if now - self._looked >= APART:
            self._looked = now
            self._look(self._midi)
        return now - self._since >= SETTLES and self._midi.carries

    def _look(self, midi: Midi) -> None:
        names = midi.ports()
        if self._port.port not in names:
            raise DeviceError(f"the MIDI port {self._port.port} is gone; switch the device on or plug it in again")
        if names != self._names:
            self._names = names
            self._give_way(midi)

    def _give_way(self, midi: Midi) -> None:
        """Leave a device that was taken for want of a better: one of its kind while the one that was learned was away.

        Nobody ends the notes there afterwards, so they are ended now.
        """
        try:
            best = choose(self._wanted, self._enumerator.ports(midi.api, self._names))
        except DeviceError:
            return  # others are as good, and this one plays
        if best is None or best.port == self._port.port:
            return
        for channel in range(CHANNELS):
            for message in hush(channel):
                midi.send(message)
        raise DeviceError(f"{best.label()} has come, and is the device that is meant; {self._port.label()} is left")

    def send(self, message: bytes) -> None:
        """Send one message to the port.

        Raises:
            DeviceError: if it cannot be sent.
        """
        if self._midi is not None:
            self._midi.send(message)

    def close(self) -> None:
        """Let go of the port."""
        if self._midi is not None:
            self._midi.close()
            self._midi = None
