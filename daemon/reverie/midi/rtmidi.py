"""Connections by python-rtmidi: the MIDI systems of this machine, their ports, and JACK servers that die.

python-rtmidi is imported where it is used, as a site with FluidSynth alone needs no MIDI system.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reverie.midi.errors import DeviceError
from reverie.processes.thread_progress import ThreadProgress

CLIENT = "Reverie"
NO_LIBRARY = "MIDI ports need ALSA's library; install the package libasound2"
NO_SYSTEM = "there is no MIDI system: neither ALSA's sequencer nor a JACK server; load the module snd-seq or start JACK"

ARRIVES = 0.1
"""Seconds for which a port of JACK's stays after its last message: two periods of 2,048 frames, 44,100 a second.

Others may read a message late in the period in which JACK takes it, and find nothing if its port is gone by then.
"""

JACK_HANGS = "JACK does not answer: its server hangs; start JACK again, what plays through it returns by itself"
STUCK = 8.0
"""Seconds without a period of JACK after which its server counts as hung."""

_JACK_GONE = "the JACK server is gone; start it again"
_SOCKETS = Path("/proc/net/unix")
_SEQUENCER = Path("/dev/snd/seq")
_ABANDONED: list[Any] = []
_IDLE: dict[str, Midi] = {}


def jack_server() -> str | None:
    """What identifies the JACK server that clients of this process would reach; None where none runs.

    The list of listening sockets says so without a call to libjack, which would complain on stderr each time. A
    server that was started anew is another one; one that is stopped (SIGSTOP) answers nobody, and counts as none.
    Linux only; elsewhere MIDI does not go through JACK.
    """
    server = _listening()
    return None if server is None or _is_stopped(_holder(server)) else server


def jack_hangs() -> bool:
    """Whether a JACK server is there that is stopped, and answers nobody."""
    server = _listening()
    return server is not None and _is_stopped(_holder(server))


def jack_listens() -> bool:
    """Whether a JACK server is there, even one that answers nobody."""
    return _listening() is not None


def no_system(api: str) -> str:
    """Why there is none of the MIDI systems that ``api`` means, in one plain sentence."""
    return JACK_HANGS if api in {"auto", "jack"} and jack_listens() else NO_SYSTEM


def _listening() -> str | None:
    """The socket at which a JACK server listens; None where there is none."""
    name = re.escape(os.environ.get("JACK_DEFAULT_SERVER", "default"))
    socket = re.compile(rf" 00010000 0001 \S+ +(\d+) \S*/jack_{name}_(?:{os.getuid()}_)?0$", re.MULTILINE)
    try:
        match = socket.search(_SOCKETS.read_text())
    except OSError:
        return None
    return match[1] if match else None


@functools.lru_cache(maxsize=1)
def _holder(inode: str) -> Path | None:
    """Where the kernel tells of the process that listens at a socket; None if that is another user's."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone, or not for us to see
            if any(str(entry.readlink()) == f"socket:[{inode}]" for entry in (process / "fd").iterdir()):
                return process
    return None


def _is_stopped(process: Path | None) -> bool:
    if process is None:
        return False
    try:
        state = (process / "stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return False
    return state in {"T", "t"}


def _rtmidi() -> Any:
    """The library, which has no types.

    Raises:
        DeviceError: if the library that it needs is not there.
    """
    try:
        return importlib.import_module("rtmidi")
    except ImportError as error:
        raise DeviceError(f"{NO_LIBRARY} ({error})") from error


class SystemGoneError(DeviceError):
    """A MIDI system died while this process had clients in it. Their remains go only with the process."""


class Midi:
    """One connection of python-rtmidi to a MIDI system."""

    def __init__(self, api: str) -> None:
        """Connect to ``alsa``, ``jack`` or ``coremidi``.

        Raises:
            DeviceError: if that system is not there.
        """
        self.api = api
        self._offers = False
        self._sent = float("-inf")
        self._progress: ThreadProgress | None = None
        self._hangs = False
        self._server = jack_server() if api == "jack" else None
        if (api == "alsa" and not _SEQUENCER.exists()) or (api == "jack" and self._server is None):
            raise DeviceError(no_system(api))
        rtmidi = _rtmidi()
        number = {"alsa": rtmidi.API_LINUX_ALSA, "jack": rtmidi.API_UNIX_JACK, "coremidi": rtmidi.API_MACOSX_CORE}[api]
        try:
            self._out: Any = rtmidi.MidiOut(number, name=CLIENT)
        except OSError as error:  # every error of python-rtmidi is one
            raise DeviceError(no_system(api)) from error

    def ports(self) -> list[str]:
        """The MIDI inputs of others, by name.

        Raises:
            DeviceError: if the MIDI system is gone.
        """
        self.check()
        try:
            names: list[str] = self._out.get_ports()
        except OSError as error:
            raise DeviceError(f"the MIDI system gives no list of its ports ({error})") from error
        return [name for name in names if not re.match(rf"{CLIENT}(-\d+)?:", name)]

    def check(self) -> None:
        """Notice a MIDI system that died or hangs; libjack itself does not.

        Raises:
            DeviceError: if it did.
        """
        if self._progress is not None:
            self._progress.look()
            self._hangs = self._hangs or self._progress.stuck > STUCK
        if self.is_dead:
            raise SystemGoneError(JACK_HANGS if self._hangs or jack_hangs() else _JACK_GONE)
        if self.api == "alsa" and not _SEQUENCER.exists():
            raise DeviceError(NO_SYSTEM)

    def connect(self, name: str) -> None:
        """Open the port of that name.

        Raises:
            DeviceError: if it cannot be opened.
        """
        try:
            self._out.open_port(self._out.get_ports().index(name), name="out")
        except (OSError, ValueError) as error:
            raise DeviceError(f"the MIDI port {name} cannot be opened ({error}); is it in use elsewhere?") from error
        self._watch()

    @property
    def carries(self) -> bool:
        """Whether an open port is known to be served; until then nothing is to be sent."""
        return self._progress is None or self._progress.moves

    def offer(self, name: str) -> None:
        """Make a port of our own, to which others connect.

        Raises:
            DeviceError: if it cannot be made.
        """
        self._offers = True
        try:
            self._out.open_virtual_port(name)
        except (OSError, NotImplementedError) as error:
            raise DeviceError(f"the MIDI port {name!r} cannot be made ({error})") from error
        self._watch()

    def _watch(self) -> None:
        """Watch whether JACK has its clients in this process do something in each of its periods."""
        self._progress = ThreadProgress() if self.api == "jack" else None

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            DeviceError: if python-rtmidi says that it cannot.
        """
        self._sent = time.monotonic()
        try:
            self._out.send_message(message)
        except OSError as error:
            raise DeviceError(f"a MIDI message could not be sent ({error})") from error

    def close(self) -> None:
        """Close what is open, when the messages sent before have arrived.

        The connection itself is kept for who needs one next: a device that is away for weeks is looked for a million
        times. Not so where it has a port of our own, which ALSA would go on to show, and not one to a dead JACK server:
        it is left as it is, as closing it waits a second for the dead.
        """
        if self.is_dead:
            _ABANDONED.append(self._out)
            return
        self._progress = None
        if self.api == "jack":
            time.sleep(max(self._sent + ARRIVES - time.monotonic(), 0.0))
        self._out.close_port()
        if self._offers or self.api in _IDLE:
            self._out.delete()
        else:
            _IDLE[self.api] = self

    @property
    def is_dead(self) -> bool:
        """Whether the JACK server that it was connected to is gone, or hangs."""
        return self.api == "jack" and (self._hangs or jack_server() != self._server)


def systems(api: str) -> Iterator[Midi]:
    """Connections to the MIDI systems that ``api`` means (``auto``: ALSA, then JACK; CoreMIDI on a Mac), if there.

    Raises:
        SystemGoneError: if one died since this process used it.
        DeviceError: if the library for all of them is not there.
    """
    _rtmidi()
    names = [api] if api != "auto" else ["coremidi"] if sys.platform == "darwin" else ["alsa", "jack"]
    for name in names:
        try:
            midi = _take(name)
        except SystemGoneError:
            raise
        except DeviceError:
            continue
        yield midi


def _take(api: str) -> Midi:
    """A connection that nobody uses, or a new one.

    Raises:
        SystemGoneError: if there was one, and what it led to has died.
        DeviceError: if that system is not there.
    """
    if (idle := _IDLE.pop(api, None)) is None:
        return Midi(api)
    try:
        idle.check()
    except DeviceError:
        idle.close()
        raise
    return idle
