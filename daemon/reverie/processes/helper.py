"""A helper process: what may block, bring threads or crash is done there, and the player only reads the result.

One socket lasts for as long as its owner does, so that its descriptor may be registered once, with asyncio as well;
helpers come and go at its other end. Packets are JSON, one value each, in a socket that keeps their borders: what a
helper left half-said when it died cannot spoil what the next one says.
"""

from __future__ import annotations

import contextlib
import errno
import json
import signal
import socket
from collections.abc import Mapping
from typing import Any

from reverie.processes.children import Child
from reverie.processes.signals import be_steady

RETRY = 3.0  # seconds between the end of a helper and the start of another
HANGS = 7.0  # seconds without a turn after which a helper is taken for hung, and ends
LARGEST = 1 << 16
AT_ONCE = 256  # packets that are read before the owner has its turn


class HelperProcess:
    """The owner's end. No call blocks, but for the few milliseconds in which a process is started."""

    def __init__(self, module: str, settings: Mapping[str, Any]) -> None:
        self._module = module
        self._settings = _encode(settings)
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._child: Child | None = None
        self._starts_at = float("-inf")
        self.lives = 0

    def fileno(self) -> int:
        """The descriptor that is readable when :meth:`receive` has something; the same for ever."""
        return self._ours.fileno()

    @property
    def alive(self) -> bool:
        """Whether a helper runs, as far as :meth:`receive` has seen."""
        return self._child is not None

    def receive(self, now: float) -> list[Any]:
        """What the helper has said; starts one where none runs, so it is to be called each second or so in any case."""
        ended = self._child is not None and self._child.poll() is not None
        said: list[Any] = []
        for _ in range(AT_ONCE):
            if (packet := _take(self._ours)) is None:
                break
            with contextlib.suppress(ValueError):  # a helper that babbles is no harm to its owner
                said.append(json.loads(packet))
        if ended:
            self._child, self._starts_at = None, now + RETRY
        if self._child is None and now >= self._starts_at:
            self._start(now)
        return said

    def send(self, value: Any) -> bool:
        """Tell the helper something; False where it has not read for long."""
        try:
            self._ours.send(_encode(value), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """End the helper."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None
        self._ours.close()
        self._theirs.close()

    def _start(self, now: float) -> None:
        while _take(self._theirs) is not None:
            pass  # meant for a helper that died before it could read
        self._ours.send(self._settings, socket.MSG_DONTWAIT)
        try:
            self._child = Child.start(self._module, self._theirs.fileno())
            self.lives += 1
        except OSError:  # the system has no process to give
            self._starts_at = now + RETRY


class HelperEnd:
    """The helper's end, which ends when the owner's process does."""

    def __init__(self, descriptor: int) -> None:
        be_steady(signal.SIGHUP, signal.SIGINT)  # Ctrl-C is for the owner, whose end is enough
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self._socket = socket.socket(fileno=descriptor)
        self.settings: Mapping[str, Any] = json.loads(self._socket.recv(LARGEST) or b"{}")
        self.gone = False

    def fileno(self) -> int:
        """The descriptor that is readable when the owner has said something, or is gone."""
        return self._socket.fileno()

    def receive(self) -> list[Any]:
        """What the owner has said; sets :attr:`gone` when there is none any more."""
        said: list[Any] = []
        try:
            while packet := _take(self._socket):
                said.append(json.loads(packet))
        except OSError:
            packet = b""
        self.gone = self.gone or packet == b""
        return said

    def tell(self, value: Any) -> bool:
        """Say something; False, and it is lost, where the owner has not read for long."""
        try:
            self._socket.send(_encode(value), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return False
            self.gone = True
            return False
        return True


def still_here() -> None:
    """Put off the end of this helper: to be called each turn, for one that hangs in a library must make room.

    The signal's default action ends the process whoever holds Python's lock.
    """
    signal.setitimer(signal.ITIMER_REAL, HANGS)


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _take(end: socket.socket) -> bytes | None:
    """The next packet, empty at the end of the socket; None if there is none yet."""
    try:
        return end.recv(LARGEST, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
