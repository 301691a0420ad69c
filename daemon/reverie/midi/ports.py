"""The MIDI ports of this machine, for commands: which are there, and which of them is being played."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
from collections.abc import Callable
from typing import Any, Self

from reverie.midi.errors import DeviceError
from reverie.midi.identity import PortMarks
from reverie.midi.rtmidi import CLIENT, Midi, no_system, systems
from reverie.midi.usb import Enumerator

_NOTE_ON = 0x90
_ECHOES = re.compile(r"Midi Through:")
"""Ports that repeat what they are sent, such as ALSA's MIDI through, which Reverie itself may feed."""
_QUEUE = 1000


class PortScanner:
    """Keeps connections to the MIDI systems that are there, so that each look costs little."""

    def __init__(self, api: str = "auto", wanted: Callable[[PortMarks], object] | None = None) -> None:
        """Connect to the systems that ``api`` means; only ports that are ``wanted`` count, all if nothing is said.

        Raises:
            DeviceError: if there is no MIDI system.
        """
        os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
        self._enumerator = Enumerator()
        self._wanted = wanted or _any
        self._systems = list(systems(api))
        if not self._systems:
            raise DeviceError(no_system(api))
        self._listening = [_ListeningInputs(midi) for midi in self._systems]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ports(self) -> list[PortMarks]:
        """The ports that are there and can be sent to.

        Raises:
            DeviceError: if a system is gone.
        """
        found = [port for midi in self._systems for port in self._enumerator.ports(midi.api, midi.ports())]
        return [port for port in found if self._wanted(port)]

    def sources(self) -> list[PortMarks]:
        """The ports that are there and can be listened to.

        Raises:
            DeviceError: if a system is gone.
        """
        return [port for inputs in self._listening for port in self._enumerator.ports(inputs.midi.api, inputs.names())]

    def heard(self) -> list[PortMarks]:
        """The ports of others at which a key was played since this was last asked; they are listened to from then on.

        Raises:
            DeviceError: if a system is gone.
        """
        return [port for inputs in self._listening for port in self._enumerator.ports(inputs.midi.api, inputs.heard())]

    def close(self) -> None:
        """Close all connections."""
        for inputs in self._listening:
            inputs.close()
        for midi in self._systems:
            midi.close()


class _ListeningInputs:
    """One input for each output of other programs: python-rtmidi has no input that tells who sent a message."""

    def __init__(self, midi: Midi) -> None:
        self.midi = midi
        self._rtmidi: Any = importlib.import_module("rtmidi")
        self._number = {
            "alsa": self._rtmidi.API_LINUX_ALSA,
            "jack": self._rtmidi.API_UNIX_JACK,
            "coremidi": self._rtmidi.API_MACOSX_CORE,
        }[midi.api]
        self._look: Any = None
        self._inputs: dict[str, Any] = {}

    def names(self) -> list[str]:
        self.midi.check()
        if self._look is None:
            self._look = self._rtmidi.MidiIn(self._number, name=CLIENT)
        return [name for name in self._look.get_ports() if not re.match(rf"{CLIENT}(-\d+)?:", name)]

    def heard(self) -> list[str]:
        names = [name for name in self.names() if not _ECHOES.match(name)]
        for name in self._inputs.keys() - names:
            self._release(self._inputs.pop(name))
        for name in names:
            if name not in self._inputs:
                with contextlib.suppress(OSError, ValueError):  # it is going; if not, the next look finds it
                    self._inputs[name] = self._listen(name)
        return [name for name, one in self._inputs.items() if _played(one)]

    def _listen(self, name: str) -> Any:
        one = self._rtmidi.MidiIn(self._number, name=CLIENT, queue_size_limit=_QUEUE)
        try:
            one.open_port(one.get_ports().index(name), name="learn")
        except (OSError, ValueError):
            one.delete()
            raise
        return one

    def _release(self, one: Any) -> None:
        one.close_port()
        one.delete()

    def close(self) -> None:
        with contextlib.suppress(DeviceError):  # what belongs to a server that died is left: closing it waits for it
            self.midi.check()
            for one in [*self._inputs.values(), *([self._look] if self._look else [])]:
                self._release(one)
        self._inputs.clear()


def _any(_: PortMarks) -> bool:
    return True


def _played(one: Any) -> bool:
    """Whether a note was begun among what waits; all of it is taken."""
    played = False
    for _ in range(_QUEUE):  # an input that never ends must not hold up the search
        if not (event := one.get_message()):
            break
        message = event[0]
        played = played or (len(message) > 2 and message[0] & 0xF0 == _NOTE_ON and message[2] > 0)  # noqa: PLR2004
    return played
