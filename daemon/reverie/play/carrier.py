"""The carrier process: ``python -m reverie.play.carrier --fd N``, with the player's socket as descriptor N.

It holds one output, whatever that does: a library that hangs, brings threads or waits for the network costs its own
slot alone. When the player's end of the socket is gone, the carrier silences what the slot's ledger says is open, and
leaves. :mod:`reverie.play.outputs.carried` is the other end.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Any

from reverie.play.errors import MISHAPS, plainly
from reverie.play.ledger import Ledger
from reverie.play.outputs import make_output
from reverie.play.outputs.base import LOOK, BarLine, Output
from reverie.play.outputs.carried import LARGEST
from reverie.play.outputs.midi import SystemGoneError
from reverie.play.priority import be_punctual

SEARCH = 0.5
"""Seconds between looks for a device that is away."""
SETTLING = 0.02
"""The same while it is on its way up."""
TURN = 3.0
"""Seconds that a turn may take before the carrier is taken for hung, and ends."""
OPENING = 7.0
"""The same for a turn in which a device is opened: JACK and zeroconf take their time."""
_TWO_BYTES, _THREE_BYTES = {0xC, 0xD}, {0x8, 0x9, 0xA, 0xB, 0xE}
_SYSTEM = {0xF1: 2, 0xF2: 3, 0xF3: 2}
_SYSEX, _SYSEX_END = 0xF0, 0xF7


class _State(Enum):
    DOWN = auto()
    OPENING = auto()
    UP = auto()


class Carrier:
    """Hands on what the player sends, and tells it whether the device is there."""

    def __init__(self, end: socket.socket, output: Output, ledger: Path | None) -> None:
        self._socket = end
        self._output = output
        self._ledger = ledger
        self._state = _State.DOWN
        self._due = float("-inf")
        self._left = False
        self._told: tuple[bool, str] | None = None

    def run(self) -> None:
        """Carry until the player is gone or the MIDI system is."""
        while not self._left:
            still_here(OPENING if self._state is _State.DOWN else TURN)
            descriptors, seconds = self._waits_for()
            timeout = max(min(self._due - time.monotonic(), seconds), 0.0)
            readable, _, _ = select.select([self._socket, *descriptors], [], [], timeout)
            still_here(OPENING if self._state is _State.DOWN else TURN)
            if self._socket in readable:
                self._read()
            if time.monotonic() >= self._due or len(readable) > (self._socket in readable) or timeout == seconds:
                self._tend()

    def _waits_for(self) -> tuple[Sequence[int], float]:
        return ((), SEARCH) if self._state is _State.DOWN else self._output.waits_for()

    def _read(self) -> None:
        for packet in packets(self._socket):
            if not packet:
                self._leave()
                return
            try:
                self._take(packet)
            except MISHAPS as error:
                self._lose(error)

    def _take(self, packet: bytes) -> None:
        """Hand one packet on; while the device is away there is nobody to take it."""
        if self._state is not _State.UP:
            return
        if packet[0] & 0x80:
            for message in apart(packet):
                self._output.send(message)
                if self._state is not _State.UP:
                    return
        else:
            self._output.tell(BarLine(**json.loads(packet)["bar"]))

    def _tend(self) -> None:
        try:
            if self._state is _State.DOWN:
                self._output.open()
                self._state = _State.OPENING
            up = self._output.poll()
            if up:
                self._state = _State.UP
                self._tell(True, self._output.description)
            elif self._state is _State.UP:
                self._state = _State.OPENING
                self._tell(False, self._output.description)
            self._due = time.monotonic() + (LOOK if up else SETTLING)
        except MISHAPS as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        self._state = _State.DOWN
        self._due = time.monotonic() + SEARCH
        self._tell(False, plainly(error))
        self._left = isinstance(error, SystemGoneError)
        if not self._left:
            self._let_go()

    def _leave(self) -> None:
        """The player is gone: end what it left sounding."""
        self._left = True
        if self._state is _State.UP and self._ledger is not None:
            try:
                Ledger.at(self._ledger).close(self._output)
            except MISHAPS as error:
                sys.stderr.write(f"what sounds could not be ended: {plainly(error)}\n")
        if self._state is not _State.DOWN:
            self._let_go()

    def _let_go(self) -> None:
        try:
            self._output.close()
        except MISHAPS as error:
            sys.stderr.write(f"a device could not be closed: {plainly(error)}\n")

    def _tell(self, up: bool, detail: str) -> None:
        if (up, detail) == self._told:
            return
        self._told = up, detail
        try:
            self._socket.send(json.dumps({"up": up, "detail": detail}).encode(), socket.MSG_DONTWAIT)
        except OSError:
            return  # the player is gone, which the next read shows


def still_here(seconds: float) -> None:
    """Put off the end of this process, which the signal brings whoever holds Python's lock."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def packets(end: socket.socket) -> Iterator[bytes]:
    """What has arrived; an empty one is the end of the socket."""
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


def apart(packet: bytes) -> Iterator[bytes]:
    """The messages of a packet, each with its status byte."""
    at = 0
    while at < len(packet):
        status = packet[at]
        if status == _SYSEX:
            end = packet.find(_SYSEX_END, at)
            size = (end if end >= 0 else len(packet) - 1) - at + 1
        elif status >= _SYSEX:
            size = _SYSTEM.get(status, 1)
        else:
            size = 2 if status >> 4 in _TWO_BYTES else 3
        yield packet[at : at + size]
        at += size


def _be_left_alone() -> None:
    """Only the end of the socket ends a carrier: what stops the player must not stop its note-offs."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _carry(end: socket.socket, setup: Mapping[str, Any]) -> None:
    ledger = Path(setup["ledger"]) if setup["ledger"] else None
    try:
        output = make_output(setup["slot"], setup["output"])
    except MISHAPS as error:
        end.send(json.dumps({"up": False, "detail": plainly(error)}).encode())
        return
    Carrier(end, output, ledger).run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process."""
    parser = argparse.ArgumentParser(prog="reverie.play.carrier", description="Carries one output for the player.")
    parser.add_argument("--fd", type=int, required=True, help="the socket to the player")
    fd: int = parser.parse_args(arguments).fd
    _be_left_alone()
    still_here(TURN)
    os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
    be_punctual()
    end = socket.socket(fileno=fd)
    packet = end.recv(LARGEST)
    if packet:
        _carry(end, json.loads(packet))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads of libraries, and destructors that wait for the dead, keep nobody here


if __name__ == "__main__":
    sys.exit(main())
