"""What ports of others and ports of our own share: python-rtmidi, its APIs, and JACK servers that die.

python-rtmidi is imported where it is used, as a site with FluidSynth alone needs no MIDI system.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reverie.play.errors import PlayError

CLIENT = "Reverie"
NO_LIBRARY = "MIDI ports need ALSA's library; install the package libasound2"
NO_SYSTEM = "there is no MIDI system: neither ALSA's sequencer nor a JACK server; load the module snd-seq or start JACK"

_SOCKETS = Path("/proc/net/unix")
_SEQUENCER = Path("/dev/snd/seq")
_ABANDONED: list[Any] = []


def jack_server() -> str | None:
    """What identifies the JACK server that clients of this process would reach; None where none runs.

    The list of listening sockets says so without a call to libjack, which would complain on stderr each time. A
    server that was started anew is another one. Linux only; elsewhere MIDI does not go through JACK.
    """
    name = re.escape(os.environ.get("JACK_DEFAULT_SERVER", "default"))
    socket = re.compile(rf" 00010000 0001 \S+ +(\d+) \S*/jack_{name}_(?:{os.getuid()}_)?0$", re.MULTILINE)
    try:
        match = socket.search(_SOCKETS.read_text())
    except OSError:
        return None
    return match[1] if match else None


def _rtmidi() -> Any:
    """The library, which has no types.

    Raises:
        PlayError: if the library that it needs is not there.
    """
    try:
        return importlib.import_module("rtmidi")
    except ImportError as error:
        raise PlayError(f"{NO_LIBRARY} ({error})") from error


class SystemGoneError(PlayError):
    """A MIDI system that died with clients of this process: only another process is rid of what is left of them."""


class Midi:
    """One connection of python-rtmidi to a MIDI system."""

    def __init__(self, api: str) -> None:
        """Connect to ``alsa``, ``jack`` or ``coremidi``.

        Raises:
            PlayError: if that system is not there.
        """
        self.api = api
        self._server = jack_server() if api == "jack" else None
        if (api == "alsa" and not _SEQUENCER.exists()) or (api == "jack" and self._server is None):
            raise PlayError(NO_SYSTEM)
        rtmidi = _rtmidi()
        number = {"alsa": rtmidi.API_LINUX_ALSA, "jack": rtmidi.API_UNIX_JACK, "coremidi": rtmidi.API_MACOSX_CORE}[api]
        try:
            self._out: Any = rtmidi.MidiOut(number, name=CLIENT)
        except OSError as error:  # every error of python-rtmidi is one
            raise PlayError(NO_SYSTEM) from error

    def ports(self) -> list[str]:
        """The MIDI inputs of others, by name.

        Raises:
            PlayError: if the MIDI system is gone.
        """
        self.check()
        try:
            names: list[str] = self._out.get_ports()
        except OSError as error:
            raise PlayError(f"the MIDI system gives no list of its ports ({error})") from error
        return [name for name in names if not re.match(rf"{CLIENT}(-\d+)?:", name)]

    def check(self) -> None:
        """Notice a MIDI system that died; libjack itself does not.

        Raises:
            PlayError: if it did.
        """
        if self.api == "jack" and jack_server() != self._server:
            raise SystemGoneError("the JACK server is gone; start it again")
        if self.api == "alsa" and not _SEQUENCER.exists():
            raise PlayError(NO_SYSTEM)

    def connect(self, name: str) -> None:
        """Open the port of that name.

        Raises:
            PlayError: if it cannot be opened.
        """
        try:
            self._out.open_port(self._out.get_ports().index(name), name="out")
        except (OSError, ValueError) as error:
            raise PlayError(f"the MIDI port {name} cannot be opened ({error}); is it in use elsewhere?") from error

    def offer(self, name: str) -> None:
        """Make a port of our own, to which others connect.

        Raises:
            PlayError: if it cannot be made.
        """
        try:
            self._out.open_virtual_port(name)
        except (OSError, NotImplementedError) as error:
            raise PlayError(f"the MIDI port {name!r} cannot be made ({error})") from error

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            PlayError: if python-rtmidi says that it cannot.
        """
        try:
            self._out.send_message(message)
        except OSError as error:
            raise PlayError(f"a MIDI message could not be sent ({error})") from error

    def close(self) -> None:
        """Close what is open; messages sent before are still delivered.

        A client of a dead JACK server is left as it is: closing it waits a second for the dead, while notes are due.
        """
        if self.api == "jack" and jack_server() != self._server:
            _ABANDONED.append(self._out)
            return
        self._out.close_port()
        self._out.delete()


def systems(api: str) -> Iterator[Midi]:
    """Connections to the MIDI systems that ``api`` means (``auto``: ALSA, then JACK; CoreMIDI on a Mac), if there.

    Raises:
        PlayError: if the library for all of them is not there.
    """
    _rtmidi()
    names = [api] if api != "auto" else ["coremidi"] if sys.platform == "darwin" else ["alsa", "jack"]
    for name in names:
        try:
            yield Midi(name)
        except PlayError:
            continue
