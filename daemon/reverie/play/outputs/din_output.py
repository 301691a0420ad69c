"""A DIN socket of our own: a serial line or a raw MIDI device, to which every byte is written at its time.

A serial line has to run at 31,250 baud, which is none of the classic rates: Linux takes it through ``termios2`` and
``BOTHER`` (ioctl_tty(2)). Raw MIDI devices have their own clock, pipes and pseudo-terminals none; they are just written
to.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import sys
import time
from collections.abc import Callable, Sequence

from reverie.midi.din_wire import BAUD, WINDOW, DinLine
from reverie.midi.errors import DeviceError
from reverie.play.outputs.output import LOOK, Line, Output

HANGS = 2.0
"""Seconds for which a device may take nothing before it counts as lost."""
FAREWELL = 0.5
"""Seconds that the last bytes may take when the device is closed."""
_AGAIN = 0.002  # seconds until a device that was full is tried again

# <asm-generic/ioctls.h> and <asm-generic/termbits.h>, as on x86 and ARM
_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_TERMIOS2 = struct.Struct("=4IB19s2I")
_BAUD_BITS, _BOTHER, _INPUT_SHIFT = 0o010017, 0o010000, 16
_CS8, _CREAD, _CLOCAL = 0o060, 0o200, 0o4000
_TOLERATED = 0.01
"""By how much a line may miss the rate; MIDI 1.0 asks for 1 %."""


class Din(Output):
    """A device that takes bytes."""

    def __init__(self, device: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._device = device
        self._clock = clock
        self._line = DinLine()
        self._descriptor: int | None = None
        self._unwritten = b""
        self._took = 0.0

    @property
    def description(self) -> str:
        """The device, and whether more is asked of it than it carries."""
        return f"writing MIDI to {self._device}{overloaded(self._line, self._clock())}"

    def open(self) -> None:
        """Open the device, and let it run at MIDI's rate if it is a serial line.

        Raises:
            DeviceError: if it cannot be opened, or does not know the rate.
        """
        try:
            descriptor = os.open(self._device, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise DeviceError(
                f"{self._device} cannot be opened ({error.strerror}); plug it in, give the user that Reverie runs as "
                "leave to write there, or mend `device`"
            ) from error
        try:
            if os.isatty(descriptor):
                _set_rate(descriptor, self._device)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor, self._unwritten, self._line, self._took = descriptor, b"", DinLine(), self._clock()

    def poll(self) -> bool:
        """Whether the device is there; writes what is due.

        Raises:
            DeviceError: if it is gone, or takes nothing any more.
        """
        if self._descriptor is None:
            return False
        poll = select.poll()
        poll.register(self._descriptor, 0)  # what is asked for in any case: errors and hang-ups
        if poll.poll(0):
            raise DeviceError(f"{self._device} is gone; plug it in again")
        self._pump()
        return True

    def send(self, message: bytes) -> None:
        """Let one message wait for its turn, which may be now.

        Raises:
            DeviceError: if the device takes nothing any more.
        """
        if self._descriptor is not None:
            self._line.push(message, self._clock())
            self._pump()

    def waits_for(self) -> tuple[Sequence[int], float]:
        """The next bytes' turn."""
        if self._descriptor is None:
            return (), LOOK
        return (), _AGAIN if self._unwritten else min(self._line.wait(self._clock()), LOOK)

    def close(self) -> None:
        """Write what waits, the ends of notes first of all, and let go of the device."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        rest = self._unwritten + self._line.rest(self._clock())
        limit = self._clock() + FAREWELL
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        with contextlib.suppress(OSError):  # what is gone needs no farewell
            while rest and (left := limit - self._clock()) > 0 and poll.poll(left * 1000):
                rest = rest[os.write(descriptor, rest) :]
        os.close(descriptor)

    def _pump(self) -> None:
        """Write what is due, as much of it as the device takes."""
        if self._descriptor is None:
            return
        now = self._clock()
        if not self._unwritten:
            self._unwritten = self._line.take(now)
            self._took = now
        if not self._unwritten:
            return
        with contextlib.suppress(BlockingIOError):
            written = os.write(self._descriptor, self._unwritten)
            self._unwritten = self._unwritten[written:]
            self._took = now if written else self._took
        if now - self._took > HANGS:
            raise DeviceError(
                f"{self._device} takes no bytes any more; switch on the instrument behind it, or mend `device`"
            )


class DinPort(Output):
    """Another output, behind which there is a DIN cable: its messages come in the order of the cable, and thinned."""

    def __init__(self, port: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._line = DinLine()

    @property
    def description(self) -> str:
        """The port's, and whether more is asked of the cable than it carries."""
        return self._port.description + overloaded(self._line, self._clock())

    def open(self) -> None:
        """Open the port; nothing waits for it yet.

        Raises:
            DeviceError: if the port cannot be had.
        """
        self._line = DinLine()
        self._port.open()

    def poll(self) -> bool:
        """Whether the port is there; sends what is due.

        Raises:
            DeviceError: if it is lost.
        """
        up = self._port.poll()
        if up:
            self._pump()
        return up

    def send(self, message: bytes) -> None:
        """Let one message wait for its turn, which may be now.

        Raises:
            DeviceError: if the port is lost.
        """
        self._line.push(message, self._clock())
        self._pump()

    def tell(self, line: Line) -> None:
        """A bar or a chord begins."""
        self._port.tell(line)

    def waits_for(self) -> tuple[Sequence[int], float]:
        """What the port waits for, and the next message's turn."""
        descriptors, seconds = self._port.waits_for()
        return descriptors, min(seconds, self._line.wait(self._clock()))

    def close(self) -> None:
        """Send what waits, and let go of the port."""
        try:
            for message in self._line.rest_whole():
                self._port.send(message)
        finally:
            self._port.close()

    def _pump(self) -> None:
        for message in self._line.take_whole(self._clock()):
            self._port.send(message)


def overloaded(line: DinLine, now: float) -> str:
    """What a description adds where more is asked than a cable carries; nothing as long as all is well."""
    if line.load(now) <= 1:
        return ""
    return f", though more than a DIN cable carries was asked of it for {WINDOW} s: give its scene fewer notes"


def _set_rate(descriptor: int, device: str) -> None:
    """Let a serial line run at MIDI's rate: eight bits, no parity, no flow control, nothing translated.

    Raises:
        DeviceError: if it cannot.
    """
    if sys.platform != "linux":
        raise DeviceError(f"{device} is a serial line, whose rate only Linux lets Reverie set; use a slot of kind port")
    held = _TERMIOS2.unpack(fcntl.ioctl(descriptor, _TCGETS2, bytes(_TERMIOS2.size)))
    rates = _BOTHER | _BOTHER << _INPUT_SHIFT
    wanted = _TERMIOS2.pack(0, 0, _CS8 | _CREAD | _CLOCAL | rates, 0, held[4], held[5], BAUD, BAUD)
    try:
        fcntl.ioctl(descriptor, _TCSETS2, wanted)
    except OSError as error:
        raise DeviceError(
            f"{device} does not run at {BAUD} baud ({error.strerror}); use another serial line"
        ) from error
    given = _TERMIOS2.unpack(fcntl.ioctl(descriptor, _TCGETS2, bytes(_TERMIOS2.size)))[-1]
    if abs(given - BAUD) > BAUD * _TOLERATED:
        raise DeviceError(f"{device} runs at {given} baud where MIDI needs {BAUD}; use another serial line")
