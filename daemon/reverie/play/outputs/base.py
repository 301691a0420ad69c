"""What every output is: something that takes MIDI messages, and can be lost and found again."""

from __future__ import annotations

from typing import Protocol


class Output(Protocol):
    """A device or a program that sounds, behind one slot.

    No call may block for long: the player has one thread, and its notes are due. What the system refuses, an OSError,
    may pass through any of them; the slot takes it as a loss.
    """

    @property
    def description(self) -> str:
        """One plain sentence about what the slot is connected to, for people; true while the output is up."""
        ...

    def open(self) -> None:
        """Begin to connect; :meth:`poll` says when that is done.

        Raises:
            PlayError: if there is nothing to connect to; its text says what to do.
        """
        ...

    def poll(self) -> bool:
        """Whether messages can be sent; False while still opening.

        Raises:
            PlayError: if the device is lost; its text says what to do.
        """
        ...

    def send(self, message: bytes) -> None:
        """Send one MIDI message now.

        Raises:
            PlayError: if the device is lost.
        """
        ...

    def close(self) -> None:
        """Let go of the device; harmless if nothing is open. What was sent before still arrives."""
        ...
