"""What every output is: something that takes MIDI messages, and can be lost and found again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

LOOK = 0.25
"""Seconds between looks at an output that is there: a device that is unplugged and back takes longer."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a device that takes all that it is sent, and what a person can do about it.

    ``silent`` is how much of what it plays cannot be heard: nothing that is known of (empty), a ``part``, or ``all``.
    """

    sentence: str
    advice: str
    silent: Literal["", "part", "all"] = ""


@dataclass(frozen=True, slots=True)
class BarLine:
    """A bar begins: what outputs can say to those who follow along. ``bar`` counts from the scene's first, 0."""

    type: ClassVar[str] = "bar"
    scene: str
    bar: int
    qpm: float
    metre: str


@dataclass(frozen=True, slots=True)
class ChordLine:
    """A chord begins, in the harmony that a scene has; ``root``, ``bass`` and ``tones`` are pitch classes, 0 is C."""

    type: ClassVar[str] = "chord"
    symbol: str
    root: int
    bass: int
    tones: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SectionLine:
    """A section of a scene's form begins."""

    type: ClassVar[str] = "section"
    name: str


Line = BarLine | ChordLine | SectionLine
"""What those who follow along are told besides MIDI."""


class Output(Protocol):
    """A device or a program that sounds, behind one slot; classes inherit from it for what they need not say.

    No call may block for long: its process has one thread, and notes are due. What the system refuses, an OSError,
    may pass through any of them; the slot takes it as a loss.
    """

    @property
    @abstractmethod
    def description(self) -> str:
        """One plain sentence about what the slot is connected to, for people; true while the output is up."""
        ...

    @property
    def lacks(self) -> str | None:
        """One plain sentence about the device that an open output waits for; None while it is there or merely late."""
        return None

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong although the output is up; None if nothing is, or nobody can know."""
        return None

    @property
    def power_on(self) -> Mapping[int, int]:
        """The controllers with which its device begins otherwise than General MIDI 2 has it, by number."""
        return {}

    @abstractmethod
    def open(self) -> None:
        """Begin to connect; :meth:`poll` says when that is done.

        Raises:
            DeviceError: if there is nothing to connect to; its text says what to do.
        """
        ...

    @abstractmethod
    def poll(self) -> bool:
        """Whether messages can be sent; False while still opening.

        Raises:
            DeviceError: if the device is lost; its text says what to do.
        """
        ...

    @abstractmethod
    def send(self, message: bytes) -> None:
        """Send one MIDI message, at the latest at the next :meth:`flush`.

        Raises:
            DeviceError: if the device is lost.
        """
        ...

    def hold(self, moment: float) -> None:
        """What was held back is due at that monotonic ``moment``, less than a millisecond away.

        An output with a further way to its device takes it there now and sends it then; the others wait for
        :meth:`flush`.

        Raises:
            DeviceError: if the device is lost.
        """

    def flush(self) -> None:
        """Send what was held back; most outputs hold nothing back.

        Raises:
            DeviceError: if the device is lost.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the device; harmless if nothing is open. What was sent before still arrives."""
        ...

    def tell(self, line: Line) -> None:
        """A bar or a chord begins. Most outputs have no words for it."""

    def waits_for(self) -> tuple[Sequence[int], float]:
        """Descriptors whose readability, and seconds after which in any case, :meth:`poll` is to be called."""
        return (), LOOK


@runtime_checkable
class TakesBanks(Protocol):
    """An output that can be given other sounds while it plays. No call waits, and none ends a note that sounds."""

    def load(self, font: str) -> None:
        """Begin to load a soundfont's file; what comes after waits for it, so it is done where there is time.

        Raises:
            DeviceError: if the device is lost.
        """
        ...

    def loaded(self, font: str) -> bool | None:
        """Whether it is there to be chosen; False if it was refused, None as long as that is not known."""
        ...

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        """Let the notes that begin on a channel from now on sound with a loaded soundfont.

        Of it they have the program of that number, on channel 10 of its drums, or without one its first preset.

        Raises:
            DeviceError: if the device is lost.
        """
        ...

    def unload(self, font: str) -> None:
        """Let a soundfont go once nothing of it sounds any more.

        Raises:
            DeviceError: if the device is lost.
        """
        ...
