"""A MIDI cable in both directions, by python-rtmidi: an output to a device, and the input by which it answers."""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from reverie.midi.errors import DeviceError
from reverie.midi.rtmidi import NO_LIBRARY, jack_server, no_system

CLIENT = "Reverie dump"
SETTLES = 0.1
"""Seconds after which a new connection surely carries, and after which what was sent is surely gone."""
_SEQUENCER = Path("/dev/snd/seq")
_LOOK = 0.002
_QUEUE = 1024


class DumpCable:
    """One device, by the name of its port."""

    def __init__(self, out: Any, into: Any, name: str) -> None:
        self._out = out
        self._into = into
        self.name = name

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            DeviceError: if it cannot be sent.
        """
        try:
            self._out.send_message(message)
        except OSError as error:
            raise DeviceError(f"nothing can be sent to {self.name} ({error}); plug it in again") from error

    def heard(self) -> Iterator[bytes]:
        """What has come since this was last asked."""
        while event := self._into.get_message():
            yield bytes(event[0])

    def wait(self, seconds: float) -> None:
        """Let a little time pass, of which the next look can be the end: at most ``seconds``."""
        time.sleep(max(min(seconds, _LOOK), 0.0))


@contextlib.contextmanager
def opened(name: str) -> Generator[DumpCable]:
    """The line to the one device that has ``name`` in the name of its port, capitals aside.

    Raises:
        DeviceError: if there is none, or more than one, or no MIDI at all.
    """
    rtmidi = _rtmidi()
    api = _api(rtmidi)
    with contextlib.ExitStack() as stack:
        try:
            out, into = rtmidi.MidiOut(api, name=CLIENT), rtmidi.MidiIn(api, name=CLIENT, queue_size_limit=_QUEUE)
            for one in (out, into):
                stack.callback(one.delete)
                stack.callback(one.close_port)
            port = chosen(name, out.get_ports())
            answers = answering(port, into.get_ports(), name)
            out.open_port(out.get_ports().index(port), name="out")
            into.ignore_types(sysex=False, timing=True, active_sense=True)
            if answers is not None:
                into.open_port(into.get_ports().index(answers), name="in")
        except (OSError, ValueError) as error:
            raise DeviceError(f"the MIDI port {name} cannot be opened ({error}); is it in use elsewhere?") from error
        time.sleep(SETTLES)
        try:
            yield DumpCable(out, into, port)
        finally:
            time.sleep(SETTLES)


def chosen(name: str, ports: Sequence[str]) -> str:
    """The one port that is meant: that of just this name, or the only one with it in its own.

    Raises:
        DeviceError: if that is not one.
    """
    found = [port for port in ports if port == name] or [port for port in ports if name.casefold() in port.casefold()]
    if len(found) == 1:
        return found[0]
    there = f"there are {', '.join(found or ports)}" if found or ports else "there is none at all"
    said = "more than one MIDI port has" if found else "no MIDI port has"
    raise DeviceError(f"{said} {name!r} in its name; {there}")


def answering(port: str, inputs: Sequence[str], name: str) -> str | None:
    """The port by which a device answers: of the same name, of the same client, or the only one that was meant, too."""
    client = port.rpartition(":")[0]
    same = [other for other in inputs if other == port]
    siblings = [other for other in inputs if client and other.rpartition(":")[0] == client]
    meant = [other for other in inputs if name.casefold() in other.casefold()]
    return next((found[0] for found in (same, siblings, meant) if len(found) == 1), None)


def _rtmidi() -> Any:
    try:
        return importlib.import_module("rtmidi")
    except ImportError as error:
        raise DeviceError(f"{NO_LIBRARY} ({error})") from error


def _api(rtmidi: Any) -> int:
    if sys.platform == "darwin":
        return rtmidi.API_MACOSX_CORE
    if _SEQUENCER.exists():
        return rtmidi.API_LINUX_ALSA
    if jack_server() is not None:
        return rtmidi.API_UNIX_JACK
    raise DeviceError(no_system("auto"))
