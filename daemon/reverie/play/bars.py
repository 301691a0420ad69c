"""A bar as the player counts them, and how much earlier than its moment what is due is made ready."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its number, its first tick and its length in ticks."""

    number: int
    tick: int
    ticks: int

    @property
    def end(self) -> int:
        """The tick of the bar line at its end."""
        return self.tick + self.ticks


@dataclass(frozen=True, slots=True)
class Early:
    """Seconds by which a bar is laid out, and a moment's messages are made ready, before they are due.

    What is ready is held back until its moment, so that neither being woken up nor a chord's many notes make it late.
    """

    lay: float = 0.0
    ready: float = 0.0


AT_ITS_MOMENT = Early()
PUNCTUAL = Early(lay=0.005, ready=0.0008)
