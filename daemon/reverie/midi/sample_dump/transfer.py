"""The transfer of one sample as a state machine: what to send when, whatever the receiver answers or does not.

From the MIDI Sample Dump Standard: after the header two seconds are left for an answer, after a packet at least 20 ms;
where none comes, nobody listens or nobody answers, and sending goes on (open loop). WAIT holds the dump until another
answer comes, however long that takes; NAK has a packet sent again; CANCEL ends it. Packets that are sent again keep
their number, by which a receiver knows them.

Beyond the standard: who has answered packets is taken for one who answers. A packet of which it says nothing is sent
again, and after some tries the dump is given up, as its sample would have a hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from reverie.midi.sample_dump.packing import COUNT, DumpAnswer

HEADER_PATIENCE = 2.0
PACKET_PATIENCE = 0.02
ANSWER_PATIENCE = 1.0
"""Seconds after which who answers counts as not having heard."""
TRIES = 8
LATE = 16
"""Packets ago that a rejected one may have been; any other number is taken for that of the last."""
DIN = 3125.0
"""Bytes a second that a DIN cable carries."""


class TransferState(Enum):
    """How a transfer stands."""

    SENDING = auto()
    WAITING = auto()
    HELD = auto()
    DONE = auto()
    CANCELLED = auto()
    FAILED = auto()


class Transfer:
    """One sample on its way. Moments are in seconds, by any clock that never runs backwards.

    ``messages`` are the header and the packets; of each so much time is taken as ``rate`` bytes a second need, so that
    no buffer on the way fills up.
    """

    def __init__(self, messages: Sequence[bytes], rate: float = DIN) -> None:
        self._messages = messages
        self._rate = rate
        self._index = 0
        self._tries = 0
        self._due = float("-inf")
        self._free = float("-inf")
        self._answers = False
        self.state = TransferState.SENDING

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be sent."""
        return self.state in {TransferState.DONE, TransferState.CANCELLED, TransferState.FAILED}

    @property
    def answered(self) -> bool:
        """Whether anybody has answered a packet."""
        return self._answers

    @property
    def done(self) -> float:
        """The share of it that was sent."""
        return self._index / len(self._messages)

    @property
    def packet(self) -> int:
        """The number of the packet that it is at, or was at last."""
        return max(min(self._index, len(self._messages) - 1) - 1, 0) % COUNT

    @property
    def due(self) -> float:
        """When :meth:`turn` has something to do if nobody says anything; infinity while it is held."""
        return {TransferState.SENDING: self._free, TransferState.WAITING: self._due}.get(self.state, float("inf"))

    def turn(self, now: float) -> bytes | None:
        """What is to be sent now, if anything."""
        if self.state is TransferState.WAITING and now >= self._due:
            self._nobody_answered()
        if self.state is not TransferState.SENDING or now < self._free:
            return None
        message = self._messages[self._index]
        self._tries += 1
        self._free = now + len(message) / self._rate
        patience = HEADER_PATIENCE if self._index == 0 else ANSWER_PATIENCE if self._answers else PACKET_PATIENCE
        self._due = self._free + patience
        self.state = TransferState.WAITING
        return message

    def hear(self, answer: DumpAnswer, packet: int) -> None:
        """Somebody answers."""
        if self.is_over or (self.state is TransferState.SENDING and self._tries == 0 and self._index == 0):
            return
        about_header = self._index == 0
        self._answers = self._answers or not about_header
        if answer is DumpAnswer.CANCEL:
            self.state = TransferState.CANCELLED
        elif answer is DumpAnswer.WAIT:
            self.state = TransferState.HELD
        elif answer is DumpAnswer.ACK:
            if self.state is TransferState.HELD or (
                self.state is TransferState.WAITING and (about_header or packet == self.packet)
            ):
                self._go_on()
        elif about_header:
            self._again(0)
        else:
            ago = (self.packet - packet) % COUNT
            self._again(max(self._index - (ago if ago <= LATE else 0), 1))

    def _nobody_answered(self) -> None:
        if self._answers and self._index > 0:
            self._again(self._index)
        else:
            self._go_on()

    def _go_on(self) -> None:
        self._index += 1
        self._tries = 0
        self.state = TransferState.SENDING if self._index < len(self._messages) else TransferState.DONE

    def _again(self, index: int) -> None:
        if index != self._index:
            self._index, self._tries = index, 1
        self.state = TransferState.SENDING if self._tries < TRIES else TransferState.FAILED
