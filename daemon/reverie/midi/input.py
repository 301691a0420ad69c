"""Listening to a MIDI input: a helper process has the port, its owner gets timed messages.

:class:`MidiInputProcess` is the owner's side, in the player or in the conductor. The other is the process ``python -m
reverie.midi.input --fd N``: it finds the port, as often as it must, and hands on each message as a
:class:`TimedMessage`, and an :class:`InputState` whenever that changes.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from reverie.foreign import LONGEST_LINE, plain
from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain
from reverie.midi.identity import PortMarks, Wanted, choose, missing
from reverie.midi.rtmidi import (
    CLIENT,
    JACK_HANGS,
    NO_LIBRARY,
    STUCK,
    SystemGoneError,
    jack_hangs,
    jack_server,
    no_system,
)
from reverie.midi.usb import Enumerator
from reverie.processes.descriptors import readable
from reverie.processes.helper import HelperEnd, HelperProcess, still_here
from reverie.processes.thread_progress import ThreadProgress
from reverie.processes.worker_main import end_of_socket

POLL = 0.005  # seconds between looks at python-rtmidi's queue
LOOK = 0.25  # seconds between looks at whether the port is still there
RECENT = 10.0  # seconds over which the smallest delay of messages is taken
LOST = 0.5  # seconds of delay that only lost messages explain
QUEUE = 4096
LONGEST = 4096  # bytes of a message that is handed on: an exclusive one may have no end
SEARCH = 1.0  # seconds between looks for a port that is not there
ACTIVE_SENSING = 0xFE
STARTING = "the MIDI input is being opened"


@dataclass(frozen=True, slots=True)
class TimedMessage:
    """A message and the monotonic second at which it arrived."""

    type: ClassVar[str] = "midi"
    time: float
    message: bytes


@dataclass(frozen=True, slots=True)
class InputState:
    """Whether the port is there, and one plain sentence about it."""

    type: ClassVar[str] = "state"
    up: bool
    detail: str


class MidiInputProcess:
    """A MIDI input, wherever it comes and goes. No call blocks; nothing is raised for a port that is not there.

    Wait for ``fileno()`` to be readable, by :func:`reverie.processes.descriptors.readable` or ``loop.add_reader``, then
    :meth:`receive`; call that each second too, as it notices a helper that died and starts another.

    Args:
        port: By what the input is known: ``match`` or ``device``, and ``api``, as plain data of the site's file.
    """

    def __init__(self, port: Mapping[str, Any]) -> None:
        self._helper = HelperProcess("reverie.midi.input", port, TimedMessage | InputState)
        self._up = False
        self._detail = STARTING

    @property
    def up(self) -> bool:
        """Whether the port is there, as far as :meth:`receive` has heard."""
        return self._up

    @property
    def description(self) -> str:
        """One plain sentence about the port, for people."""
        return self._detail

    def fileno(self) -> int:
        """The descriptor to wait on; the same for ever."""
        return self._helper.fileno()

    def receive(self) -> list[TimedMessage]:
        """What has arrived, in order."""
        heard: list[TimedMessage] = []
        for said in self._helper.receive(time.monotonic()):
            if isinstance(said, InputState):
                self._up, self._detail = said.up, plain(said.detail, LONGEST_LINE)
            else:
                heard.append(said)
        if self._up and not self._helper.alive:
            self._up, self._detail = False, "the MIDI input hung, and is opened anew"
        return heard

    def close(self) -> None:
        """Let go of the port."""
        self._helper.close()


class Moments:
    """From python-rtmidi's steps between messages to monotonic seconds.

    The steps are measured where messages arrive, and are better than the moments at which they are read. Their sum is
    set right by the smallest delay of reading that was seen lately: no message is read before it came.
    """

    def __init__(self) -> None:
        self._sum = 0.0
        self._delay = float("inf")
        self._coming = float("inf")
        self._since = float("-inf")

    def of(self, step: float, now: float) -> float:
        """The moment of a message that came ``step`` seconds after the one before and is read at ``now``."""
        self._sum += step
        delay = now - self._sum
        if now - self._since > RECENT:
            self._delay, self._coming, self._since = self._coming, float("inf"), now
        if delay - self._delay > LOST:
            self._delay = self._coming = float("inf")
        self._coming = min(self._coming, delay)
        self._delay = min(self._delay, self._coming)
        return self._sum + self._delay


class MidiInput:
    """One MIDI output of others, listened to by python-rtmidi.

    Its queue is read and its callback is not used: JACK does not wait for a callback that waits for Python's lock, but
    hands it some messages twice and others never.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._wanted = Wanted.read(settings)
        self._api: str = settings.get("api", "auto")
        self._enumerator = Enumerator()
        self._clients: dict[str, Any] = {}  # one for each system, kept: not even ten thousand looks cost a new one
        self._in: Any = None
        self._port = ""
        self._server: str | None = None
        self._progress: ThreadProgress | None = None
        self._moments = Moments()

    def open(self) -> str:
        """Find the port and open it; which one it is, in one sentence.

        Raises:
            DeviceError: if there is none, or more than one.
        """
        self._check_server()
        seen: list[PortMarks] = []
        for api, number in _systems(self._api):
            if api not in self._clients:
                self._server = jack_server() if api == "jack" else self._server
                self._clients[api] = _rtmidi().MidiIn(number, name=CLIENT, queue_size_limit=QUEUE)
            ports = self._enumerator.ports(api, _names(self._clients[api]))
            if (port := choose(self._wanted, ports)) is not None:
                self._connect(self._clients[api], port.port)
                return f"listening to the MIDI port {port.port} ({api})"
            seen += ports
        raise DeviceError(missing(self._wanted, seen))

    def _connect(self, client: Any, name: str) -> None:
        # What is not wanted is left out by whoever asks: messages that python-rtmidi ignores take their steps along.
        client.ignore_types(False, False, False)
        try:
            client.open_port(client.get_ports().index(name), name="in")
        except ValueError as error:
            raise DeviceError(f"the MIDI port {name} was unplugged while it was being opened") from error
        self._in, self._port, self._moments = client, name, Moments()
        self._progress = ThreadProgress() if client is self._clients.get("jack") else None

    def check(self) -> None:
        """Notice a port that is gone: python-rtmidi does not say so of itself.

        Raises:
            DeviceError: if it is.
        """
        self._check_server()
        if self._port not in _names(self._in):
            raise DeviceError(f"the MIDI port {self._port} is gone; switch the device on or plug it in again")

    def _check_server(self) -> None:
        if self._progress is not None:
            self._progress.look()
            if self._progress.stuck > STUCK:
                raise SystemGoneError(JACK_HANGS)
        if self._server is not None and jack_server() != self._server:
            raise SystemGoneError(JACK_HANGS if jack_hangs() else "the JACK server is gone; start it again")

    def read(self) -> Iterator[TimedMessage]:
        """What has arrived."""
        for _ in range(QUEUE):  # an input that never ends must not keep the helper from all else
            event = None if self._in is None else self._in.get_message()
            if not event:
                return
            message, step = event
            yield TimedMessage(self._moments.of(step, time.monotonic()), bytes(message))

    def close(self) -> None:
        """Let go of the port."""
        if self._in is not None:
            self._in.close_port()
            self._in, self._progress = None, None


def _names(client: Any) -> list[str]:
    """The outputs of others."""
    names: list[str] = client.get_ports()
    return [name for name in names if not re.match(rf"{CLIENT}(-\d+)?:", name)]


def _rtmidi() -> Any:
    try:
        return importlib.import_module("rtmidi")
    except ImportError as error:
        raise DeviceError(f"{NO_LIBRARY} ({error})") from error


def _systems(api: str) -> Iterator[tuple[str, int]]:
    """The MIDI systems that ``api`` means and that are there, with python-rtmidi's number.

    Raises:
        DeviceError: if there is none.
    """
    rtmidi = _rtmidi()
    there = {
        "coremidi": (rtmidi.API_MACOSX_CORE, sys.platform == "darwin"),
        "alsa": (rtmidi.API_LINUX_ALSA, Path("/dev/snd/seq").exists()),
        "jack": (rtmidi.API_UNIX_JACK, jack_server() is not None),
    }
    found = [(name, number) for name, (number, here) in there.items() if here and api in {"auto", name}]
    if not found:
        raise DeviceError(no_system(api))
    yield from found


class MidiInputHelper:
    """Listens for its owner, for as long as there is one."""

    def __init__(self, owner: HelperEnd) -> None:
        self._owner = owner
        self._input = MidiInput(owner.settings)
        self._up = False
        self._due = float("-inf")
        self._news: InputState | None = None

    def run(self) -> None:
        """Hand on what is heard until the owner is gone."""
        while not self._owner.gone:
            still_here()
            for message in self._input.read():
                if message.message[0] != ACTIVE_SENSING and len(message.message) <= LONGEST:
                    self._owner.tell(message)
            if time.monotonic() >= self._due:
                self._look()
            if self._news is not None and self._owner.tell(self._news):
                self._news = None
            readable([self._owner], POLL if self._up else max(self._due - time.monotonic(), 0.0))
            self._owner.receive()

    def _look(self) -> None:
        try:
            if self._up:
                self._input.check()
            else:
                self._say(True, self._input.open())
        except SystemGoneError as error:  # only another process is rid of what is left of a dead server's client
            self._owner.tell(InputState(up=False, detail=explain(error)))
            os._exit(0)
        except DEVICE_ERRORS as error:
            self._input.close()
            self._say(False, explain(error))
        self._due = time.monotonic() + (LOOK if self._up else SEARCH)

    def _say(self, up: bool, detail: str) -> None:
        self._up = up
        self._news = InputState(up, detail)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process."""
    end = end_of_socket("reverie.midi.input", "Listens to a MIDI input.", arguments)
    os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
    MidiInputHelper(HelperEnd(end)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
