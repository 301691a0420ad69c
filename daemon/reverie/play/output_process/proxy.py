"""An output that another process holds: if it hangs there, the player goes on.

The player's end of the socket of :mod:`reverie.play.output_process.process`;
:mod:`reverie.play.output_process.messages` has what goes over it.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from reverie.foreign import LONGEST_LINE, plain
from reverie.midi.errors import DeviceError
from reverie.play.output_process.messages import OutputSetup, OutputState
from reverie.play.outputs.output import LOOK, Line, Output, Trouble
from reverie.processes.children import Child, reap
from reverie.processes.helper import LARGEST, packed, unpacked
from reverie.processes.wire import WireError

SYSEX_END = 0xF7
DUE = struct.Struct("=xd")
"""What stands before messages that are not due yet: a zero byte and the monotonic moment."""
HANGS = 1.0
"""Seconds for which an output process may leave what it was sent unread, once it is up."""
HANGS_OPENING = 8.0
"""The same while it opens its device, which may take long; a little more than its own clock gives it."""
_MOST = LARGEST - DUE.size
_BUFFER = 1 << 20  # bytes, of which the system grants what it likes; a message of 3 bytes takes some 800 of them
_MOST_WAITING = 1 << 20  # bytes
_STARTING = "it has not answered yet"
_HANGS = "its output process hangs; it is started again"


class OutputProxy(Output):
    """An output of another process, which is started when it is opened, and again whenever it hung or died.

    The output process looks for a device that went away; :meth:`poll` is False meanwhile, and the description says why.
    No call waits. Messages that the output process does not read are lost.
    """

    def __init__(
        self,
        slot: str,
        settings: Mapping[str, Any],
        ledger: Path | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Carry the output of ``settings``; ``ledger`` is the slot's file, None if nobody is to silence it."""
        self._setup = OutputSetup(slot, settings, ledger)
        self._clock = clock
        self._socket: socket.socket | None = None
        self._process: Child | None = None
        self._said = False
        self._up = False
        self._detail = _STARTING
        self._trouble: Trouble | None = None
        self._waiting = bytearray()
        self._unread_since: float | None = None

    @property
    def description(self) -> str:
        """What the output process says of its device, whether it is there or not."""
        return self._detail

    @property
    def lacks(self) -> str | None:
        """Why the output process's device is not there, once the output process has said so."""
        return self._detail if self._said and not self._up else None

    @property
    def trouble(self) -> Trouble | None:
        """What the output process says is wrong with its device although that is there."""
        return self._trouble

    @property
    def pid(self) -> int | None:
        """The process, if one was started."""
        return self._process.pid if self._process else None

    def open(self) -> None:
        """Start an output process, without waiting for it.

        Raises:
            OSError: if the system grants no process.
        """
        self.close()
        reap()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                ours.setblocking(False)
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
                ours.send(packed(self._setup))
                self._process = _start(theirs.fileno())
            except BaseException:
                ours.close()
                raise
        self._socket, self._said, self._up, self._detail = ours, False, False, _STARTING
        self._trouble = None
        self._unread_since = None

    def poll(self) -> bool:
        """Whether the device is there, as far as the output process has said.

        One state at a time is heard: a device that went and returned has been away, however fast it was.

        Raises:
            DeviceError: if the output process has left or hangs.
        """
        reap()
        if self._socket is None:
            return False
        state = self._hear(self._socket)
        if state is not None:
            self._said, self._up, self._detail = True, state.up, plain(state.detail, LONGEST_LINE)
            self._trouble = _plain_trouble(state.trouble)
        self._flush()
        self._check_progress()
        return self._up

    def send(self, message: bytes) -> None:
        """Take one message, to be handed over with others of its moment."""
        if self._socket is not None:
            self._waiting += message

    def hold(self, moment: float) -> None:
        """Hand over what was taken, ahead of the ``moment`` at which the output process is to send it.

        Raises:
            DeviceError: if the output process is gone.
        """
        if self._waiting:
            self._flush(DUE.pack(moment))

    def flush(self) -> None:
        """Hand over what was taken, in one packet.

        Raises:
            DeviceError: if the output process is gone, or reads nothing any more.
        """
        if self._waiting:
            self._flush()
        if self._waiting:
            self._check_progress()

    def tell(self, line: Line) -> None:
        """A bar or a chord begins; an output process that does not read just now does not learn of it."""
        self.flush()
        if self._socket is not None and not self._waiting:
            with contextlib.suppress(OSError):  # its end shows at the next poll
                self._socket.send(packed(line))

    def waits_for(self) -> tuple[Sequence[int], float]:
        """What the output process says."""
        return (() if self._socket is None else (self._socket.fileno(),)), LOOK

    def close(self) -> None:
        """Let the output process go: it reads what was sent, silences what is open, and leaves by itself."""
        if self._socket is not None:
            with contextlib.suppress(DeviceError):
                self._flush()
            self._socket.close()
        if self._process is not None:
            self._process.release()
        self._socket, self._process, self._up = None, None, False
        self._waiting.clear()

    def _hear(self, end: socket.socket) -> OutputState | None:
        """The next state; None if there is none yet.

        Raises:
            DeviceError: if the output process has left.
        """
        while True:
            try:
                packet = end.recv(LARGEST)
            except BlockingIOError:
                return None
            except ConnectionResetError:
                continue  # it left without reading all, which is said once; what it said before is still there
            try:
                return unpacked(OutputState, packet)
            except WireError:  # nonsense, or nothing: the end
                self._give_up()

    def _flush(self, due: bytes = b"") -> None:
        """Hand over what waits, in one packet if it fits; ``due`` stands before it.

        Raises:
            DeviceError: if the output process has left.
        """
        while self._waiting and self._socket is not None:
            packet = bytes(self._waiting[:_MOST])
            if len(self._waiting) > _MOST:
                packet = packet[: _last_status(packet)]
            if not _unread(self._socket):
                self._unread_since = None  # all that was sent before has been read, though nobody looked meanwhile
            try:
                self._socket.send(due + packet)
            except BlockingIOError:
                return
            except (BrokenPipeError, ConnectionResetError):
                while (state := self._hear(self._socket)) is not None:
                    self._up, self._detail = state.up, plain(state.detail, LONGEST_LINE)
                self._give_up()
            else:
                del self._waiting[: len(packet)]

    def _check_progress(self) -> None:
        """Notice an output process that reads nothing any more.

        Raises:
            DeviceError: if it does not.
        """
        now = self._clock()
        if self._socket is None or not (self._waiting or _unread(self._socket)):
            self._unread_since = None
            return
        if self._unread_since is None:
            self._unread_since = now
        limit = HANGS if self._up else HANGS_OPENING
        if now - self._unread_since > limit or len(self._waiting) > _MOST_WAITING:
            self._detail = _STARTING
            self._give_up()

    def _give_up(self) -> NoReturn:
        """End what is left of the output process, and say why it left, if it said so.

        Raises:
            DeviceError: always.
        """
        detail = _HANGS if self._up or self._detail == _STARTING else self._detail
        if self._process is not None:
            self._process.kill()
        self._waiting.clear()
        self.close()
        raise DeviceError(detail)


def _plain_trouble(trouble: Trouble | None) -> Trouble | None:
    """What the output process says; names of devices and machines are in it, which others have chosen."""
    if trouble is None:
        return None
    return Trouble(plain(trouble.sentence, LONGEST_LINE), plain(trouble.advice, LONGEST_LINE), trouble.silent)


def _start(descriptor: int) -> Child:
    environment = {"JACK_NO_START_SERVER": "1"}
    return Child.start("reverie.play.output_process.process", descriptor, leads=True, environment=environment)


def _unread(end: socket.socket) -> int:
    """Bytes that the other end has not read yet (SIOCOUTQ, unix(7))."""
    count = array.array("i", [0])
    fcntl.ioctl(end, termios.TIOCOUTQ, count)
    return count[0]


def _last_status(packet: bytes) -> int:
    """Where the last message of a packet begins."""
    return next(at for at in range(len(packet) - 1, -1, -1) if packet[at] & 0x80 and packet[at] != SYSEX_END)
