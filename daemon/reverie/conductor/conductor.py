"""The conductor: starts player and composer, keeps the score filled, and tells systemd and the web what really sounded.

Everything here waits for something: a worker's message, a second gone by, a signal. What can be decided without
waiting lies beside it, and in :mod:`reverie.compose.ensemble` and :mod:`reverie.watch`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from reverie.compose import messages as composing
from reverie.compose.ensemble import Ensemble
from reverie.conductor.bank_assignment import Banking
from reverie.conductor.bank_renders import Timbres
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.config import ConductorConfig
from reverie.conductor.lives import Lives
from reverie.conductor.maintenance import Housekeeping
from reverie.conductor.pages import serve_pages
from reverie.conductor.programme import ProgrammeEntry, local_time
from reverie.conductor.reminder import Reminder
from reverie.conductor.repeats import RepeatedLoops
from reverie.conductor.repertoire import Repertoire
from reverie.conductor.report import Report
from reverie.conductor.sd_notify import Notifier, watchdog_interval
from reverie.conductor.site_watch import SiteWatch
from reverie.conductor.slot_news import SlotNews
from reverie.conductor.stopping import until
from reverie.control.console import ControlConsole
from reverie.file_changes import FileWatch
from reverie.history.state import StateStore
from reverie.logs import ONCE
from reverie.play.messages import (
    BankTaken,
    BarPlayed,
    FromPlayer,
    Panic,
    Place,
    PlayerReady,
    Rest,
    SetOverrides,
    SlotState,
    SyncState,
)
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import Backoff, Supervisor, own_process
from reverie.processes.wire import Message, WireError
from reverie.processes.worker_life import Death, Role
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.watch.evidence import Evidence, Verdict
from reverie.watch.faults import Faults
from reverie.watch.metrics import Metrics
from reverie.watch.summary import Summary
from reverie.web.local_socket import LocalServer

log = logging.getLogger(__name__)

PLAYER = Role("player", "reverie.play.worker", patience=5.0, startup=20.0)
COMPOSER = Role("composer", "reverie.compose.worker", patience=10.0, startup=120.0, grace=1.0)
LOOK_AT_LIVES = 60.0
TICK = 1.0
"""Seconds between looks at what has no message of its own: silence."""


class Conductor:
    """Plays scenes until it is told to stop. Listens to the workers and answers the web server's questions."""

    def __init__(
        self,
        setting: ConductorConfig,
        scenes: SceneFolder,
        store: StateStore,
        housekeeping: Housekeeping,
        notifier: Notifier,
        faults: Faults,
    ) -> None:
        self._setting = setting
        self._repertoire = Repertoire(scenes, store, setting.means, faults)
        self._store = store
        self._housekeeping = housekeeping
        self._notifier = notifier
        self._faults = faults
        self._evidence = Evidence()
        self._metrics = Metrics(setting.version, setting.engine)
        self._desk = ControlConsole(
            self, setting.controls, setting.state / "uses.jsonl", self._metrics.used, faults=self._faults
        )
        # While no player lives, notes hang and nothing sounds: it is never waited for as long as a composer.
        fade = max((slot.get("fade", 0.0) for slot in setting.slots.values()), default=0.0)
        self._player = Supervisor(replace(PLAYER, grace=PLAYER.grace + fade), self, Backoff(first=1.0, longest=5.0))
        self._composer = Supervisor(COMPOSER, self)
        self._asking = ComposerLink(store, self._evidence, self._metrics, faults, self._send_to_composer)
        self._banking = Banking(
            setting.slots,
            self._player.send,
            self._metrics,
            setting.samplers,
            lambda voice: self._timbres.refused(voice),  # noqa: PLW0108 - they are made after this
        )
        self._timbres = Timbres(setting.timbres, store, self._banking)
        self._scene: Scene | None = None
        self._performance: Ensemble | None = None
        self._epoch = 0
        self._due: ProgrammeEntry | None = None
        self._resting = False
        self._stop = asyncio.Event()
        self._begun = time.monotonic()
        self._announced = False
        self._slot_news = SlotNews(self._evidence, self._metrics, faults, setting.tape)
        self._repeats = RepeatedLoops(self._faults)
        self._reminder = Reminder(setting.programme, housekeeping, faults, self._follow_programme)
        self._lives = Lives(setting.state, faults)
        self._metrics.lives_are(self._lives.starts, self._lives.crashes)
        self._site_watch = SiteWatch(
            setting.configuration,
            setting.site,
            {"state": setting.state, "tape": setting.tape},
            faults,
            setting.instead,
        )
        self._report = Report(
            setting=setting,
            evidence=self._evidence,
            faults=faults,
            gauges=self._metrics,
            repertoire=self._repertoire,
            timbres=self._timbres,
            banking=self._banking,
            desk=self._desk,
            lives=self._lives,
            site=self._site_watch,
            begun=self._begun,
            rest=self._rest_sentence,
            scene=lambda: self._scene,
            processes=lambda: (own_process(), self._player.info, self._composer.info, *self._timbres.processes),
        )

    async def run(self, scene: str | None, seconds: float | None = None) -> None:
        """Play ``scene``, or what the hour asks for, until :meth:`stop` or for ``seconds``.

        Raises:
            RuntimeError: if something ended that never ends by itself; every note is ended all the same.
        """
        self._play_first(scene)
        self._repertoire.look_into_folders()
        workers = [asyncio.create_task(self._player.run()), asyncio.create_task(self._composer.run())]
        around = [
            asyncio.create_task(serve_pages(self, self._setting.address, self._setting.port, self._faults)),
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._housekeeping.run()),
            asyncio.create_task(self._desk.attend()),
            asyncio.create_task(self._timbres.run()),
            asyncio.create_task(LocalServer(self, self._setting.state).run()),
        ]
        loop = asyncio.get_running_loop()
        files = FileWatch(self._scene_files, lambda paths: loop.call_soon_threadsafe(self.files_changed, paths))
        files.start()
        self._reminder.remind()
        self._site_watch.start()
        around.append(asyncio.create_task(self._count_lives()))
        try:
            await until(self._stop, seconds, (*workers, *around))
        finally:
            log.info("Ending every note.")
            files.stop()
            self._notifier.stopping("Ending every note.")
            for task in around:
                task.cancel()
            await asyncio.gather(*around, return_exceptions=True)
            await asyncio.gather(self._composer.stop(), self._timbres.stop())
            await self._player.stop()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._housekeeping.finish()
            await asyncio.to_thread(self._lives.end)

    async def _count_lives(self) -> None:
        """Keep that this life has begun, and tell of a crash loop until it has lasted."""
        await asyncio.to_thread(self._lives.begin)
        while True:
            await asyncio.sleep(LOOK_AT_LIVES)
            self._lives.look()

    def stop(self) -> None:
        """End every note and leave."""
        self._stop.set()

    def _play_first(self, named: str | None) -> None:
        """Play what is wanted, or if that is at fault anything that is not: never silent by accident."""
        due = self._setting.programme.due(local_time())
        wanted = (named, due and due.scene, self._setting.scene)
        for scene in self._repertoire.first(*(name for name in wanted if name)):
            self._perform(scene)
            break
        # What was named plays until something else is due; what is due and could not be read is tried again.
        if due is None or named or due.scene is None or (self._scene and self._scene.name == due.scene):
            self._due = due
            self.rest(on=due is not None and due.scene is None and not named)

    def play_scene(self, name: str) -> bool:
        """Play the scene of that name from the next bar line on; one that cannot be read changes nothing."""
        scene = self._repertoire.load(name)
        if scene is None:
            return False
        if self._scene is None or self._performance is None or scene.name != self._scene.name:
            self._perform(scene)
        elif scene.hash != self._scene.hash:
            log.info("The file of %s has changed; what changed is heard from the next bar line on.", scene.name)
            self._put_up(scene, self._repertoire.change(self._performance, scene, self._epoch + 1))
        return True

    def _perform(self, scene: Scene) -> None:
        """Begin a scene with its first bar."""
        self._repeats.begin()
        log.info("Playing %s (%s).", scene.name, scene.title)
        self._desk.scene_begun()
        self._put_up(scene, self._repertoire.perform(scene, self._epoch + 1))
        self._forget_gone_scenes()

    def _put_up(self, scene: Scene, performance: Ensemble) -> None:
        """Have the player go over to a performance with its next bar line."""
        self._scene, self._performance = scene, performance
        self._epoch += 1
        opening = performance.opening()
        self._set_scene(performance)
        self._send_places(opening)
        self._banking.scene_begun(self._epoch)
        self._timbres.scene_begun(scene)
        self._asking.tell_stalls(performance)
        self._repeats.only(performance.stalls)
        self.fill()

    def _scene_files(self) -> list[Path]:
        """The files that are looked at while the music plays: of the scene that plays, and of those that are broken."""
        return self._repertoire.watched(self._scene.name if self._scene else None)

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Scenes were changed on disk: what plays is taken over if it is right, and the others' faults are told."""
        for name in sorted({path.stem for path in paths}):
            if self._stop.is_set():
                return
            if self._scene is not None and name == self._scene.name:
                self.play_scene(name)
            else:
                self._repertoire.load(name)
        self._forget_gone_scenes()

    def _forget_gone_scenes(self) -> None:
        playing = {self._scene.name} if self._scene else set[str]()
        self._repertoire.forget_gone({*playing, self._setting.scene, *self._setting.programme.scenes})

    def reload(self) -> Verdict:
        """Read the present scene's file again, and go over to it if it has changed and is right; what came of it."""
        if self._scene is None or self._stop.is_set():
            return Verdict(ok=False, sentence="Nothing was read again: no scene plays, or the daemon is stopping.")
        self._notifier.reloading(f"Reading {self._scene.name} again.")
        self._reminder.look()
        name, before = self._scene.name, self._scene.hash
        self.play_scene(name)
        self._notifier.ready(self.summary().text)
        if name in self._repertoire.broken:
            sentence = f"The scene {name} is at fault, see `reverie status`; its last good version plays on."
            return Verdict(ok=False, sentence=sentence)
        if self._scene.hash != before:
            return Verdict(ok=True, sentence=f"The scene {name} has changed; it is heard from the next bar line on.")
        return Verdict(ok=True, sentence=f"The scene {name} was read again; it plays already as its file says.")

    def rest(self, *, on: bool) -> None:
        """Be silent on purpose from the next bar line on, or play again."""
        if on != self._resting:
            log.info("Resting until the programme says otherwise." if on else "The rest is over.")
        self._resting = on
        self._player.send(to_message(Rest(on or self._desk.paused)))

    def pause(self, *, on: bool) -> None:
        """Hands want silence from the next bar line on, or music, where the programme does not rest."""
        self._player.send(to_message(Rest(on or self._resting)))

    @property
    def music(self) -> Ensemble | None:
        """What plays."""
        return self._performance

    def scenes(self) -> tuple[tuple[str, ...], str | None]:
        """The names of all scenes in order, and of the one that plays."""
        return self._repertoire.names(), self._scene.name if self._scene else None

    def steer(self, steer: SetOverrides) -> None:
        """Hands have set something."""
        self._player.send(to_message(steer))
        if self._performance:
            self._evidence.scene_set(self._desk.hands.steered(self._performance.scene()))

    def started(self, role: str) -> None:
        """A worker begins a life and knows nothing yet."""
        self._evidence.worker_changed(role, up=True)
        if role == PLAYER.name:
            self._evidence.slots_set(self._setting.slots, self._stand_ins())
            self._player.send(to_message(self._setting.setup))
            self._player.send(to_message(Rest(self._resting or self._desk.paused)))
            self._player.send(to_message(self._desk.hands.steer))
            if self._performance:
                self._set_scene(self._performance)
                self._send_places(self._performance.queued())
                self._timbres.player_began()
        else:
            self._composer.send(
                to_message(
                    composing.ComposerSetup(
                        self._setting.engine,
                        self._setting.state / "memories",
                        tuple(self._setting.means.bundles.values()),
                    )
                )
            )
            self.fill()

    def received(self, role: str, message: Message) -> None:
        """A worker says something.

        Raises:
            WireError: if it says nonsense.
        """
        said: FromPlayer | composing.FromComposer
        said = from_message(FromPlayer if role == PLAYER.name else composing.FromComposer, message)
        match said:
            case BarPlayed():
                self._bar_played(said)
            case SlotState():
                self._slot_news.changed(said)
            case SyncState():
                self._evidence.sync_changed(said)
                self._metrics.sync_changed(said)
                log.info("Tempo: %s; %s.", said.detail, "followed" if said.following else "the scene has its own")
            case BankTaken():
                self._banking.taken(said)
                if said.refused:
                    self._timbres.refused(said.part)
            case PlayerReady():
                log.info("The player is up%s.", "" if said.realtime else "; it has no real-time priority here")
            case composing.ModelLoaded():
                self._asking.loaded(said)
            case composing.Answer() | composing.Failed():
                self._answered(said)
            case _:
                raise WireError(f"the {role} may not send {said.type}")

    def died(self, role: str, death: Death, delay: float) -> None:
        """A worker is dead; the supervisor starts the next."""
        self._evidence.worker_changed(role, up=False)
        self._metrics.worker_died(role, death.reason)
        log.warning(
            "%s %s", death.sentence, f"It is started again in {delay:.0f} s." if delay else "It is started again."
        )
        if role == PLAYER.name:
            self._slot_news.player_died(self._setting.slots)
        else:
            self._send_places(self._asking.died(self._performance))

    def _bar_played(self, bar: BarPlayed) -> None:
        self._evidence.bar_played(bar, time.monotonic())
        self._metrics.bar_played(bar, time.time())
        self._repeats.bar_played(bar)
        if bar.late or bar.skipped or bar.dropped:
            self._timbres.late()
        if not self._announced:
            self._announced = True
            log.info("The first bar has gone out, %.1f s after the start.", time.monotonic() - self._begun)
            self._notifier.ready(self.summary().text)
        if self._performance and bar.epoch == self._performance.epoch:
            self._performance.played(bar.scene_bar)
            self.fill()

    def _answered(self, said: composing.Answer | composing.Failed) -> None:
        places = self._asking.answered(said, self._performance)
        if places is not None:
            self._send_places(places)
            self.fill()

    def _send_to_composer(self, message: Message) -> bool:
        return self._composer.send(message)

    def _set_scene(self, performance: Ensemble) -> None:
        self._evidence.scene_set(self._desk.hands.steered(performance.scene()))
        self._player.send(to_message(performance.scene()))

    def _send_places(self, places: list[Place]) -> None:
        for place in places:
            self._player.send(to_message(place))

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        if self._performance is None or self._composer.state == "stopped":
            return
        places, recipes = self._performance.fill()
        self._send_places(places)
        self._asking.ask(self._performance, recipes)

    async def _watch(self) -> None:
        """Look every second, and oftener if systemd is less patient; a look that fails must not be the last."""
        interval = min(TICK, watchdog_interval() or TICK)
        while True:
            await asyncio.sleep(interval)
            try:
                self._look()
            except Exception:
                log.exception("The conductor made a mistake while it watched.")

    def _look(self) -> None:
        """Feed the watchdog with evidence, find a composer that computes for ever, and see what the hour asks for."""
        alive = self.alive()
        if self._announced:
            self._notifier.status(self.summary().text)
        if alive.ok:
            self._notifier.watchdog()
        silence = self._asking.overdue(self._setting.patience, up=self._composer.state == "up")
        if silence is not None:
            self._composer.condemn(f"The composer owed an answer for {silence:.0f} s; it was killed.")
        self._desk.look()
        self._repertoire.look_into_folders()
        self._reminder.look()
        self._follow_programme()
        self._timbres.look(playing=alive.ok and not (self._resting or self._desk.paused))

    def _follow_programme(self) -> None:
        """Go over to what is due; where its scene cannot be read, what plays goes on and the next look tries again."""
        due = self._setting.programme.due(local_time())
        if due is None or due == self._due:
            return
        if due.scene is None or self.play_scene(due.scene):
            self._due = due
            self.rest(on=due.scene is None)

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        return self._report.alive()

    def summary(self) -> Summary:
        """The truth in one sentence for a person."""
        return self._report.summary()

    def _rest_sentence(self) -> str:
        """Why nothing sounds, and until when, by the clock of the room."""
        if self._resting:
            resumes = self._setting.programme.resumes(local_time())
            if resumes is None:
                return "Resting: the programme has nothing but rest"
            return f"Resting until {resumes:%H:%M}, as the programme says"
        until = self._desk.hands.paused_until
        if until is not None:
            end = local_time() + timedelta(seconds=until - time.monotonic())
            return f"Paused by hand until {end:%H:%M}"
        return "Resting, as intended"

    def _stand_ins(self) -> dict[str, str]:
        """The slots that sound while others are away."""
        return {name: str(slot["absent"]) for name, slot in self._setting.slots.items() if "absent" in slot}

    def ready(self) -> Verdict:
        """Whether every slot has its device."""
        return self._evidence.ready()

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        return self._report.metrics()

    def panic(self) -> None:
        """End every note now; the music goes on with the next bar."""
        log.warning("Panic: every note is ended.", extra=ONCE)
        self._player.send(to_message(Panic()))

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        return self._report.status()
