"""A whole conductor with workers in its own process: what the rehearsal and the endurance test let live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import time, tzinfo
from pathlib import Path

from reverie.conductor.care.safe_mode import AbsentWorker
from reverie.conductor.care.sd_notify import Notifier
from reverie.conductor.conductor import Conductor
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.configuration.config_of_site import config_of_site
from reverie.conductor.configuration.site_resources import bundles_of
from reverie.conductor.hours.doors import believed
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.scene.cues import CueConfig
from reverie.control.inputs import Controls
from reverie.history.state import StateStore
from reverie.processes.supervisor import Backoff, WorkerListener
from reverie.processes.worker_life import Role
from reverie.rehearsal.made_up_clock import MadeUpClock
from reverie.rehearsal.rehearsed_composer import LoopMakers, RehearsedComposer
from reverie.rehearsal.rehearsed_player import RehearsedPlayer
from reverie.scenes.folder import SceneFolder
from reverie.site.schema import Site
from reverie.watch.faults import Faults

WRITE = 600.0
"""Made-up seconds between writes of what must last: in earnest they are few, and here they would be all there is."""


def rehearsed_config(site: Site, configuration: Path, state: Path, machine: tzinfo) -> ConductorConfig:
    """The site with a state folder of the rehearsal's own, where nobody is heard, told or listened to."""
    bundles, _ = bundles_of(site)
    own = site.model_copy(update={"state": state, "tape": site.tape.model_copy(update={"folder": None})})
    config = config_of_site(own, bundles, configuration=configuration, written=own, tape=own.tape_folder)
    return replace(
        config,
        timbres=replace(config.timbres, cache=state / "timbre"),
        controls=Controls(),
        cues=CueConfig(),
        hours=HoursRules.of(site.hours, machine),
        machine=machine,
        doubt=believed,
    )


class _SeldomHousekeeping(Housekeeping):
    """Writes what must last now and then, and reminds of nothing: APScheduler knows the machine's time alone."""

    every = WRITE

    def remind(self, times: Iterable[time], of: Callable[[], None]) -> None:
        del times, of

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            await self._write_state()


@dataclass(slots=True)
class RehearsedHouse:
    """A conductor and its workers; :meth:`Conductor.run` lets them live."""

    conductor: Conductor
    player: RehearsedPlayer
    composer: RehearsedComposer

    @classmethod
    def of(
        cls,
        config: ConductorConfig,
        scenes: SceneFolder,
        clock: MadeUpClock,
        makers: LoopMakers,
        player: type[RehearsedPlayer] = RehearsedPlayer,
        write: float = WRITE,
        tick: float = 1.0,
    ) -> RehearsedHouse:
        """Put them together; needs the running event loop.

        Args:
            config: The site.
            scenes: Where scenes are.
            clock: By which all of it goes.
            makers: Who composes.
            player: What plays.
            write: Seconds between two writes of what must last.
            tick: Seconds between two looks of the conductor.
        """
        players: list[RehearsedPlayer] = []
        composers: list[RehearsedComposer] = []

        def hire(
            role: Role, listener: WorkerListener, backoff: Backoff | None = None
        ) -> RehearsedPlayer | RehearsedComposer | AbsentWorker:
            if role.name == "player":
                players.append(player(role, listener, backoff, clock))
                return players[-1]
            if role.name == "composer":
                composers.append(RehearsedComposer(role, listener, backoff, clock, makers))
                return composers[-1]
            return AbsentWorker(role, listener, backoff)

        faults = Faults(clock.wall)
        store = StateStore(config.state, faults)
        housekeeping = _SeldomHousekeeping(store, config.tape, config.keep_days, faults, None, config.tape_quota, clock)
        housekeeping.every = write
        made = Conductor(config, scenes, store, housekeeping, Notifier(None), faults, clock=clock, hire=hire, tick=tick)
        return cls(made, players[0], composers[0])
