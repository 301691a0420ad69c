"""Scenes that are drawn by weights, one after the other: what plays follows from the day and the time alone. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from reverie.compose.seeds import derive_seed

SHORTEST = 10.0
"""Seconds that a turn lasts at least, whatever its scene says of its bars."""
REMEMBERED = 3600.0
"""Seconds for which the length of a scene's bars is believed, though its file may have changed."""


@dataclass(frozen=True, slots=True)
class Playlist:
    """``weights`` by scene; each drawn scene plays for so many ``seconds`` or, where these are 0, so many ``bars``.

    The same ``seed``, name and day give the same order. No scene follows itself, unless it is the only one.
    """

    name: str
    weights: tuple[tuple[str, float], ...]
    seconds: float = 0.0
    bars: int = 0
    seed: int = 0

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scenes that it has."""
        return tuple(name for name, _ in self.weights)

    def order(self, day: date) -> Iterator[str]:
        """The scenes of a day, without an end."""
        chance = Random(derive_seed(self.seed, "playlist", self.name, day.toordinal()))
        last = ""
        while True:
            possible = [one for one in self.weights if one[0] != last] or list(self.weights)
            names, weights = zip(*possible, strict=True)
            last = chance.choices(names, weights)[0]
            yield last

    def turns(self, day: date, bar_seconds: Callable[[str], float]) -> Iterator[tuple[float, str]]:
        """The scenes of a day, each with the second at which its turn begins, counted from the begin of the list.

        ``bar_seconds`` says how long a bar of a scene lasts, at its own tempo.
        """
        begins = 0.0
        for name in self.order(day):
            yield begins, name
            begins += self.seconds or max(self.bars * bar_seconds(name), SHORTEST)


class BarLengths:
    """How long bars of scenes last, each read once an hour at most: to read a scene takes longer than to draw a day.

    Args:
        read: How long a bar of the scene of that name lasts, in seconds; reads its file.
        now: The monotonic time.
    """

    def __init__(self, read: Callable[[str], float], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._known: dict[str, tuple[float, float]] = {}

    def __call__(self, name: str) -> float:
        """Seconds of a bar of that scene, as they were an hour ago or later."""
        now = self._now()
        read, seconds = self._known.get(name, (float("-inf"), 0.0))
        if now - read >= REMEMBERED:
            seconds = self._read(name)
            self._known[name] = now, seconds
        return seconds


class PlaylistDay:
    """A playlist on one day: each turn is reckoned once, also where the clock goes back.

    Args:
        playlist: What is drawn from.
        day: The day on which it began.
        bar_seconds: How long a bar of a scene lasts.
    """

    def __init__(self, playlist: Playlist, day: date, bar_seconds: Callable[[str], float]) -> None:
        self.playlist = playlist
        self.day = day
        self._turns = playlist.turns(day, bar_seconds)
        self._known = [next(self._turns)]

    def scene(self, elapsed: float) -> str:
        """The scene whose turn it is after so many seconds; before the first it is the first."""
        while self._known[-1][0] <= elapsed:
            self._known.append(next(self._turns))
        number = bisect_right(self._known, elapsed, key=lambda turn: turn[0])
        return self._known[max(number - 1, 0)][1]
