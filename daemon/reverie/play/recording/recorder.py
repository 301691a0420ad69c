"""What a player writes down as it plays: an installation's tape, or the tracks of a performance without a clock."""

from __future__ import annotations

from typing import Protocol

from reverie.music.time import Metre


class Recorder(Protocol):
    """Told of all that is sent, in its order. Ticks count from the player's first bar."""

    def bar(self, wall: float, tick: int, qpm: float, metre: Metre, scene: str) -> None:
        """A bar begins."""
        ...

    def event(self, tick: int, message: bytes, part: str) -> None:
        """A message of a part's is sent."""
        ...

    def sent_late(self, seconds: float) -> None:
        """All events since the last such note were sent so long after their moment."""
        ...

    def recipe(self, tick: int, recipe: str, part: str) -> None:
        """Which recipe a part plays in the bar that was begun last."""
        ...

    def slot(self, tick: int, slot: str, part: str) -> None:
        """By which slot a part's notes go out in the bar that was begun last."""
        ...

    def chord(self, tick: int, symbol: str) -> None:
        """A chord begins in the bar that was begun last."""
        ...

    def section(self, tick: int, name: str) -> None:
        """A section of the scene begins with the bar that was begun last."""
        ...

    def flush(self) -> None:
        """What is due now has been sent."""
        ...

    def close(self) -> None:
        """The player leaves."""
        ...
