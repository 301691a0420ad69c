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

from reverie.attending import lasting
from reverie.bus import Bus
from reverie.clock import LocalClock, SystemClock
from reverie.compose.ensemble import Ensemble
from reverie.compose.messages import ComposerSetup
from reverie.compose.played_loop import PlayedLoop
from reverie.conductor.arranging.repertoire import Repertoire
from reverie.conductor.banks.bank_assignment import Banking
from reverie.conductor.banks.bank_renders import Timbres
from reverie.conductor.banks.points_of_form import points_of_form
from reverie.conductor.care.fault_news import FaultNews
from reverie.conductor.care.leader_news import LeaderNews
from reverie.conductor.care.lives import Lives
from reverie.conductor.care.looking import keep_looking
from reverie.conductor.care.repeats import RepeatedLoops
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.conductor.care.sd_notify import Notifier
from reverie.conductor.care.slot_news import SlotNews
from reverie.conductor.care.vigil import Vigil
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.configuration.site_takers import register_takers
from reverie.conductor.configuration.site_watch import SiteWatch
from reverie.conductor.far.report import Report
from reverie.conductor.hired_worker import HireWorker
from reverie.conductor.hours.day_side import DaySide
from reverie.conductor.in_any_case import in_any_case
from reverie.conductor.keeping.maintenance import Housekeeping, seldom
from reverie.conductor.page.page_side import PageSide
from reverie.conductor.player_link import PlayerLink
from reverie.conductor.scene.cues import Cues
from reverie.conductor.scene.dreams import Dreams
from reverie.conductor.scene.kept_loops import KeptLoops
from reverie.conductor.scene.scene_files import SceneFiles
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.conductor.scene.sounded_loops import SoundedLoops
from reverie.conductor.stopping import until
from reverie.control.console import ControlConsole
from reverie.control.timbre_hand import TimbreStand
from reverie.history.novelty_store import NoveltyStore
from reverie.history.state import StateStore
from reverie.logs import ONCE
from reverie.play.messages import SetOverrides
from reverie.processes.supervisor import Supervisor, own_process
from reverie.scenes.folder import SceneFolder
from reverie.timbre.spots import Point
from reverie.watch.evidence import Evidence
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
)
from reverie.watch.metrics import Metrics
from reverie.watch.summary import Summary
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

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
        self._marks = SceneMarks(config.state, faults, clock, config.scene_crashes)
        self._repertoire = Repertoire(scenes, store, config.resources, faults, clock, self._marks, config.standing)
        self._evidence = Evidence()
        self._metrics = Metrics(config.version, config.engine, clock)
        self._cues = Cues(config.cues, faults)
        self._dreams = Dreams(self.bus, clock, self._dreamt, self._cues)
        self._console = ControlConsole(
            self,
            self._dreams,
            config.controls,
            config.state / "uses.jsonl",
            store,
            lambda action, source, wanted: self._publish(ControlUsed(self._moment, action, source, wanted)),
            clock=clock,
            faults=faults,
        )
        self._player = PlayerLink(
            config.setup, self._console.overrides.for_player, hire, self.bus, clock, self._evidence.slot
        )
        self._novelty = NoveltyStore(config.state / "novelty.sqlite", faults, clock)
        housekeeping.keep_too(self._novelty.write, self._novelty.close)
        bundles = tuple(config.resources.bundles.values())
        spared = seldom(config.site.storage.flush)
        composer_setup = ComposerSetup(config.engine, config.state / "memories", bundles, self._novelty.path, spared)
        self._composer = ComposerLink(
            composer_setup, config.patience, hire, self.bus, clock, faults, self._player.place, self._novelty.moment
        )
        self._banking = Banking(config.slots, self._player.send, self.bus, clock, faults, config.samplers)
        self._timbres = Timbres(
            config.timbres, store, self.bus, faults, clock, hire, self._dreams.weights, self._points_of_form
        )
        self._stop = asyncio.Event()
        self._play = ScenePlay(
            self._repertoire,
            self._player,
            self._composer,
            self._console,
            self._dreams,
            self.bus,
            clock,
            lambda: self._silent,
            {config.scene, *config.programme.scenes},
        )
        self._files = SceneFiles(self._repertoire, lambda: self._play.scene, self._play.change)
        self.day = DaySide(
            self, self._play, self._player, self._composer, self._console, self._dreams, housekeeping, clock
        )
        self._course, self.presence = self.day.course, self.day.heard
        self._lives = config.lives or Lives(config.state, faults, clock)
        self._metrics.lives_are(self._lives.starts, self._lives.crashes)
        self.site_watch = SiteWatch(config.configuration, config.site, config.folders, faults, config.instead)
        self._kept = KeptLoops()
        self._sounded = SoundedLoops(self.bus)
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
            day=self.day,
            play=self._play,
            kept=self._kept,
            dreams=self._dreams.status,
            processes=lambda: (own_process(), self._player.info, self._composer.info, *self._timbres.processes),
        )
        self.page = PageSide(self, self.bus, self._report, self._player, self._composer, housekeeping)
        """What is shown of it, and what people do from there."""
        register_takers(self.site_watch.taking, self.day, self._console, self.page, housekeeping)
        self.vigil = Vigil(notifier, self._report, self._player, self._composer, self.bus, self._marks)
        self.vigil.freshen_in_rests(self.day.work, lambda: self._course.silence_ahead)
        self._fault_news = FaultNews(faults, self.bus, clock)
        # In this order each event is heard: first it is judged and counted, then told, then acted upon, then shown.
        for hearer in (
            self._evidence,
            self._metrics,
            self.page.vital_signs,
            self._kept,
            self._dreams,
            SlotNews(self._evidence, faults, config.tape, config.page),
            LeaderNews(faults),
            RepeatedLoops(faults),
            store,
            self._novelty,
            self.page.sounds,
            self.page.pictures,
            self._banking,
            self._timbres,
            self.vigil,
        ):
            hearer.subscribe_to(self.bus)
        self.bus.subscribe(BarSounded, self._bar_sounded)
        self.day.subscribe_to(self.bus)
        self.page.subscribe_to(self.bus)

    async def run(
        self, scene: str | None, seconds: float | None = None, around: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Play ``scene``, or what the hour asks for, until :meth:`stop` or for ``seconds``.

        ``around`` is awaited beside the music, and cancelled before it ends: pages, and eyes on files.

        Raises:
            RuntimeError: if something ended that never ends by itself; every note is ended all the same.
        """
        self.begin(scene)
        in_any_case(self._repertoire.look_into_folders)
        workers = [asyncio.create_task(self._player.worker.run()), asyncio.create_task(self._composer.worker.run())]
        services = (
            keep_looking(self.look, self._tick),
            self._housekeeping.run(),
            self._console.attend(),
            *lasting(
                {
                    "Nothing is done while it rests": self.day.work.run,
                    "No bank is rendered": self._timbres.run,
                    "Crashes are not counted": self._lives.attend,
                    **self.page.services,
                }
            ),
            *([around()] if around else []),
        )
        beside = [asyncio.ensure_future(service) for service in services]
        self.day.remind()
        try:
            await until(self._stop, seconds, (*workers, *beside))
            # Before files are put in order: who is killed meanwhile was asked to end all the same.
            workers.append(asyncio.create_task(asyncio.to_thread(self._lives.end)))
        finally:
            log.info("Ending every note.")
            self.vigil.readiness.stopping()
            self._cues.close()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await asyncio.gather(self._composer.worker.stop(), self._timbres.stop())
            await self._player.worker.stop()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._housekeeping.finish()
            self._fault_news.look()

    def stop(self) -> None:
        """End every note and leave."""
        self._stop.set()

    def begin(self, named: str | None) -> None:
        """Play what is wanted, or if that is at fault anything that is not: never silent by accident."""
        self._play.perform_first(named, self._course.scene, self.config.scene)
        self._course.begin(named, self.playing)

    def play_scene(self, name: str) -> bool:
        """Play the scene of that name, once what plays has ended; one that cannot be read changes nothing.

        Whoever asks for the scene that waits already wants it with the next bar line.
        """
        return self._play.play(name, hurried=True)

    def flush_every(self, seconds: float) -> None:
        """Have what must last written as seldom as that from now on, and what models remember by it."""
        self._housekeeping.flush_every(seconds)
        self._composer.flush_every(seldom(seconds))

    def trust(self, name: str) -> None:
        """Play a scene that is marked all the same."""
        self._marks.clear(name)

    def begins(self, name: str) -> str:
        """When a scene that was asked for begins, for people."""
        return self._play.begins(name)

    def watched_files(self) -> list[Path]:
        """The files that are looked at while the music plays: of the scene that plays, and of those at fault."""
        return self._files.watched

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Scenes were changed on disk: what plays is taken over if it is right, and the others' faults are told."""
        if not self._stop.is_set():
            self._files.changed(paths)
            self._play.forget_gone()

    def reload(self) -> Verdict:
        """Read the site's and the present scene's file again, and go over to what has changed and is right."""
        scene = self._play.scene
        if scene is None or self._stop.is_set():
            return Verdict(ok=False, sentence="Nothing was read again: no scene plays, or the daemon is stopping.")
        self.vigil.readiness.reloading(scene.name)
        self.day.look_at_clock()
        site, verdict = self.site_watch.look(), self._files.read_again(scene)
        self.vigil.readiness.reloaded()
        return Verdict(verdict.ok, f"{verdict.sentence} {site}".strip())

    @property
    def music(self) -> Ensemble | None:
        """What plays."""
        return self._play.ensemble

    @property
    def playing(self) -> str | None:
        """The name of the scene that plays."""
        return self._play.scene.name if self._play.scene else None

    @property
    def touched(self) -> bool:
        """Whether people have set anything, or are trying it: a new start would lose that."""
        return self._console.touched or self.page.artist.trial.runs

    def open_bar(self, needed: float = 0.0) -> int:
        """The first bar of the scene of which what plays can still be told, if that takes so many seconds."""
        return self._dreams.bar_after(needed)

    def scenes(self) -> tuple[tuple[str, ...], str | None]:
        """The names of all scenes in order, and of the one that plays."""
        return self._repertoire.names(), self.playing

    def candidate(self, voice: str, recipe: str) -> PlayedLoop | None:
        """A loop that was composed for a voice to choose from; None where there is none."""
        return self.page.artist.choices.find(voice, recipe)

    def go_to_section(self, name: str) -> str:
        """Control wants another section; when it begins, in words.

        Raises:
            ControlError: if the form has none of that name.
        """
        return self.page.artist.form.go(name)

    def stay_in_section(self, *, on: bool | None) -> str:
        """Control wants the form to stay, or to go on; how it stands, in words.

        Raises:
            ControlError: if the form has no sections.
        """
        return self.page.artist.form.stay(on=on)

    def pause(self, *, on: bool) -> None:
        """Control wants silence from the next bar line on, or music, where the programme does not rest."""
        self.be_silent()
        self._publish(PauseBegun(self._moment) if on else PauseEnded(self._moment))

    def override(self, overrides: SetOverrides) -> None:
        """Control has set something; in quiet hours the player is told less of it."""
        self._player.override(self.day.restraints.capped(overrides))
        self._publish(OverridesSet(self._moment, overrides))

    def timbres(self) -> Mapping[str, TimbreStand]:
        """The timbres that play, by the voices that play them."""
        return self._timbres.stands()

    def hold_timbres(self, points: Mapping[str, Point]) -> None:
        """Control holds these timbres at these points, and no others."""
        self._timbres.hold(points)

    def _points_of_form(self) -> Mapping[str, Point]:
        return points_of_form(self._play.scene, self.music)

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        self._composer.fill()

    def dream_of(self, written: bytes, source: str) -> Verdict:
        """Begin a dream that is written in JSON; what came of it."""
        return self._console.dream(written, source)

    def _dreamt(self) -> None:
        self._play.dreamt()

    def panic(self) -> None:
        """End every note now; the music goes on with the next bar."""
        log.warning("Panic: every note is ended.", extra=ONCE)
        self._player.panic()
        self._cues.silence()
        self._publish(PanicCalled(self._moment))

    def control(self, wanted: object, source: str) -> Verdict:
        """Somebody wants what plain data says; what came of it.

        Raises:
            ControlError: if it is no action.
        """
        return self._console.ask(wanted, source)

    def look(self) -> None:
        """Feed the watchdog with evidence, find a composer that computes for ever, and see what the hour asks for."""
        alive = self.vigil.look()
        self._composer.look()
        self._console.look()
        self.page.look()
        self._cues.look()
        self._repertoire.look_into_folders()
        self.day.look()
        self._timbres.look(playing=alive.ok and not self._silent)
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
        self._metrics.listeners_are(self.page.live.events.listeners)
        return self._report.metrics()

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        return {**self._report.status(), "heartbeat": self.vigil.status()}

    def be_silent(self) -> None:
        """Have the player rest where the programme or control wants silence, and play where neither does."""
        self._player.be_silent(on=self._silent)

    @property
    def _silent(self) -> bool:
        return self._course.resting or self._console.paused

    def _bar_sounded(self, said: BarSounded) -> None:
        music = self.music
        if music is None or said.bar.epoch != music.epoch:
            return
        self._sounded.bar_sounded(said, music)
        music.played(said.bar.scene_bar)
        self._kept.bar_played(music)
        self.page.bar_begins()
        in_any_case(self._console.bar_over)
        in_any_case(self._play.go_on)
        self.page.bar_sounded()

    @property
    def _moment(self) -> Moment:
        return Moment.of(self._clock)

    def _publish(self, happening: Happening) -> None:
        self.bus.publish(happening)
