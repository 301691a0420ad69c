"""Timbres in a conductor with a clock that is turned by hand, and workers that render when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.conductor.banks.bank_renders import RenderConfig, Timbres
from reverie.history.state import StateStore
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import WorkerListener
from reverie.processes.wire import Message
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.timbre.messages import FromTimbre, Render, Rendered
from reverie.watch.fault_kinds import TIMBRE_NOT_RENDERED
from reverie.watch.faults import Faults
from reverie.watch.happenings import BankReady, BankRendered, WorkerDied, WorkerStarted

SCENE = """\
name: dream
title: Dream
tempo: 100
metre: 4/4
key: C
scale: major
timbres:
  creature:
    sources: {flute: {latent: 1}, cat: {latent: 2}}
    path: {kind: line, steps: 3}
    pace: 10 min
  bell:
    sources: {glass: {latent: 3}, iron: {latent: 4}}
    path: {kind: there_and_back, steps: 4}
    pace: 10 min
voices:
  lead:
    kind: melody
    model: any
    primer: "C4 - - - - - - - - - - - - - - -"
    register: [C3, C5]
    bars: 1
    evolve: {hold: 1, then: [continue]}
    temperature: 1.0
    density: [1, 8]
    output: {slot: main, channel: 1}
    timbre: {bank: creature}
  chime:
    kind: melody
    model: any
    primer: "C5 - - - - - - - - - - - - - - -"
    register: [C4, C6]
    bars: 1
    evolve: {hold: 1, then: [continue]}
    temperature: 1.0
    density: [1, 8]
    output: {slot: main, channel: 2}
    timbre: {bank: bell}
"""


class FakeSupervisor:
    """A worker that does what the test says."""

    lives: list[FakeSupervisor]

    def __init__(self, role: Any, listener: WorkerListener) -> None:
        self.role = role
        self.listener = listener
        self.sent: list[Message] = []
        self.info = None
        self._stopping = asyncio.Event()
        FakeSupervisor.lives.append(self)

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    async def run(self) -> None:
        self.listener.started("timbre")
        await self._stopping.wait()

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.sleep(0)


class Stage:
    """Timbres with a clock that is turned by hand, and everything that they tell."""

    def __init__(self, folder: Path, models: dict[str, Path] | None = None) -> None:
        self.clock = HandClock("2026-11-23 00:00")
        self.folder = folder
        self.told: list[tuple[str, int, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.started: list[str] = []
        self.register = Faults()
        self.store = StateStore(folder / "state", self.register)
        shipped = {"default": Path("default.safetensors"), "timbre": Path("timbre.safetensors")}
        found = shipped if models is None else models
        self.config = RenderConfig(folder / "cache", 1000, 0.5, 7200.0, 2, found)
        self.moods: dict[str, float] = {}
        self.form: dict[str, tuple[float, ...]] = {}
        self.bus = Bus()
        self.timbres = self.made()

    def made(self) -> Timbres:
        self.bus = bus = Bus()
        bus.subscribe(BankReady, lambda said: self.told.append((said.timbre, said.ready.step, said.ready.bank)))
        bus.subscribe(BankRendered, lambda said: self.ended.append((said.timbre, said.outcome)))
        bus.subscribe(WorkerStarted, lambda said: self.started.append(said.role))
        bus.subscribe(WorkerDied, lambda said: self.ended.append((said.role, said.reason)))
        return Timbres(
            self.config, self.store, bus, self.register, self.clock, moods=lambda: self.moods, form=lambda: self.form
        )

    @property
    def faults(self) -> list[str]:
        """What is told of timbres that are not as the scene wants them."""
        return sorted(fault.sentence for fault in self.register.of(TIMBRE_NOT_RENDERED))

    @property
    def worker(self) -> FakeSupervisor:
        return FakeSupervisor.lives[-1]

    @property
    def render(self) -> Render:
        """What the present worker was asked for last."""
        return from_message(Render, next(sent for sent in reversed(self.worker.sent) if sent["type"] == "render"))

    def order(self) -> tuple[str, int]:
        """What the present worker was asked for: timbre and step."""
        scene_and_timbre, step = self.render.request.title.split(", step ")
        return scene_and_timbre.split(": ")[1], int(step)

    def place(self) -> tuple[str, tuple[int, ...]]:
        """The same of what a hand wants: timbre and place."""
        scene_and_timbre, place = self.render.request.title.split(", place ")
        return scene_and_timbre.split(": ")[1], tuple(map(int, place.split()))

    def hear(self, said: FromTimbre) -> None:
        """The present worker says something of what it was asked for last."""
        self.worker.listener.received("timbre", to_message(replace(said, number=self.render.number)))

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def finish(self, bank: str, *, found: bool = False, warnings: tuple[str, ...] = (), size: int = 0) -> None:
        """The present worker has rendered its bank."""
        rendered = Rendered(bank, f"/banks/{bank}", f"/banks/{bank}/bank.sf2", 3.0, found, warnings, size)
        self.hear(rendered)
        await self.settle()
        self.timbres.look(playing=True)
        await self.settle()

    async def bars(self, count: int) -> None:
        """So many bars are over."""
        for _ in range(count):
            self.timbres.bar_sounded(late=False)
        await self.settle()

    async def later(self, seconds: float, *, playing: bool = True) -> None:
        self.clock.go(seconds)
        self.timbres.look(playing=playing)
        await self.settle()


def scene(folder: Path, name: str = "dream", text: str = SCENE) -> Scene:
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("name: dream", f"name: {name}"))
    return load_scene(file)


@asynccontextmanager
async def on(stage: Stage, text: str = SCENE) -> AsyncGenerator[Stage]:
    """The stage with the scene playing."""
    running = asyncio.create_task(stage.timbres.run())
    stage.timbres.scene_begun(scene(stage.folder, text=text))
    await stage.settle()
    try:
        yield stage
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
