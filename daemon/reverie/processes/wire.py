"""Messages between the conductor and its workers: one JSON object a line, over one socket for each life of a worker.

A socket of its own for every life means that a worker that dies half-way through a message can spoil nothing but its
own stream; JSON, and not pickle, means that a message can be read by eye and can run nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from reverie.errors import ReverieError

Message = dict[str, Any]

MAX_LINE = 4 * 1024 * 1024
MAX_UNSENT = 1024 * 1024
"""Bytes that wait for a conductor that does not read just now."""


class WireError(ReverieError):
    """A peer sent what is no message."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? A worker answers each with a :class:`Pong` of the same number."""

    type: ClassVar[str] = "ping"
    number: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to :class:`Ping`."""

    type: ClassVar[str] = "pong"
    number: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End what you have begun, such as every note, and leave."""

    type: ClassVar[str] = "stop"


def encode(message: Message) -> bytes:
    """One message as a line of bytes."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"  # ASCII: a name of a file may be no text


def decode(line: bytes) -> Message:
    """Read one line.

    Raises:
        WireError: if it is no JSON object with a ``type``.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a worker sent a line that is no JSON: {line[:80]!r}") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):  # pyright: ignore[reportUnknownMemberType]
        raise WireError(f"a worker sent a line that is no message: {line[:80]!r}")
    return message  # pyright: ignore[reportUnknownVariableType]


class Wire:
    """A worker's end of its socket to the conductor, waited for by :mod:`reverie.processes.descriptors`.

    Reading never blocks; sending does, for as long as the conductor's end is full, so messages are few and small.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._pending = b""
        self._unsent = bytearray()
        self.closed = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        """Send one message; a conductor that is gone shows in :attr:`closed`, not as an error."""
        try:
            self._socket.sendall(encode(message))
        except OSError:
            self.closed = True

    def post(self, message: Message) -> None:
        """Send one message without ever waiting: what the conductor does not take now goes before the next message.

        A conductor that has stopped reading learns nothing more, once so much waits for it that nobody would want it.
        """
        if len(self._unsent) < MAX_UNSENT:
            self._unsent += encode(message)
        try:
            sent = self._socket.send(self._unsent, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            self.closed = True
            return
        del self._unsent[:sent]

    def receive(self) -> Iterator[Message]:
        """What has arrived, without waiting; sets :attr:`closed` when the conductor is gone.

        Raises:
            WireError: if the other end sends what is no message.
        """
        try:
            data = self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > MAX_LINE:
            raise WireError(f"a message is longer than {MAX_LINE} bytes")
        for line in lines:
            yield decode(line)
