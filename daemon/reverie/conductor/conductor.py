"""The conductor: decides what plays, keeps the score filled, and answers whoever asks how it is.

What happens is published on a bus, to which everything subscribes that judges, counts, keeps or tells it. What can be
decided without waiting lies beside this module, and in :mod:`reverie.compose.ensemble` and :mod:`reverie.watch`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from reverie.bus import Bus
from reverie.clock import LocalClock, SystemClock
from reverie.compose.ensemble import Ensemble
from reverie.compose.messages import ComposerSetup
from reverie.conductor.bank_assignment import Banking
from reverie.conductor.bank_renders import Timbres
from reverie.conductor.chord_marks import describe_harmony
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.config import ConductorConfig
from reverie.conductor.fault_news import FaultNews
from reverie.conductor.hired_worker import HireWorker
from reverie.conductor.kept_loops import KeptLoops
from reverie.conductor.leader_news import LeaderNews
from reverie.conductor.lives import Lives
from reverie.conductor.maintenance import Housekeeping
from reverie.conductor.player_link import PlayerLink
from reverie.conductor.programme_course import ProgrammeCourse
from reverie.conductor.readiness import Readiness
from reverie.conductor.reminder import Reminder
from reverie.conductor.repeats import RepeatedLoops
from reverie.conductor.repertoire import Repertoire
from reverie.conductor.report import Report
from reverie.conductor.sd_notify import Notifier, watchdog_interval
from reverie.conductor.site_watch import SiteWatch
from reverie.conductor.slot_news import SlotNews
from reverie.conductor.stopping import until
from reverie.control.console import ControlConsole
from reverie.foreign import LONGEST_LINE, plain
from reverie.history.state import StateStore
from reverie.logs import ONCE
from reverie.play.messages import SetOverrides
from reverie.processes.supervisor import Supervisor, own_process
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.watch.evidence import Evidence, Verdict
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BarSounded,
    ControlUsed,
    Happening,
    Moment,
    OverridesSet,
    PanicCalled,
    PauseBegun,
    PauseEnded,
    SceneBegun,
    SceneChanged,
)
from reverie.watch.metrics import Metrics
from reverie.watch.summary import Summary

log = logging.getLogger(__name__)

LOOK_AT_LIVES = 60.0
TICK = 1.0
"""Seconds between looks at what has no message of its own: silence."""


class Conductor:
    """Plays scenes until it is told to stop, and answers the web server's questions.

    Args:
        config: The site, read and found right.
        scenes: Where scenes are.
        store: What lasts over a restart.
        housekeeping: What keeps files in order.
        notifier: The way to systemd.
        faults: The register of faults.
        clock: By which all of it goes; the machine's own unless given.
        hire: Makes the workers; supervised processes unless given.
        tick: Seconds between two looks.
    """

    def __init__(
        self,
        config: ConductorConfig,
        scenes: SceneFolder,
        store: StateStore,
        housekeeping: Housekeeping,
        notifier: Notifier,
        faults: Faults,
        *,
        clock: LocalClock | None = None,
        hire: HireWorker = Supervisor,
        tick: float = TICK,
    ) -> None:
        self.config = config
        self.faults = faults
        self.bus = Bus()
        self._clock = clock = clock or SystemClock()
        self._tick = tick
        self._housekeeping = housekeeping
        self._repertoire = Repertoire(scenes, store, config.resources, faults, clock)
        self._evidence = Evidence()
        self._metrics = Metrics(config.version, config.engine, clock)
        self._console = ControlConsole(
            self,
            config.controls,
            config.state / "uses.jsonl",
            lambda action, source: self._publish(ControlUsed(self._moment, action, source)),
            clock=clock,
            faults=faults,
        )
        self._player = PlayerLink(
            config.setup, self._console.overrides.for_player, hire, self.bus, clock, self._evidence.slot
        )
        composer_setup = ComposerSetup(
            config.engine, config.state / "memories", tuple(config.resources.bundles.values())
        )
        self._composer = ComposerLink(
            composer_setup, config.patience, hire, self.bus, clock, faults, self._player.place
        )
        self._banking = Banking(config.slots, self._player.send, self.bus, clock, faults, config.samplers)
        self._timbres = Timbres(config.timbres, store, self.bus, faults, clock, hire)
        self._scene: Scene | None = None
        self._ensemble: Ensemble | None = None
        self._epoch = 0
        self._stop = asyncio.Event()
        self._course = ProgrammeCourse(config.programme, clock, self.bus, self.play_scene, self._be_silent)
        self._reminder = Reminder(config.programme, housekeeping, faults, self._course.follow, clock)
        self._lives = Lives(config.state, faults, clock)
        self._metrics.lives_are(self._lives.starts, self._lives.crashes)
        folders = {"state": config.state, "tape": config.tape}
        self.site_watch = SiteWatch(config.configuration, config.site, folders, faults, config.instead)
        self._kept = KeptLoops()
        self._report = Report(
            config=config,
            evidence=self._evidence,
            faults=faults,
            gauges=self._metrics,
            timbres=self._timbres,
            console=self._console,
            lives=self._lives,
            site=self.site_watch,
            clock=clock,
            begun=clock.now(),
            rest=lambda: self._course.sentence(self._console.overrides.paused_until),
            scene=lambda: self._scene,
            harmony=lambda: self._ensemble and describe_harmony(self._ensemble),
            loops=lambda: self._kept.status(self._ensemble) if self._ensemble else {},
            processes=lambda: (
                own_process(),
                self._player.worker.info,
                self._composer.worker.info,
                *self._timbres.processes,
            ),
        )
        self._readiness = Readiness(notifier, clock, self._report.alive, self._report.summary)
        self._fault_news = FaultNews(faults, self.bus, clock)
        # In this order each event is heard: first it is judged and counted, then told, then acted upon.
        self._evidence.subscribe_to(self.bus)
        self._metrics.subscribe_to(self.bus)
        self._kept.subscribe_to(self.bus)
        SlotNews(self._evidence, faults, config.tape).subscribe_to(self.bus)
        LeaderNews(faults).subscribe_to(self.bus)
        RepeatedLoops(faults).subscribe_to(self.bus)
        store.subscribe_to(self.bus)
        self._banking.subscribe_to(self.bus)
        self._timbres.subscribe_to(self.bus)
        self._readiness.subscribe_to(self.bus)
        self.bus.subscribe(BarSounded, self._bar_sounded)

    async def run(
        self, scene: str | None, seconds: float | None = None, around: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Play ``scene``, or what the hour asks for, until :meth:`stop` or for ``seconds``.

        ``around`` is awaited beside the music, and cancelled before it ends: pages, and eyes on files.

        Raises:
            RuntimeError: if something ended that never ends by itself; every note is ended all the same.
        """
        self.begin(scene)
        self._repertoire.look_into_folders()
        workers = [asyncio.create_task(self._player.worker.run()), asyncio.create_task(self._composer.worker.run())]
        services = (
            self._watch,
            self._housekeeping.run,
            self._console.attend,
            self._timbres.run,
            self._count_lives,
            *([around] if around else []),
        )
        beside = [asyncio.ensure_future(service()) for service in services]
        self._reminder.remind()
        try:
            await until(self._stop, seconds, (*workers, *beside))
        finally:
            log.info("Ending every note.")
            self._readiness.stopping()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await asyncio.gather(self._composer.worker.stop(), self._timbres.stop())
            await self._player.worker.stop()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._housekeeping.finish()
            await asyncio.to_thread(self._lives.end)
            self._fault_news.look()

    def stop(self) -> None:
        """End every note and leave."""
        self._stop.set()

    def begin(self, named: str | None) -> None:
        """Play what is wanted, or if that is at fault anything that is not: never silent by accident."""
        wanted = (named, self._course.scene, self.config.scene)
        for scene in self._repertoire.first(*(name for name in wanted if name)):
            self._perform(scene)
            break
        self._course.begin(named, self._scene and self._scene.name)

    def play_scene(self, name: str) -> bool:
        """Play the scene of that name from the next bar line on; one that cannot be read changes nothing."""
        scene = self._repertoire.load(name)
        if scene is None:
            return False
        if self._scene is None or self._ensemble is None or scene.name != self._scene.name:
            self._perform(scene)
        elif scene.hash != self._scene.hash:
            log.info("The file of %s has changed; what changed is heard from the next bar line on.", scene.name)
            self._put_up(scene, self._repertoire.change(self._ensemble, scene, self._epoch + 1), SceneChanged)
        return True

    def watched_files(self) -> list[Path]:
        """The files that are looked at while the music plays: of the scene that plays, and of those at fault."""
        return self._repertoire.watched(self._scene.name if self._scene else None)

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Scenes were changed on disk: what plays is taken over if it is right, and the others' faults are told."""
        for name in self._repertoire.scenes_of(paths):
            if self._stop.is_set():
                return
            if self._scene is not None and name == self._scene.name:
                self.play_scene(name)
            else:
                self._repertoire.load(name)
        self._forget_gone_scenes()

    def reload(self) -> Verdict:
        """Read the present scene's file again, and go over to it if it has changed and is right; what came of it."""
        if self._scene is None or self._stop.is_set():
            return Verdict(ok=False, sentence="Nothing was read again: no scene plays, or the daemon is stopping.")
        name, before = self._scene.name, self._scene.hash
        self._readiness.reloading(name)
        self._reminder.look()
        self.play_scene(name)
        self._readiness.reloaded()
        if name in self._repertoire.broken:
            sentence = f"The scene {name} is at fault, see `reverie status`; its last good version plays on."
            return Verdict(ok=False, sentence=sentence)
        read = f"The scene {name} was read again from {plain(str(self._repertoire.file(name)), LONGEST_LINE)}"
        if self._scene.hash != before:
            return Verdict(ok=True, sentence=f"{read} and has changed; it is heard from the next bar line on.")
        return Verdict(ok=True, sentence=f"{read}; it plays already as this file says.")

    @property
    def music(self) -> Ensemble | None:
        """What plays."""
        return self._ensemble

    def scenes(self) -> tuple[tuple[str, ...], str | None]:
        """The names of all scenes in order, and of the one that plays."""
        return self._repertoire.names(), self._scene.name if self._scene else None

    def pause(self, *, on: bool) -> None:
        """Control wants silence from the next bar line on, or music, where the programme does not rest."""
        self._be_silent()
        self._publish(PauseBegun(self._moment) if on else PauseEnded(self._moment))

    def override(self, overrides: SetOverrides) -> None:
        """Control has set something."""
        self._player.override(overrides)
        self._publish(OverridesSet(self._moment, overrides))

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        self._composer.fill()

    def panic(self) -> None:
        """End every note now; the music goes on with the next bar."""
        log.warning("Panic: every note is ended.", extra=ONCE)
        self._player.panic()
        self._publish(PanicCalled(self._moment))

    def look(self) -> None:
        """Feed the watchdog with evidence, find a composer that computes for ever, and see what the hour asks for."""
        alive = self._readiness.look()
        self._composer.look()
        self._console.look()
        self._repertoire.look_into_folders()
        self._reminder.look()
        self._course.follow()
        self._timbres.look(playing=alive.ok and not (self._course.resting or self._console.paused))
        self._fault_news.look()

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        return self._report.alive()

    def summary(self) -> Summary:
        """The truth in one sentence for a person."""
        return self._report.summary()

    def ready(self) -> Verdict:
        """Whether every slot has its device."""
        return self._evidence.ready()

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        return self._report.metrics()

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        return self._report.status()

    def _perform(self, scene: Scene) -> None:
        """Begin a scene with its first bar."""
        log.info("Playing %s (%s).", scene.name, scene.title)
        self._console.scene_begun()
        self._put_up(scene, self._repertoire.perform(scene, self._epoch + 1), SceneBegun)
        self._forget_gone_scenes()

    def _put_up(self, scene: Scene, ensemble: Ensemble, event: type[SceneBegun | SceneChanged]) -> None:
        """Have the player go over to a performance with its next bar line."""
        self._scene, self._ensemble = scene, ensemble
        self._epoch += 1
        self._player.perform(ensemble)
        self._publish(event(self._moment, scene, self._epoch))
        self._composer.perform(ensemble)

    def _forget_gone_scenes(self) -> None:
        playing = {self._scene.name} if self._scene else set[str]()
        self._repertoire.forget_gone({*playing, self.config.scene, *self.config.programme.scenes})

    def _be_silent(self) -> None:
        """Have the player rest where the programme or control wants silence, and play where neither does."""
        self._player.be_silent(on=self._course.resting or self._console.paused)

    def _bar_sounded(self, said: BarSounded) -> None:
        if self._ensemble is not None and said.bar.epoch == self._ensemble.epoch:
            self._ensemble.played(said.bar.scene_bar)
            self._kept.bar_played(self._ensemble)
            self._player.tell_chords()
            self.fill()

    async def _watch(self) -> None:
        """Look every second, and oftener if systemd is less patient; a look that fails must not be the last."""
        interval = min(self._tick, watchdog_interval() or self._tick)
        while True:
            await asyncio.sleep(interval)
            try:
                self.look()
            except Exception:
                log.exception("The conductor made a mistake while it watched.")

    async def _count_lives(self) -> None:
        """Keep that this life has begun, and tell of a crash loop until it has lasted."""
        await asyncio.to_thread(self._lives.begin)
        while True:
            await asyncio.sleep(LOOK_AT_LIVES)
            self._lives.look()

    @property
    def _moment(self) -> Moment:
        return Moment.of(self._clock)

    def _publish(self, happening: Happening) -> None:
        self.bus.publish(happening)
