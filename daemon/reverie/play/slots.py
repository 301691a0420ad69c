"""A slot: a name that parts play to, with an output that may come and go, and the ledger of what sounds there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum, auto

from reverie.play.errors import MISHAPS, plainly
from reverie.play.ledger import Ledger
from reverie.play.messages import SlotState
from reverie.play.outputs.base import Output

NOTE_OFF, NOTE_ON, PROGRAM = 0x80, 0x90, 0xC0

RETRY = 3.0  # seconds between attempts to find a lost device
POLL = 0.25  # seconds between looks at one that is there: a device that is unplugged and back takes longer
SETTLING = 0.03  # the same while it is on its way up
OPENING_TAKES = 0.04  # seconds until the next note that opening a device may use up
POLLING_TAKES = 0.004  # likewise for a look at it


class _State(Enum):
    DOWN = auto()
    OPENING = auto()
    UP = auto()


class Slot:
    """Sends notes while its output is up, and is silent while it is not.

    Channels count from 0 here, as on the wire. ``report`` is told once of each change.
    """

    def __init__(self, name: str, output: Output, ledger: Ledger, report: Callable[[SlotState], None]) -> None:
        self.name = name
        self._output = output
        self._ledger = ledger
        self._report = report
        self._state = _State.DOWN
        self._due = float("-inf")
        self._told: SlotState | None = None

    @property
    def up(self) -> bool:
        """Whether notes reach a device."""
        return self._state is _State.UP

    @property
    def opening(self) -> bool:
        """Whether the device was found and will be up soon."""
        return self._state is _State.OPENING

    def due(self, now: float, deadline: float) -> float:
        """When :meth:`tend` has something to do; infinity where only the note at ``deadline`` may come before it."""
        return self._due if deadline - max(self._due, now) >= self._takes else float("inf")

    @property
    def _takes(self) -> float:
        return OPENING_TAKES if self._state is _State.DOWN else POLLING_TAKES

    def tend(self, now: float, slack: float) -> bool:
        """Look after the output, if it is time and the next note is ``slack`` seconds away; True when it came up.

        On the way up everything is ended that an earlier life, or the loss of the device, left sounding.
        """
        if now < self._due or slack < self._takes:
            return False
        try:
            if self._state is _State.DOWN:
                self._output.open()
                self._state = _State.OPENING
            up = self._output.poll()
            came_up = up and self._state is _State.OPENING
            if came_up:
                self._ledger.close(self._output)
                self._state = _State.UP
                self._tell(True, self._output.description)
        except MISHAPS as error:
            self._lose(error, now)
            return False
        self._due = now + (POLL if self.up else SETTLING)
        return came_up

    def note_on(self, channel: int, pitch: int, velocity: int) -> bool:
        """Start a note; whether a device took it."""
        if not self.up:
            return False
        self._ledger.note_on(channel, pitch)
        return self._send(bytes((NOTE_ON | channel, pitch, velocity)))

    def note_off(self, channel: int, pitch: int) -> None:
        """End a note; while the device is away, the ledger keeps it for when it is back."""
        if self.up and self._send(bytes((NOTE_OFF | channel, pitch, 0))):
            self._ledger.note_off(channel, pitch)

    def program(self, channel: int, program: int) -> None:
        """Choose a sound."""
        if self.up:
            self._ledger.use(channel)
            self._send(bytes((PROGRAM | channel, program)))

    def hush(self) -> None:
        """End everything that sounds, and silence every channel that was used."""
        if not self.up:
            return
        try:
            self._ledger.close(self._output)
        except MISHAPS as error:
            self._lose(error, self._due)

    def close(self) -> None:
        """End everything and let go of the device."""
        try:
            self.hush()
        finally:
            self._state = _State.DOWN
            self._let_go()

    def _send(self, message: bytes) -> bool:
        try:
            self._output.send(message)
        except MISHAPS as error:
            self._lose(error, self._due)
            return False
        return True

    def _lose(self, error: Exception, now: float) -> None:
        self._state = _State.DOWN
        self._due = now + RETRY
        self._let_go()
        self._tell(False, plainly(error))

    def _let_go(self) -> None:
        try:
            self._output.close()
        except MISHAPS as error:
            sys.stderr.write(f"slot {self.name} could not be closed: {plainly(error)}\n")

    def _tell(self, up: bool, detail: str) -> None:
        state = SlotState(self.name, up, detail)
        if state != self._told:
            self._told = state
            self._report(state)
