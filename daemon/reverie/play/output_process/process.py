"""The output process: ``python -m reverie.play.output_process.process --fd N``, N being the player's socket.

It holds the output of one slot. A library that hangs, starts threads or waits for the network stops this slot alone.
When the player closes its end of the socket, the output process ends the notes that the slot's ledger says are open,
and exits. :mod:`reverie.play.output_process.proxy` is the other end.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from enum import Enum, auto

from reverie.midi.errors import DEVICE_ERRORS, explain
from reverie.midi.rtmidi import SystemGoneError
from reverie.play.output_process.messages import OutputSetup, OutputState
from reverie.play.output_process.proxy import DUE, SYSEX_END
from reverie.play.output_process.takeover import AGAIN, LedgerTakeover
from reverie.play.outputs.factory import make_output
from reverie.play.outputs.output import LOOK, Line, Output, Trouble
from reverie.processes.descriptors import readable
from reverie.processes.helper import LARGEST, be_mortal, packed, packets, still_here, unpacked
from reverie.processes.priority import be_punctual
from reverie.processes.signals import be_steady
from reverie.processes.worker_main import end_of_socket

SEARCH = 0.5
"""Seconds between looks for a device that is away."""
SETTLING = 0.02
"""The same while it is on its way up."""
TURN = 3.0
"""Seconds that a turn may take before the output process is taken for hung, and ends."""
OPENING = 7.0
"""The same for a turn in which a device is opened: JACK and zeroconf take their time."""
MOST_EARLY = 0.002
"""Seconds for which a message may be held back at most, whatever its packet says."""
FAREWELL = 2.0
"""Seconds in which an output process without a player still tries to end what sounds."""
_TWO_BYTES = {0xC, 0xD}
_SYSTEM = {0xF1: 2, 0xF2: 3, 0xF3: 2}
_SYSEX = 0xF0


class _Openness(Enum):
    DOWN = auto()
    OPENING = auto()
    UP = auto()


class OutputProcess:
    """Passes on what the player sends, and tells the player whether the device is there.

    Each turn puts off the end of the process, which comes by itself when one takes too long.
    """

    def __init__(self, end: socket.socket, output: Output, takeover: LedgerTakeover | None) -> None:
        self._socket = end
        self._output = output
        self._takeover = takeover
        self._state = _Openness.DOWN
        self._due = float("-inf")
        self._leave_at: float | None = None
        self._told: tuple[bool, str, Trouble | None] | None = None

    def run(self) -> None:
        """Carry until the player is gone and nothing sounds any more, or the MIDI system is gone."""
        self._take_over()
        while not self._done:
            self._wait()
            if time.monotonic() >= self._due:
                self._tend()
        if self._state is not _Openness.DOWN:
            self._let_go()

    def _take_over(self) -> None:
        """Wait until the previous output process has released the ledger."""
        still_here(OPENING)
        while self._takeover is not None and not self._takeover.enter():
            self._tell(False, "the previous output process has not ended yet")
            if self._leave_at is not None and time.monotonic() >= self._leave_at:
                return
            time.sleep(AGAIN)
            if self._leave_at is None:
                self._hear()
            still_here(OPENING)

    @property
    def _done(self) -> bool:
        if self._leave_at is None:
            return False
        return self._takeover is None or self._takeover.quiet or time.monotonic() >= self._leave_at

    def _wait(self) -> None:
        """Wait for the player, for the device, or for what is due."""
        still_here(TURN)
        descriptors, now = self._look_ahead()
        player = () if self._leave_at is not None else (self._socket,)
        heard = readable([*player, *descriptors], max(self._due - now, 0.0))
        if self._socket in heard:
            self._hear()
        if set(heard) - {self._socket}:
            self._due = float("-inf")

    def _look_ahead(self) -> tuple[Sequence[int], float]:
        """What the output waits for; its next turn comes when it says so. The moment of asking is the other value."""
        descriptors, seconds = ((), SEARCH) if self._state is _Openness.DOWN else self._output.waits_for()
        now = time.monotonic()
        self._due = min(self._due, now + seconds)
        return descriptors, now

    def _hear(self) -> None:
        """Hand on what the player says, up to its end."""
        for packet in packets(self._socket):
            if not packet:
                self._leave_at = time.monotonic() + FAREWELL
                self._silence()
                return
            if self._state is _Openness.UP:  # else there is nobody to take it
                try:
                    self._hand_on(packet)
                except DEVICE_ERRORS as error:
                    self._lose(error)

    def _hand_on(self, packet: bytes) -> None:
        if not packet[0]:
            (moment,) = DUE.unpack_from(packet)
            self._wait_until(moment)
            if self._state is not _Openness.UP:  # the device was lost meanwhile
                return
            packet = packet[DUE.size :]
        if packet[0] & 0x80:
            for message in apart(packet):
                self._output.send(message)
        else:
            self._output.tell(unpacked(Line, packet))

    def _wait_until(self, moment: float) -> None:
        """Turn round and round till a moment that is near, for to be woken up takes the system too long."""
        limit = min(moment, time.monotonic() + MOST_EARLY)
        while (now := time.monotonic()) < limit:
            if now >= self._due:
                self._tend()
                self._look_ahead()

    def _tend(self) -> None:
        """Look after the device."""
        still_here(TURN if self._state is _Openness.UP else OPENING)
        try:
            if self._state is _Openness.DOWN:
                self._output.open()
                self._state = _Openness.OPENING
            up = self._output.poll()
        except DEVICE_ERRORS as error:
            self._lose(error)
            return
        self._due = time.monotonic() + (LOOK if up else SETTLING)
        if up or self._state is _Openness.UP:
            self._state = _Openness.UP if up else _Openness.OPENING
            self._tell(up, self._output.description)
        elif (lacks := self._output.lacks) is not None:
            self._tell(False, lacks)
        if up and self._leave_at is not None:
            self._silence()

    def _silence(self) -> None:
        """End what a player that is gone left sounding."""
        if self._state is _Openness.UP and self._takeover is not None:
            try:
                self._takeover.silence(self._output)
            except DEVICE_ERRORS as error:
                self._lose(error)

    def _lose(self, error: Exception) -> None:
        self._tell(False, explain(error))
        if isinstance(error, SystemGoneError):
            raise error
        self._let_go()
        self._state, self._due = _Openness.DOWN, time.monotonic() + SEARCH

    def _let_go(self) -> None:
        try:
            self._output.close()
        except DEVICE_ERRORS as error:
            sys.stderr.write(f"a device could not be closed: {explain(error)}\n")

    def _tell(self, up: bool, detail: str) -> None:
        trouble = self._output.trouble if up else None
        if (up, detail, trouble) != self._told:
            self._told = up, detail, trouble
            tell(self._socket, up, detail, trouble)


def tell(end: socket.socket, up: bool, detail: str, trouble: Trouble | None = None) -> None:
    """Tell the player; that it is gone shows when it is listened to."""
    with contextlib.suppress(OSError):
        end.send(packed(OutputState(up, detail, trouble)), socket.MSG_DONTWAIT)


def apart(packet: bytes) -> Iterator[bytes]:
    """The messages of a packet, each with its status byte."""
    at = 0
    while at < len(packet):
        status = packet[at]
        if status == _SYSEX:
            end = packet.find(SYSEX_END, at)
            size = (end if end >= 0 else len(packet) - 1) - at + 1
        elif status >= _SYSEX:
            size = _SYSTEM.get(status, 1)
        else:
            size = 2 if status >> 4 in _TWO_BYTES else 3
        yield packet[at : at + size]
        at += size


def _be_left_alone() -> None:
    """Only the end of the socket ends an output process: what stops the player must not stop its note-offs."""
    be_steady(signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    be_mortal()


def carry(end: socket.socket, setup: OutputSetup) -> None:
    """Carry what the player's first packet says."""
    slot, settings, ledger = setup.slot, setup.output, setup.ledger
    try:
        output = make_output(slot, settings)
        gc.freeze()
        OutputProcess(end, output, LedgerTakeover(ledger, slot, settings) if ledger else None).run()
    except SystemGoneError:
        return  # only another process is rid of what is left of it
    except DEVICE_ERRORS as error:
        tell(end, False, explain(error))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process."""
    end = end_of_socket("reverie.play.output_process.process", "Carries one output for the player.", arguments)
    _be_left_alone()
    still_here(OPENING)
    os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
    be_punctual()
    packet = end.recv(LARGEST)
    if packet:
        carry(end, unpacked(OutputSetup, packet))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads of libraries, and destructors that wait for the dead, keep nobody here


if __name__ == "__main__":
    sys.exit(main())
