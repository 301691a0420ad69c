"""Listening to ports of a JACK server: a synthesizer's outputs, or an input of the sound card.

JACK calls the client in its own thread for each period, which only copies samples into a ring; who reads the ring may
be late. A client that is too late for a period costs nobody else anything, as nothing waits for its output.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.midi.errors import DeviceError
from reverie.midi.rtmidi import JACK_HANGS, STUCK, SystemGoneError, jack_hangs, jack_server
from reverie.processes.priority import be_prompt
from reverie.processes.thread_progress import ThreadProgress

CLIENT = "reverie-meter"
RING = 2.0
"""Seconds of sound for which the ring has room."""
_CHANNELS = 2
_BYTES = 4
NO_LIBRARY = "a meter at JACK needs its library; install the package libjack-jackd2-0"


class JackSource:
    """The outputs of one JACK client, or ports by their full names.

    Args:
        client: The client whose audio outputs are listened to; JACK adds a number where that name was taken.
        ports: The names of output ports in place of that, such as system:capture_1.
    """

    def __init__(self, client: str = "", ports: Sequence[str] = ()) -> None:
        self._own = bool(client)
        named = "|".join(re.escape(port) for port in ports)
        self._pattern = re.compile(rf"{re.escape(client)}(-\d+)?:.*" if client else named)
        self._called = f"{client} at JACK" if client else ", ".join(ports)
        self._client: Any = None
        self._rings: list[Any] = []
        self._server: str | None = None
        self._progress: ThreadProgress | None = None
        self.astray = False
        """Whether a client's outputs are connected to nobody but meters."""
        self.lacks: str | None = None
        self.rate = 48_000
        self.channels = _CHANNELS

    def open(self) -> str:
        """Be a client of the server, and connect.

        Raises:
            DeviceError: if there is no server, or it takes no more clients.
        """
        self._server = jack_server()
        if self._server is None:
            raise DeviceError(JACK_HANGS if jack_hangs() else "there is no JACK server; start it")
        jack = _jack()
        be_prompt()  # JACK's thread waits for Python's lock, which a thread without its turn would keep
        try:
            self._client = client = jack.Client(CLIENT, no_start_server=True)
            self.rate = int(client.samplerate)
            ports = [client.inports.register(f"in_{number + 1}") for number in range(_CHANNELS)]
            self._rings = [jack.RingBuffer(round(RING * self.rate) * _BYTES) for _ in ports]
            client.set_process_callback(_copying(list(zip(ports, self._rings, strict=True))))
            client.activate()
        except jack.JackError as error:
            self.close()
            raise DeviceError(f"JACK takes no meter ({error}); start JACK again") from error
        self._progress = ThreadProgress()
        self._connect()
        return f"listening to {self._called}"

    def check(self) -> None:
        """Connect what has come, and notice a server that is gone.

        Raises:
            DeviceError: if it is.
        """
        if self._progress is not None:
            self._progress.look()
            if self._progress.stuck > STUCK:
                raise SystemGoneError(JACK_HANGS)
        if jack_server() != self._server:
            raise SystemGoneError(JACK_HANGS if jack_hangs() else "the JACK server is gone; start it again")
        self._connect()

    def _connect(self) -> None:
        """Listen to each output that is there; a client that comes and goes is waited for."""
        client, jack = self._client, _jack()
        try:
            all_of_them = client.get_ports(is_audio=True, is_output=True)
            outputs = [port for port in all_of_them if self._pattern.fullmatch(port.name)]
            listeners = [{one.name for one in client.get_all_connections(output)} for output in outputs]
            for number, output in enumerate(outputs):
                into = client.inports[number % _CHANNELS].name
                if into not in listeners[number]:
                    client.connect(output.name, into)
        except jack.JackError as error:  # its owner has gone meanwhile
            outputs, listeners = [], []
            self.lacks = f"{self._called} cannot be listened to ({error})"
            return
        self.lacks = None if outputs else f"{self._called} is not there; name an output of `jack_lsp`"
        elsewhere = {name for names in listeners for name in names if not name.startswith(CLIENT)}
        self.astray = self._own and bool(outputs) and not elsewhere

    def read(self) -> NDArray[np.float32]:
        """What the ring has."""
        frames = min((ring.read_space // _BYTES for ring in self._rings), default=0)
        if not frames:
            return np.zeros((0, _CHANNELS), np.float32)
        return np.stack([np.frombuffer(ring.read(frames * _BYTES), np.float32) for ring in self._rings], axis=1)

    def close(self) -> None:
        """Leave the server."""
        if self._client is not None:
            self._client.close()
        self._client, self._progress, self._rings, self.astray = None, None, [], False


def _copying(ways: Sequence[tuple[Any, Any]]) -> Any:
    """What JACK calls for each period: each port's samples into its ring, or nothing where that is full."""

    def copy(frames: int) -> None:
        if all(ring.write_space >= frames * _BYTES for _, ring in ways):
            for port, ring in ways:
                ring.write(port.get_buffer())

    return copy


def _jack() -> Any:
    """The library, which has no types.

    Raises:
        DeviceError: if the library that it needs is not there.
    """
    try:
        return importlib.import_module("jack")
    except (ImportError, OSError) as error:
        raise DeviceError(f"{NO_LIBRARY} ({error})") from error
