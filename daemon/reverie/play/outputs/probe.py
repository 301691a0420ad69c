"""An output for measuring: it notes when each message arrives. It runs in an output process, as a port's output does.

No site can have it, as its configuration knows no such kind.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from reverie.play.outputs.output import Output

_RECORD = struct.Struct("=q4s")


class Probe(Output):
    """Notes nanoseconds of CLOCK_MONOTONIC and the message, in a file that is mapped into memory: no call, no wait.

    What comes beyond ``room`` messages is not noted.
    """

    def __init__(self, file: str, room: int) -> None:
        with Path(file).open("w+b") as stamps:
            stamps.truncate(room * _RECORD.size)
            self._map = mmap.mmap(stamps.fileno(), room * _RECORD.size)
        self._map[:] = bytes(len(self._map))  # no page has to be fetched while notes are due
        self._at = 0

    @property
    def description(self) -> str:
        """What it is."""
        return "noting when messages arrive"

    def open(self) -> None:
        """Nothing needs to be opened."""

    def poll(self) -> bool:
        """Always there."""
        return True

    def send(self, message: bytes) -> None:
        """Note a message."""
        now = time.monotonic_ns()
        if self._at < len(self._map):
            _RECORD.pack_into(self._map, self._at, now, message)
            self._at += _RECORD.size

    def close(self) -> None:
        """Leave the file as it is."""


def stamps(file: Path) -> Iterator[tuple[float, bytes]]:
    """What a probe noted: monotonic seconds, and the message's first three bytes."""
    for moment, message in _RECORD.iter_unpack(file.read_bytes()):
        if not moment:
            return
        yield moment / 1e9, message[:3]
