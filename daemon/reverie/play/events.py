"""What can wait in a slot's queue, and the order of what falls on one tick."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import count

from reverie.play.messages import Part
from reverie.play.outputs.output import Line
from reverie.play.slots import Slot


class Rank(IntEnum):
    """Ends come before all else, transport before its clock, notes last."""

    END = 0
    TRANSPORT = 1
    CLOCK = 2
    CONTROL = 3
    START = 4


@dataclass(frozen=True, slots=True)
class Start:
    """A note to be started; ``channel`` counts from 0, ``length`` is in ticks.

    A ``tied`` one goes on from a note of its part and pitch that ends at its tick, and is started if there is none.
    """

    part: Part
    channel: int
    pitch: int
    velocity: int
    length: int
    tied: bool = False


@dataclass(slots=True, eq=False)
class Sounding:
    """A note that was started, where it was heard, and all ``parts`` whose it is now; ``part`` is the loudest of them.

    It is told apart by itself, and not by what it says: its owner in :class:`~reverie.play.slots.Slot`.
    """

    part: Part
    channel: int
    pitch: int
    heard: Slot | None
    parts: frozenset[str]

    def end(self) -> None:
        """End it there."""
        if self.heard is not None:
            self.heard.end(self.channel, self.pitch, self)

    def is_heard_by(self, slot: Slot | None) -> bool:
        """Whether it still sounds, and on that slot: a device that was lost has ended it, or knows nothing of it."""
        return self.heard is slot and (slot is None or slot.is_owned(self.channel, self.pitch, self))


@dataclass(frozen=True, slots=True)
class ControlChange:
    """A controller or a program of a part."""

    part: Part
    message: bytes


@dataclass(frozen=True, slots=True)
class PlannedControl:
    """A controller of a part's channel, as a plan sets it."""

    part: Part
    number: int
    value: int


@dataclass(frozen=True, slots=True)
class PlannedProgram:
    """A program that a plan gives to a part's channel."""

    part: Part
    program: int


@dataclass(frozen=True, slots=True)
class BarControls:
    """All that plans set on a slot's channels from a bar line on; what was set and is not among it is put back."""

    controls: tuple[PlannedControl, ...] = ()
    programs: tuple[PlannedProgram, ...] = ()


@dataclass(frozen=True, slots=True)
class BankChoice:
    """From now on a part's notes go to ``channels``, counted from 0, of which the last plays ``font``, if any.

    Of a font it plays ``program``, or its first preset.

    More than one channel have the same notes while one fades into the other. Without a part, as another scene begins,
    those of every part go to the channel that it names.
    """

    part: Part | None
    channels: tuple[int, ...] = ()
    font: str | None = None
    program: int | None = None


Content = Start | Sounding | ControlChange | BarControls | BankChoice | Line | bytes
"""What can be due; plain bytes are messages of MIDI clock and transport."""
Entry = tuple[int, Rank, int, Content]
"""Tick, rank, a number that keeps what is alike otherwise in the order in which it was written, and the content."""

_numbers = count()


def entry(tick: int, rank: Rank, content: Content) -> Entry:
    """Write something down."""
    return tick, rank, next(_numbers), content


def entry_number() -> int:
    """A number above those of all entries so far, and below those of all that come."""
    return next(_numbers)
