"""A MIDI input that exists: a DAW, a software synth, an interface with a hardware synth behind it."""

from __future__ import annotations

import re
import time

from reverie.play.errors import PlayError
from reverie.play.outputs.base import Output
from reverie.play.outputs.midi import NO_SYSTEM, Midi, systems

SETTLES = 0.1  # seconds after which a new connection surely carries: JACK loses what is sent before its next cycle


class MidiPort(Output):
    """The one port whose name matches a case-insensitive regular expression.

    Several matches are refused: a guess would send the drums to the lights on the day a second interface is plugged
    in.
    """

    def __init__(self, match: str, api: str = "auto") -> None:
        self._match = match
        self._api = api
        self._midi: Midi | None = None
        self._port = ""
        self._since = 0.0

    @property
    def description(self) -> str:
        """Which port was found, and through which API."""
        return f"connected to the MIDI port {self._port} ({self._midi.api if self._midi else self._api})"

    def open(self) -> None:
        """Find the port and open it.

        Raises:
            PlayError: if there is none, or more than one.
        """
        pattern = re.compile(self._match, re.IGNORECASE)
        seen: list[str] = []
        found = False
        for midi in systems(self._api):
            found = True
            try:
                ports = midi.ports()
                names = [name for name in ports if pattern.search(name)]
                if names:
                    self._choose(midi, names)
                    return
            finally:
                if self._midi is not midi:
                    midi.close()
            seen += ports
        if not found:
            raise PlayError(NO_SYSTEM)
        others = f"there are {', '.join(seen)}" if seen else "there are no MIDI ports at all"
        raise PlayError(f"no MIDI port matches {self._match!r}; {others}: switch the device on, or mend `match`")

    def _choose(self, midi: Midi, names: list[str]) -> None:
        if len(names) > 1:
            raise PlayError(f"several MIDI ports match {self._match!r}: {', '.join(names)}; make `match` fit only one")
        midi.connect(names[0])
        self._midi, self._port, self._since = midi, names[0], time.monotonic()

    def poll(self) -> bool:
        """Whether the connection carries, and the port is still there: python-rtmidi does not say so of itself.

        Raises:
            PlayError: if it is gone.
        """
        if self._midi is None:
            return False
        if self._port not in self._midi.ports():
            raise PlayError(f"the MIDI port {self._port} is gone; switch the device on or plug it in again")
        return time.monotonic() - self._since >= SETTLES

    def send(self, message: bytes) -> None:
        """Send one message to the port.

        Raises:
            PlayError: if it cannot be sent.
        """
        if self._midi is not None:
            self._midi.send(message)

    def close(self) -> None:
        """Let go of the port."""
        if self._midi is not None:
            self._midi.close()
            self._midi = None
