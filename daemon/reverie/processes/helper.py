"""A helper process: what may block, bring threads or crash is done there, and its owner only reads the result.

One socket lasts for as long as its owner does, so that its descriptor may be registered once, with asyncio as well;
helpers come and go at its other end. The socket keeps the borders of packets: what a helper left half-said when it died
cannot spoil what the next one says. The first packet has the helper's settings, as JSON; all others are values of
:mod:`reverie.processes.codec`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import signal
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from reverie.processes.children import Child
from reverie.processes.codec import Tagged, from_message, to_message
from reverie.processes.signals import be_steady
from reverie.processes.wire import WireError

RETRY = 3.0  # seconds between the end of a helper and the start of another
SHORT_LIFE = 60.0  # seconds that a helper lives at least whose end is no reason to wait longer for the next one
HANGS = 7.0  # seconds without a turn after which a helper is taken for hung, and ends
LARGEST = 1 << 16
"""Bytes of a packet."""
AT_ONCE = 256  # packets that are read before the owner has its turn


class HelperProcess:
    """The owner's end. No call blocks, but for the few milliseconds in which a process is started.

    Args:
        module: What the helper runs.
        settings: Its first packet.
        says: The class or union of what it may say.
        longest_wait: Seconds at most until one that dies again and again is started again.
    """

    def __init__(self, module: str, settings: Mapping[str, Any], says: Any, longest_wait: float = RETRY) -> None:
        self._longest_wait = longest_wait
        self._wait = RETRY
        self._born = float("-inf")
        self._module = module
        self._settings = json.dumps(settings).encode()
        self._says = says
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
            with contextlib.suppress(WireError):  # a helper that babbles is no harm to its owner
                said.append(unpacked(self._says, packet))
        if ended:
            self._wait = self._wait if now - self._born < SHORT_LIFE else RETRY
            self._child, self._starts_at = None, now + self._wait
            self._wait = min(self._wait * 2, self._longest_wait)
        if self._child is None and now >= self._starts_at:
            self._start(now)
        return said

    def send(self, value: Tagged) -> bool:
        """Tell the helper something; False where it has not read for long."""
        try:
            self._ours.send(packed(value), socket.MSG_DONTWAIT)
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
            self._born = now
        except OSError:  # the system has no process to give
            self._starts_at = now + RETRY


class HelperEnd:
    """The helper's end, which ends when the owner's process does.

    Args:
        end: The socket.
        hears: The class or union of what the owner may say; None, if that is nothing.
    """

    def __init__(self, end: socket.socket, hears: Any = None) -> None:
        be_steady(signal.SIGHUP, signal.SIGINT)  # Ctrl-C is for the owner, whose end is enough
        be_mortal()
        self._socket = end
        self._hears = hears
        self.settings: Mapping[str, Any] = json.loads(self._socket.recv(LARGEST) or b"{}")
        self.gone = False

    def fileno(self) -> int:
        """The descriptor that is readable when the owner has said something, or is gone."""
        return self._socket.fileno()

    def receive(self) -> list[Any]:
        """What the owner has said; sets :attr:`gone` when there is none any more."""
        said: list[Any] = []
        for packet in packets(self._socket):
            if not packet:
                self.gone = True
            elif self._hears is not None:
                said.append(unpacked(self._hears, packet))
        return said

    def tell(self, value: Tagged) -> bool:
        """Say something; False, and it is lost, where the owner has not read for long."""
        try:
            self._socket.send(packed(value), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return False
            self.gone = True
            return False
        return True


def be_mortal() -> None:
    """Let :func:`still_here` end this process when it is not called in time.

    The signal's default action ends the process whoever holds Python's lock.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def still_here(seconds: float | None = None) -> None:
    """Put off the end of this process: to be called each turn, for one that hangs in a library must make room.

    Args:
        seconds: How long the turn may take; :data:`HANGS`, if nothing else is said.
    """
    signal.setitimer(signal.ITIMER_REAL, HANGS if seconds is None else seconds)


def packed(value: Tagged) -> bytes:
    """A value as a packet."""
    return json.dumps(to_message(value), separators=(",", ":")).encode()


def unpacked(kinds: Any, packet: bytes) -> Any:
    """The value of a packet.

    Raises:
        WireError: if it is none of these kinds.
    """
    try:
        message = json.loads(packet)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a packet is no JSON: {packet[:80]!r}") from error
    return from_message(kinds, message)


def packets(end: socket.socket) -> Iterator[bytes]:
    """What has arrived, without waiting; an empty one is the end of the socket."""
    while True:
        try:
            packet = end.recv(LARGEST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionResetError:
            continue  # the other end left without reading all that we said; what it said is still there
        yield packet
        if not packet:
            return


def _take(end: socket.socket) -> bytes | None:
    """The next packet, empty at the end of the socket; None if there is none yet."""
    try:
        return end.recv(LARGEST, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
