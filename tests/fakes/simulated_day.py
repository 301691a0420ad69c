"""A whole conductor with a fake player and a fake composer, in one process and in made-up time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, TypeVar

from fakes.conductors import PORT, FakeNotifier, config_of
from fakes.simulated_time import SimulatedDay
from fakes.simulated_workers import SimulatedComposer, SimulatedPlayer, SimulatedTimbre, SimulatedWorker
from reverie.conductor.care.safe_mode import AbsentWorker, SafeConductor
from reverie.conductor.conductor import Conductor
from reverie.conductor.hired_worker import HiredWorker
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.programme import Programme
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.history.state import StateStore
from reverie.processes.supervisor import Backoff, WorkerListener
from reverie.processes.worker_life import Role
from reverie.rehearsal.simulated_loop import SimulatedLoop
from reverie.scenes.folder import SceneFolder
from reverie.watch.faults import Faults
from reverie.watch.happenings import Happening, SlotChanged, SlotsLost

Told = TypeVar("Told", bound=Happening)


class QuietHousekeeping(Housekeeping):
    """Leaves tape and state alone until the end, and reminds of nothing: APScheduler knows the machine's time alone."""

    def remind(self, times: Iterable[time], of: Callable[[], None]) -> None:
        del times, of

    async def run(self) -> None:
        await asyncio.Event().wait()


@dataclass(slots=True)
class Installation:
    """What a day is made of, and all that came of it."""

    day: SimulatedDay
    conductor: Conductor
    notifier: FakeNotifier
    workers: dict[str, SimulatedWorker]
    happened: list[Happening] = field(default_factory=list[Happening])

    @property
    def player(self) -> SimulatedPlayer:
        worker = self.workers["player"]
        assert isinstance(worker, SimulatedPlayer)
        return worker

    @property
    def composer(self) -> SimulatedComposer:
        worker = self.workers["composer"]
        assert isinstance(worker, SimulatedComposer)
        return worker

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Have something done after so many seconds."""
        asyncio.get_running_loop().call_later(seconds, do)

    def was_up(self, slot: str, at: float) -> bool:
        """Whether a slot had its device at that moment, for all that was told until then."""
        told = [one for one in self.happened if isinstance(one, SlotChanged | SlotsLost) and one.at.now <= at]
        last = next((one for one in reversed(told) if isinstance(one, SlotsLost) or one.slot.name == slot), None)
        return isinstance(last, SlotChanged) and last.slot.up

    def told(self, kind: type[Told]) -> list[Told]:
        """All that happened of a kind."""
        return [one for one in self.happened if isinstance(one, kind)]

    def clock(self, happening: Happening) -> str:
        """At what time of the day something happened."""
        seconds = round(happening.at.wall) % 86_400
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


Incident = Callable[[Installation], object]


def live_through(
    folder: Path,
    scenes: Mapping[str, str],
    programme: Programme,
    begin: str,
    hours: float,
    incidents: Iterable[tuple[str, Incident]] = (),
    tick: float = 1.0,
    slot: Mapping[str, Any] = PORT,
    opening: HoursRules | None = None,
    conducts: Callable[..., Conductor] = Conductor,
) -> Installation:
    """Run the conductor for some hours from the local time ``begin``; each incident happens at its time of the day.

    ``conducts`` makes the conductor; one in safe mode has a player only.
    """
    for name, text in scenes.items():
        path = folder / "scenes" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    async def live(loop: SimulatedLoop) -> Installation:
        day = SimulatedDay(loop, begin)
        workers: dict[str, SimulatedWorker] = {}

        def hire(role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> HiredWorker:
            if conducts is SafeConductor and role.name != "player":
                return AbsentWorker(role, listener, backoff)
            kind = {"player": SimulatedPlayer, "composer": SimulatedComposer, "timbre": SimulatedTimbre}[role.name]
            workers[role.name] = kind(role, listener, backoff, day)
            return workers[role.name]

        faults = Faults(day.wall)
        timbre_models = {name: folder / f"{name}.safetensors" for name in ("default", "timbre")}
        config = config_of(folder, next(iter(scenes)), programme, slot, timbre_models, hours=opening)
        store = StateStore(config.state, faults)
        housekeeping = QuietHousekeeping(store, config.tape, config.keep_days, faults, clock=day)
        notifier = FakeNotifier()
        folders = SceneFolder([folder / "scenes"])
        conductor = conducts(config, folders, store, housekeeping, notifier, faults, clock=day, hire=hire, tick=tick)
        lived = Installation(day, conductor, notifier, workers)
        conductor.bus.subscribe(Happening, lived.happened.append)
        for clock, incident in incidents:
            loop.call_later(day.until(clock), incident, lived)
        await conductor.run(None, hours * 3600)
        return lived

    loop = SimulatedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(live(loop))
