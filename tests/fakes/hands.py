"""A stage without a conductor, for hands to try."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from reverie.compose.by_hand import ByHand
from reverie.compose.played_loop import PlayedLoop
from reverie.control.console import ControlConsole
from reverie.control.inputs import Controls
from reverie.control.timbre_hand import TimbreStand
from reverie.history.favourites import Keep
from reverie.music.notes import Loop
from reverie.music.time import Metre, Schedule
from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import Action, ControlError, DreamWish, Evolving, Kind
from reverie.site.loop_wishes import LoopWish
from reverie.timbre.spots import Point


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
        self.bar = 0
        self.form: dict[int, Sequence[str]] = {}
        self.temperatures: dict[str, float] = {part.name: 1.0 for part in self.parts}
        self.done: list[str] = []
        self.written: set[str] = set()
        self.unable: dict[tuple[str, Kind], str] = {}
        self.hand: dict[str, ByHand] = {}
        self.lost: set[str] = set()
        self.loops: dict[str, PlayedLoop] = {}
        for part in self.parts:
            self.play(part.name, f"{part.name}-0")
        self.broken = False
        self.asked: dict[str, LoopWish] = {}

    def tempo(self) -> float:
        return 120.0

    def swing(self) -> float:
        return 0.5

    def voices_in(self, ahead: int) -> list[str]:
        there = self.form.get(self.bar + ahead, [part.name for part in self.parts])
        return [part.name for part in self.parts if part.name in there and part.schedule.plays(self.bar + ahead)]

    def temperature(self, name: str) -> float:
        return self.temperatures[name]

    def set_temperature(self, name: str, temperature: float | None) -> None:
        self.temperatures[name] = 1.0 if temperature is None else temperature
        self.done.append(f"{name} at {self.temperatures[name]:g}")

    def by_hand(self, name: str) -> ByHand:
        return self.hand.get(name, ByHand())

    def set_by_hand(self, name: str, by_hand: ByHand) -> None:
        self.hand[name] = by_hand
        self.done.append(f"{name} by hand")

    def lacks(self, name: str, wanted: Kind) -> str:
        if wanted == "temperature" and name in self.written:
            return f"{name} is composed by no model, and has no temperature"
        if name in self.written and wanted not in {"level", "mute", "solo"}:
            return f"{name} plays what is written, and nothing is composed for it"
        return self.unable.get((name, wanted), "")

    def set_contour(self, name: str, contour: str | None) -> bool:
        self.done.append(f"{name} pressed {contour}")
        return name == "lead"

    def ask(self, name: str, wish: LoopWish | None, bar: int) -> int:
        if name in self.lost:
            raise ControlError(f"{name} cannot play that")
        self.asked = {one: there for one, there in self.asked.items() if one != name} | ({name: wish} if wish else {})
        self.done.append(f"{name} asked {wish or 'nothing'} from {bar}")
        self.play(name, f"asked-{len(self.done)}")
        return bar

    def asks(self, name: str) -> bool:
        return name in self.asked

    def source(self, name: str) -> Literal["model", "harmony", "written"]:
        return "written" if name in self.written else "model"

    def evolve(self, name: str, how: Evolving) -> None:
        if self.broken:
            raise ZeroDivisionError("the music is broken")
        self.done.append(f"{how} {name}")
        self.play(name, f"{how}-{len(self.done)}")

    def play(self, name: str, recipe: str) -> None:
        self.loops[name] = PlayedLoop(recipe, Loop(1, Metre(), ()))

    def sounding(self, name: str) -> PlayedLoop | None:
        return self.loops.get(name)

    def go_back(self, name: str, played: PlayedLoop) -> bool:
        if name in self.lost:
            return False
        self.loops[name] = played
        self.done.append(f"{name} back to {played.recipe}")
        return True

    def hold(self, name: str, *, on: bool) -> None:
        self.done.append(f"hold {name} {on}")


class Kept:
    """What is kept while a test lasts."""

    def __init__(self) -> None:
        self.scenes: dict[str, tuple[Keep, ...]] = {}

    def keeps(self, scene: str) -> tuple[Keep, ...]:
        return self.scenes.get(scene, ())

    def keep(self, scene: str, keeps: tuple[Keep, ...]) -> None:
        self.scenes[scene] = keeps


class Stand:
    """A stage on which nothing sounds: it notes down what hands did."""

    def __init__(self, *, playing: bool = True) -> None:
        self.fake = FakeMusic()
        self.store = Kept()
        self._plays = playing
        self.time = Time()
        self.present = "first-light"
        self.broken: set[str] = set()
        self.played: list[str] = []
        self.paused: list[bool] = []
        self.steered: list[SetOverrides] = []
        self.counted: list[tuple[str, str]] = []
        self.panics = 0
        self.sensed: list[bool] = []
        self.dreamt: list[tuple[DreamWish, str]] = []
        self.woken: list[str | None] = []
        self.filled = 0
        self.candidates: dict[tuple[str, str], PlayedLoop] = {}
        self.stands: dict[str, TimbreStand] = {}
        self.held: Mapping[str, Point] = {}

    @property
    def music(self) -> FakeMusic | None:
        return self.fake if self._plays else None

    def desk(self, folder: Path) -> ControlConsole:
        desk = ControlConsole(
            self,
            self,
            Controls(),
            folder / "uses.jsonl",
            self.store,
            lambda action, source, _: self.counted.append((action, source)),
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

    @property
    def playing(self) -> str | None:
        return self.present if self._plays else None

    def open_bar(self, needed: float = 0.0) -> int:
        return self.fake.bar + 2

    def scenes(self) -> tuple[Sequence[str], str | None]:
        return ("a-first", "first-light", "night-watch"), self.present

    def trust(self, name: str) -> None:
        del name

    def play_scene(self, name: str) -> bool:
        if name in self.broken:
            return False
        self.played.append(name)
        self.present = name
        return True

    def begins(self, name: str) -> str:
        return f"{name} begins with the next bar line"

    def pause(self, *, on: bool) -> None:
        self.paused.append(on)

    def presence(self, *, there: bool) -> None:
        self.sensed.append(there)

    def panic(self) -> None:
        self.panics += 1

    def override(self, overrides: SetOverrides) -> None:
        self.steered.append(overrides)

    def timbres(self) -> Mapping[str, TimbreStand]:
        return {
            voice: replace(stand, point=self.held.get(stand.name, stand.point)) for voice, stand in self.stands.items()
        }

    def hold_timbres(self, points: Mapping[str, Point]) -> None:
        self.held = points

    def candidate(self, voice: str, recipe: str) -> PlayedLoop | None:
        return self.candidates.get((voice, recipe))

    def go_to_section(self, name: str) -> str:
        if name == "nowhere":
            raise ControlError("the form has no section 'nowhere'")
        return f"{name} begins"

    def stay_in_section(self, *, on: bool | None) -> str:
        return f"stays: {on}"

    def fill(self) -> None:
        self.filled += 1

    def dream(self, wish: DreamWish, source: str) -> str:
        if wish.mood == "nobody":
            raise ControlError("there is no mood 'nobody'")
        self.dreamt.append((wish, source))
        return wish.mood or "fear"

    def wake(self, mood: str | None) -> None:
        self.woken.append(mood)
