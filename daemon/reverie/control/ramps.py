"""Levels that are moved over some bars: a step with each bar line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reverie.site.actions import Level

Ramped = tuple[Level, str | None]
"""A level, and the voice whose it is; None for those of the whole."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """A level on its way from ``start`` to ``end`` within so many ``bars``, of which some are ``gone``."""

    level: Level
    voice: str | None
    start: float
    end: float
    bars: int
    gone: int = 0

    @property
    def value(self) -> float:
        """Where it stands."""
        return self.end if self.gone >= self.bars else self.start + (self.end - self.start) * self.gone / self.bars


class Ramps:
    """The levels that are on their way."""

    def __init__(self) -> None:
        self._running: dict[Ramped, Ramp] = {}

    def __iter__(self) -> Iterator[Ramp]:
        return iter(self._running.values())

    def begin(self, ramp: Ramp) -> None:
        """Move a level from the next bar line on, in place of any other way of it."""
        self._running[ramp.level, ramp.voice] = ramp

    def stop(self, level: Level, voices: Iterable[str | None]) -> None:
        """Leave levels where they are: something else was set."""
        for voice in voices:
            self._running.pop((level, voice), None)

    def forget(self, *, all_but: Level) -> None:
        """Another scene begins, and with it every way ends but that of one level."""
        self._running = {key: ramp for key, ramp in self._running.items() if key[0] == all_but}

    def step(self) -> list[Ramp]:
        """A bar is over: where the levels stand now. What has arrived is over."""
        moved = [replace(ramp, gone=ramp.gone + 1) for ramp in self]
        self._running = {(ramp.level, ramp.voice): ramp for ramp in moved if ramp.gone < ramp.bars}
        return moved
