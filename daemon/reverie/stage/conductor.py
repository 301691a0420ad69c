"""The conductor: starts player and composer, keeps the score filled, and tells systemd and the web what really sounded.

Everything here waits for something: a worker's message, a second gone by, a signal. What can be decided without
waiting lies beside it, in :mod:`reverie.stage.performance`, :mod:`reverie.stage.requests` and :mod:`reverie.watch`.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from reverie.compose import messages as composing
from reverie.compose.engine import Bundle
from reverie.errors import ReverieError
from reverie.play.messages import (
    BarPlayed,
    Panic,
    Place,
    Ready,
    Rest,
    Setup,
    SlotState,
    from_message,
    to_message,
)
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.stage.arrange import arrange, unmet
from reverie.stage.housekeeping import Housekeeping
from reverie.stage.notify import Notifier
from reverie.stage.performance import Performance
from reverie.stage.programme import Programme
from reverie.stage.requests import Requests, composed_of
from reverie.stage.reserve import ShippedLoop, reserves
from reverie.stage.state import GoodLoop, StateStore
from reverie.stage.supervisor import Backoff, Supervisor, own_process
from reverie.stage.worker_life import Death, Role
from reverie.watch.evidence import Evidence, Verdict
from reverie.watch.metrics import Metrics
from reverie.wire import Message, WireError

log = logging.getLogger(__name__)

PLAYER = Role("player", "reverie.play.worker", patience=5.0, startup=20.0)
COMPOSER = Role("composer", "reverie.compose.worker", patience=10.0, startup=60.0, grace=1.0)
TICK = 1.0
"""Seconds between looks at what has no message of its own: silence."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a conductor is given, ready to use: nothing in here is a file that might be wrong."""

    version: str
    slots: Mapping[str, Mapping[str, Any]]
    state: Path
    tape: Path
    keep_days: int
    address: str
    port: int
    engine: str
    patience: float
    bundles: Mapping[str, Bundle]
    shipped: tuple[ShippedLoop, ...]
    programme: Programme
    scene: str
    faults: tuple[str, ...] = ()


class Conductor:
    """Plays scenes until it is told to stop. Listens to the workers and answers the web server's questions."""

    def __init__(self, setting: Setting, scenes: SceneFolder, store: StateStore, notifier: Notifier) -> None:
        self._setting = setting
        self._scenes = scenes
        self._store = store
        self._housekeeping = Housekeeping(store, setting.tape, setting.keep_days)
        self._notifier = notifier
        self._evidence = Evidence()
        self._metrics = Metrics(setting.version, setting.engine)
        self._requests = Requests()
        # While no player lives, notes hang and nothing sounds: it is never waited for as long as a composer.
        self._player = Supervisor(PLAYER, self, Backoff(first=1.0, longest=5.0))
        self._composer = Supervisor(COMPOSER, self)
        self._scene: Scene | None = None
        self._performance: Performance | None = None
        self._epoch = 0
        self._due: str | None = None
        self._stop = asyncio.Event()
        self._begun = time.monotonic()
        self._announced = False
        self._faults = setting.faults
        self._models: dict[str, str] = {}

    async def run(self, scene: str | None, seconds: float | None = None) -> None:
        """Play ``scene``, or what the hour asks for, until :meth:`stop` or for ``seconds``."""
        self._due = self._setting.programme.due(datetime.now())  # noqa: DTZ005 - the room's own clock is meant
        self._metrics.configuration(ok=not self._faults)
        self._play_first(scene or self._due or self._setting.scene)
        self._housekeeping.start()
        loops = [asyncio.create_task(self._player.run()), asyncio.create_task(self._composer.run())]
        around = [asyncio.create_task(self._serve()), asyncio.create_task(self._watch())]
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            log.info("The time that was asked for is over.")
        finally:
            self._notifier.stopping("Ending every note.")
            for task in around:
                task.cancel()
            await asyncio.gather(*around, return_exceptions=True)
            await asyncio.gather(self._composer.stop(), self._player.stop())
            await asyncio.gather(*loops)
            await self._housekeeping.finish()

    def stop(self) -> None:
        """End every note and leave."""
        self._stop.set()

    def _play_first(self, wanted: str) -> None:
        """Play the scene that is wanted, or if it is at fault any that is not: never silent by accident."""
        for name in dict.fromkeys((wanted, self._setting.scene, *self._scenes.names())):
            self.play_scene(name)
            if self._performance is not None:
                return

    def play_scene(self, name: str) -> None:
        """Play the scene of that name from the next bar line on; one that cannot be read changes nothing."""
        scene = self._load(name)
        if scene is None or (self._scene is not None and scene.hash == self._scene.hash):
            return
        self._scene = scene
        self._epoch += 1
        arrangement = arrange(scene, self._setting.bundles, take=self._store.begin(scene.name))
        kept = {voice: self._store.loops(scene.name, voice) for voice in scene.voices}
        self._performance = Performance(arrangement, self._epoch, reserves(arrangement, kept, self._setting.shipped))
        log.info("Playing %s (%s).", scene.name, scene.title)
        opening = self._performance.opening()
        self._set_scene(self._performance)
        self._send_places(opening)
        self._fill()

    def reload(self) -> None:
        """Read the present scene's file again, and go over to it if it has changed and is right."""
        if self._scene is None:
            return
        self._notifier.reloading(f"Reading {self._scene.name} again.")
        self.play_scene(self._scene.name)
        self._notifier.ready(self.alive().sentence)

    # What the workers say -------------------------------------------------------------------------------------------

    def started(self, role: str) -> None:
        """A worker begins a life and knows nothing yet."""
        self._evidence.worker_changed(role, up=True)
        if role == PLAYER.name:
            self._evidence.slots_set(self._setting.slots)
            self._player.send(
                to_message(
                    Setup(
                        slots=self._setting.slots,
                        ledger=str(self._setting.state / "ledger"),
                        tape=str(self._setting.tape),
                    )
                )
            )
            if self._performance:
                self._set_scene(self._performance)
                self._send_places(self._performance.queued())
        else:
            self._composer.send(composing.setup(self._setting.engine, self._setting.bundles.values()))
            self._fill()

    def received(self, role: str, message: Message) -> None:
        """A worker says something.

        Raises:
            WireError: if it says nonsense.
        """
        try:
            if role == PLAYER.name:
                self._hear_player(message)
            else:
                self._hear_composer(message)
        except (ValueError, KeyError, TypeError) as error:
            raise WireError(f"a message of type {message['type']} cannot be read ({error})") from error

    def died(self, role: str, death: Death, delay: float) -> None:
        """A worker is dead; the supervisor starts the next."""
        self._evidence.worker_changed(role, up=False)
        self._metrics.worker_died(role, death.reason)
        log.warning(
            "%s %s", death.sentence, f"It is started again in {delay:.0f} s." if delay else "It is started again."
        )
        if role == COMPOSER.name:
            self._requests.lost()
            if self._performance:
                self._performance.composer_lost()

    def _hear_player(self, message: Message) -> None:
        match from_message(message):
            case BarPlayed() as bar:
                self._bar_played(bar)
            case SlotState() as slot:
                self._slot_changed(slot)
            case Ready(realtime=realtime):
                log.info("The player is up%s.", "" if realtime else "; it has no real-time priority here")
            case other:
                raise WireError(f"the player may not send {other.type}")

    def _bar_played(self, bar: BarPlayed) -> None:
        self._evidence.bar_played(bar, time.monotonic())
        self._metrics.bar_played(bar, time.time())
        if not self._announced:
            self._announced = True
            log.info("The first bar went out %.1f s after the start.", time.monotonic() - self._begun)
            self._notifier.ready(self.alive().sentence)
        if self._performance and bar.epoch == self._performance.epoch:
            self._performance.played(bar.scene_bar)
            self._fill()

    def _slot_changed(self, slot: SlotState) -> None:
        self._evidence.slot_changed(slot)
        self._metrics.slot_changed(slot)
        (log.info if slot.up else log.warning)("Slot %s: %s", slot.name, slot.detail)
        if not slot.up and not self._evidence.any_slot_up:
            log.warning("Nothing can be heard for now; the music goes on to its tape in %s.", self._setting.tape)

    def _hear_composer(self, message: Message) -> None:
        now = time.monotonic()
        if message["type"] == "loaded":
            self._requests.heard(now)
            self._model_loaded(message["model"], message["seconds"], message["error"])
            return
        if message["type"] not in {"composed", "failed"}:
            raise WireError(f"the composer may not send {message['type']}")
        asked = self._requests.answered(message, now)
        if asked is None:
            return
        epoch, recipe = asked
        if message["type"] == "failed":
            self._metrics.loop_refused(recipe.voice, "failed")
            self._complain_once(recipe.model, message["error"])
            if self._performance and epoch == self._performance.epoch:
                self._send_places(self._performance.failed(recipe.voice))
        else:
            answer = composed_of(message)
            for reason, count in answer.refused.items():
                for _ in range(count):
                    self._metrics.loop_refused(recipe.voice, reason)
            if answer.loop:
                self._evidence.loop_composed(now)
                self._metrics.loop_composed(recipe.voice, recipe.operator, message["seconds"])
                self._store.remember(GoodLoop(answer.recipe, answer.loop))
            if self._performance and epoch == self._performance.epoch:
                self._send_places(self._performance.composed(answer))
        self._fill()

    def _model_loaded(self, model: str, seconds: float, error: str | None) -> None:
        if error:
            self._complain_once(model, error)
        else:
            self._models.pop(model, None)
            log.info("Model %s is ready (%.1f s).", model, seconds)

    def _complain_once(self, model: str, sentence: str) -> None:
        if self._models.get(model) != sentence:
            if sentence not in self._models.values():
                log.warning("%s. Loops that are there already play instead.", sentence.rstrip("."))
            self._models[model] = sentence

    # What the workers are told --------------------------------------------------------------------------------------

    def _set_scene(self, performance: Performance) -> None:
        message = performance.scene()
        self._evidence.scene_set(message)
        self._player.send(to_message(message))

    def _send_places(self, places: list[Place]) -> None:
        for place in places:
            self._player.send(to_message(place))

    def _fill(self) -> None:
        if self._performance is None or self._composer.state == "stopped":
            return
        places, recipes = self._performance.fill()
        self._send_places(places)
        for recipe in recipes:
            question = self._requests.ask(self._performance.epoch, recipe, time.monotonic())
            if not self._composer.send(question):
                self._requests.lost()
                self._performance.composer_lost()
                break

    # What has no message of its own ---------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Feed the watchdog with evidence, and find a composer that computes for ever."""
        while True:
            await asyncio.sleep(TICK)
            alive = self.alive()
            if self._announced:
                self._notifier.status(alive.sentence)
            if alive.ok:
                self._notifier.watchdog()
            silence = self._requests.silent_for(time.monotonic())
            if silence > self._setting.patience:
                self._requests.lost()
                self._composer.condemn(f"The composer owed an answer for {silence:.0f} s; it was killed.")
            self._follow_programme()

    def _follow_programme(self) -> None:
        due = self._setting.programme.due(datetime.now())  # noqa: DTZ005 - the room's own clock is meant
        if due is not None and due != self._due:
            self._due = due
            self.play_scene(due)

    async def _serve(self) -> None:
        # The web server takes as long to import as all else together: the first note goes before it.
        await asyncio.to_thread(importlib.import_module, "reverie.watch.web")
        from reverie.watch.web import application, serve

        app = application(self, self._setting.address)
        await serve(app, self._setting.address, self._setting.port, log.warning)

    # What the web asks ----------------------------------------------------------------------------------------------

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        return self._evidence.alive(time.monotonic())

    def ready(self) -> Verdict:
        """Whether every slot has its device."""
        return self._evidence.ready()

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        return self._metrics.render()

    def panic(self) -> None:
        """End every note now; the music goes on with the next bar."""
        log.warning("Panic: every note is ended.")
        self._player.send(to_message(Panic()))

    def rest(self, *, on: bool) -> None:
        """Be silent on purpose from the next bar line on, or play again."""
        self._player.send(to_message(Rest(on)))

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        alive, ready = self.alive(), self.ready()
        now = time.monotonic()
        bar = self._evidence.bar
        return {
            "version": self._setting.version,
            "scene": self._scene and {"name": self._scene.name, "title": self._scene.title},
            "bar": bar and bar.scene_bar + 1,
            "alive": {"ok": alive.ok, "sentence": alive.sentence},
            "ready": {"ok": ready.ok, "sentence": ready.sentence},
            "concerns": [*self._evidence.concerns(now), *sorted(set(self._models.values())), *self._faults],
            "slots": [asdict(slot) for slot in self._evidence.slots],
            "processes": [asdict(info) for info in (own_process(), self._player.info, self._composer.info)],
            "uptime_seconds": round(now - self._begun, 1),
        }

    def _load(self, name: str) -> Scene | None:
        """The scene as it is, or as it last was when it was good; what is at fault is told and counted."""
        scene, fault = None, None
        try:
            loaded = self._scenes.load(name)
            scene, fault = loaded.scene, loaded.fault
        except ReverieError as error:
            fault = error
        faults = str(fault).splitlines() if fault else []
        if scene is not None:
            faults += unmet(scene, self._setting.bundles, self._setting.slots)
        self._faults = (*self._setting.faults, *faults)
        self._metrics.configuration(ok=not self._faults)
        for sentence in faults:
            log.error("%s", sentence)
        return scene
