"""A stage without a conductor, for hands to try."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from pathlib import Path

from reverie.control.console import ControlConsole
from reverie.control.inputs import Controls
from reverie.music.time import Schedule
from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import Action


class Time:
    """A clock that goes when it is told, and calls what is due."""

    def __init__(self) -> None:
        self.now = 100.0
        self._calls: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._calls, (self.now + seconds, self._number, call))

    def go(self, seconds: float) -> None:
        end = self.now + seconds
        while self._calls and self._calls[0][0] <= end:
            self.now, _, call = heapq.heappop(self._calls)
            call()
        self.now = end


class HandTime:
    """The same as the clocks of a console."""

    def __init__(self, time: Time) -> None:
        self._time = time

    def now(self) -> float:
        return self._time.now

    def wall(self) -> float:
        return 1e9 + self._time.now


def parts(**schedules: Schedule) -> tuple[Part, ...]:
    return tuple(Part(name, "main", 1, schedule=schedule) for name, schedule in schedules.items())


class FakeMusic:
    """Voices that note down what is done to them."""

    def __init__(self) -> None:
        self.parts: Sequence[Part] = parts(beat=Schedule(), bass=Schedule(), lead=Schedule())
        self.temperatures: dict[str, float] = {part.name: 1.0 for part in self.parts}
        self.done: list[str] = []
        self.broken = False

    def tempo(self) -> float:
        return 120.0

    def temperature(self, name: str) -> float:
        return self.temperatures[name]

    def set_temperature(self, name: str, temperature: float) -> None:
        self.temperatures[name] = temperature
        self.done.append(f"{name} at {temperature:g}")

    def mutate(self, name: str) -> None:
        if self.broken:
            raise ZeroDivisionError("the music is broken")
        self.done.append(f"mutate {name}")

    def hold(self, *, on: bool) -> None:
        self.done.append(f"hold {on}")


class Stand:
    """A stage on which nothing sounds: it notes down what hands did."""

    def __init__(self, *, playing: bool = True) -> None:
        self.fake = FakeMusic()
        self.playing = playing
        self.time = Time()
        self.present = "first-light"
        self.broken: set[str] = set()
        self.played: list[str] = []
        self.paused: list[bool] = []
        self.steered: list[SetOverrides] = []
        self.counted: list[tuple[str, str]] = []
        self.panics = 0
        self.filled = 0

    @property
    def music(self) -> FakeMusic | None:
        return self.fake if self.playing else None

    def desk(self, folder: Path) -> ControlConsole:
        desk = ControlConsole(
            self,
            Controls(),
            folder / "uses.jsonl",
            lambda *use: self.counted.append(use),
            self.time.later,
            HandTime(self.time),
        )
        self.steered.clear()
        return desk

    def do(self, desk: ControlConsole, *actions: Action) -> None:
        """One after the other, each in its own time."""
        for action in actions:
            desk.use(action, "osc")
            self.time.go(1.5)

    def scenes(self) -> tuple[Sequence[str], str | None]:
        return ("a-first", "first-light", "night-watch"), self.present

    def play_scene(self, name: str) -> bool:
        if name in self.broken:
            return False
        self.played.append(name)
        self.present = name
        return True

    def pause(self, *, on: bool) -> None:
        self.paused.append(on)

    def panic(self) -> None:
        self.panics += 1

    def override(self, overrides: SetOverrides) -> None:
        self.steered.append(overrides)

    def fill(self) -> None:
        self.filled += 1
