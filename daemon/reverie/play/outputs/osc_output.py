"""Open Sound Control: notes, controllers, bars and chords, for visuals, lights and samplers.

OSC 1.0 names no addresses for notes, so these are the project's own; docs/how-to/network.md lists them. Channels count
from 1 there, as people do, and a note that ends has the velocity 0.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from pythonosc.osc_message_builder import build_msg

from reverie.midi.errors import DeviceError
from reverie.play.outputs.output import BarLine, Line, Output, SectionLine

PROBE = 0.2
"""Seconds in which a machine in the same building answers that nobody listens at a port."""
_CENTRE = 1 << 13

Arguments = list[str | int | float]


class Osc(Output):
    """One listener, by host and port; every address begins with ``prefix``."""

    def __init__(
        self, host: str, port: int, prefix: str = "/reverie", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._host = host
        self._port = port
        self._prefix = prefix
        self._clock = clock
        self._socket: socket.socket | None = None
        self._since = 0.0
        self._scene: str | None = None

    @property
    def description(self) -> str:
        """Where it all goes."""
        return f"sending OSC to {self._host}:{self._port}"

    def open(self) -> None:
        """Look the listener up and greet it, so that a machine where nobody listens can say so. May take seconds.

        Raises:
            DeviceError: if there is no such machine, or no way to it.
        """
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise DeviceError(f"{self._host} is not found ({reason}); switch it on, or mend `host`") from error
        connection = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        try:
            # Without this the system refuses a broadcast address; to any other it makes no difference.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            connection.connect(address)
        except OSError as error:
            connection.close()
            raise self._lost(error) from error
        self._socket, self._since, self._scene = connection, self._clock(), None
        self._say("hello")

    def poll(self) -> bool:
        """Whether nobody has said that nothing listens there.

        Raises:
            DeviceError: if the machine has said so.
        """
        if self._socket is None:
            return False
        try:
            self._socket.recv(1)  # nobody answers in OSC: what is there to read are errors, or is ignored
        except BlockingIOError:
            pass
        except OSError as error:
            raise self._lost(error) from error
        return self._clock() - self._since >= PROBE

    def send(self, message: bytes) -> None:
        """Send one MIDI message in OSC's words.

        Raises:
            DeviceError: if it could not be sent.
        """
        status, data = message[0], message[1:]
        channel = (status & 0x0F) + 1
        match status & 0xF0:
            case 0x90:
                self._say("note", channel, *data)
            case 0x80:
                self._say("note", channel, data[0], 0)
            case 0xA0:
                self._say("touch", channel, *data)
            case 0xB0:
                self._say("control", channel, *data)
            case 0xC0:
                self._say("program", channel, *data)
            case 0xD0:
                self._say("pressure", channel, *data)
            case 0xE0:
                self._say("bend", channel, (data[0] | data[1] << 7) - _CENTRE)
            case _:
                self._transport(status, data)

    def tell(self, line: Line) -> None:
        """A chord or a section begins, or a bar and with it perhaps a scene.

        Raises:
            DeviceError: if it could not be sent.
        """
        if isinstance(line, SectionLine):
            self._say("section", line.name)
            return
        if not isinstance(line, BarLine):
            self._say("chord", line.symbol, line.root, line.bass, *line.tones)
            return
        if line.scene != self._scene:
            self._scene = line.scene
            self._say("scene", line.scene)
        self._say("bar", line.scene, line.bar, float(line.qpm), line.metre)

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _transport(self, status: int, data: bytes) -> None:
        """Clock and transport; other system messages have no words here."""
        if status == 0xF2:  # noqa: PLR2004  # song position, in sixteenths
            self._say("position", data[0] | data[1] << 7)
        elif word := {0xF8: "clock", 0xFA: "start", 0xFB: "continue", 0xFC: "stop"}.get(status):
            self._say(word)

    def _say(self, word: str, *arguments: str | float) -> None:
        if self._socket is None:
            return
        told: Arguments = list(arguments)
        datagram: bytes = build_msg(f"{self._prefix}/{word}", told).dgram
        try:
            self._socket.send(datagram)
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> DeviceError:
        place = f"{self._host}:{self._port}"
        match error:
            case ConnectionRefusedError():
                return DeviceError(f"nothing listens to OSC at {place}; start it there, or mend `host` and `port`")
            case BlockingIOError():
                return DeviceError(f"the network takes no OSC for {place}; see that its cable or radio is there")
            case PermissionError():
                return DeviceError(f"the system lets no OSC through to {place}; open the firewall, or mend `host`")
            case _:
                return DeviceError(f"{place} cannot be reached ({error.strerror}); connect the network, or mend `host`")
