"""What a leader is: somebody else's clock that the player follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Position:
    """Where a leader stands at one moment: its place in ticks and the length of its tick in seconds.

    ``tick`` counts from a bar line of the leader's, or where it has no bars from a quarter's beginning; it may be
    negative before the first. ``bars`` says whether bar lines are known.
    """

    tick: float
    seconds_per_tick: float
    bars: bool = True


class Leader(Protocol):
    """A clock from outside: MIDI clock or Ableton Link. No call blocks."""

    @property
    def description(self) -> str:
        """One plain sentence about who leads and how well, for people."""
        ...

    @property
    def playing(self) -> bool | None:
        """Whether the leader says that it plays; None where it says nothing of the kind."""
        ...

    def position(self, now: float) -> Position | None:
        """Where the leader stands at monotonic moment ``now``; None while there is none to follow: free-run."""
        ...

    def announce(self, now: float, tick: float, seconds_per_tick: float, *, playing: bool) -> None:
        """Where the player stands, for peers that follow it; ``tick`` counts from one of its bar lines."""
        ...

    def waits_for(self) -> Sequence[int]:
        """Descriptors whose readability means that :meth:`poll` should be called soon."""
        ...

    def poll(self, now: float) -> None:
        """Take in what has arrived."""
        ...

    def close(self) -> None:
        """Let go."""
        ...
