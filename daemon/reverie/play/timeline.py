"""The map of ticks to monotonic moments, along which every event finds its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MEMORY = 256
"""Pieces that are kept: slots that play late still ask for moments of some seconds ago."""


@dataclass(frozen=True, slots=True)
class _Piece:
    tick: float
    time: float
    seconds_per_tick: float

    def time_of(self, tick: float) -> float:
        return self.time + (tick - self.tick) * self.seconds_per_tick

    def tick_at(self, time: float) -> float:
        return self.tick + (time - self.time) / self.seconds_per_tick


class Timeline:
    """Straight pieces, each from a tick and a moment on, at a tempo.

    A piece is added only where the tempo changes: at one tempo a moment is one multiplication away from where the
    tempo began, and nothing drifts however long that was ago.
    """

    def __init__(self, tick: float, time: float, seconds_per_tick: float) -> None:
        """Begin with ``tick`` at the monotonic moment ``time``."""
        self._pieces = deque([_Piece(tick, time, seconds_per_tick)], MEMORY)

    @property
    def seconds_per_tick(self) -> float:
        """The tempo now."""
        return self._pieces[-1].seconds_per_tick

    def time_of(self, tick: float) -> float:
        """The moment of a tick."""
        for piece in reversed(self._pieces):
            if tick >= piece.tick:
                return piece.time_of(tick)
        return self._pieces[0].time_of(tick)

    def tick_at(self, time: float) -> float:
        """The tick of a moment, between two whole ones; no tick of a piece that has not begun.

        Where the last piece begins later than the one before it would come there, time stands still until it does.
        """
        limit = float("inf")
        for piece in reversed(self._pieces):
            if time >= piece.time:
                break
            limit = piece.tick
        else:
            piece = self._pieces[0]
            limit = float("inf")
        return min(piece.tick_at(time), limit)

    def heading(self, time: float) -> float:
        """The tick of a moment as the last piece has it, also before that begins."""
        return self._pieces[-1].tick_at(time)

    @property
    def newest(self) -> tuple[float, float]:
        """Tick and moment at which the last piece begins."""
        return self._pieces[-1].tick, self._pieces[-1].time

    def bend(self, tick: float, time: float, seconds_per_tick: float) -> None:
        """From ``tick`` on, which comes at ``time``, go at another tempo, forgetting all that was to come."""
        last = self._pieces[-1]
        if last.seconds_per_tick == seconds_per_tick and last.tick <= tick and last.time_of(tick) == time:
            return
        while self._pieces and self._pieces[-1].tick >= tick:
            self._pieces.pop()
        self._pieces.append(_Piece(tick, time, seconds_per_tick))

    def mark(self) -> Callable[[], None]:
        """What puts the map back to what it is now."""
        pieces = tuple(self._pieces)

        def put_back() -> None:
            self._pieces = deque(pieces, MEMORY)

        return put_back
