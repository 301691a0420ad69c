"""The watch over the music: systemd is fed with bars, a stage that starves is cured, workers are kept young."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from reverie.bus import Bus
from reverie.conductor.care.readiness import Readiness
from reverie.conductor.care.recycling import Recyclable, Recycling
from reverie.conductor.care.scene_crashes import SceneCrashes
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.conductor.care.sd_notify import Notifier
from reverie.conductor.care.stage_cures import Cure, StageCures
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.far.report import Report
from reverie.conductor.hours.rest_work import LASTS, RestWork
from reverie.conductor.in_any_case import in_any_case
from reverie.conductor.player_link import PlayerLink
from reverie.watch.evidence import Evidence
from reverie.watch.stage_heartbeat import Stage, StageHeartbeat
from reverie.watch.verdict import Verdict

FRESHENS = 600.0
"""Seconds between two looks, in a rest, for workers that are not young."""
LOADS = 300.0
"""Seconds that a cure of the composer is given: it loads its models, and then composes for every voice."""


class Vigil:
    """Puts together what watches and cures; nothing of it decides what plays.

    Args:
        notifier: The way to systemd.
        report: What is known of the whole.
        player: Who plays.
        composer: Who composes.
        bus: Where is told what was done.
        marks: The scenes that are not played any more.
    """

    def __init__(
        self,
        notifier: Notifier,
        report: Report,
        player: PlayerLink,
        composer: ComposerLink,
        bus: Bus,
        marks: SceneMarks,
    ) -> None:
        self._clock = clock = report.clock
        evidence = report.evidence
        self.readiness = Readiness(notifier, clock, report.alive, report.summary)
        self.heartbeat = StageHeartbeat(evidence)
        self._cures = StageCures(self.heartbeat, _cures(player, composer, evidence), clock, bus, report.faults)
        workers = {
            "composer": Recyclable(composer.worker, lambda: not composer.owes),
            "player": Recyclable(player.worker, lambda: evidence.bar is not None and evidence.bar.resting),
        }
        settings = report.config.site.supervision
        self._recycling = Recycling(settings, workers, clock, bus)
        play_safe = partial(report.play.perform_first, settings.safe_scene, report.config.scene)
        self._crashes = SceneCrashes(marks, play_safe, after_crash=report.lives.died)

    def subscribe_to(self, bus: Bus) -> None:
        """Watch from now on; what judges must have subscribed before."""
        self.heartbeat.subscribe_to(bus)
        self._recycling.subscribe_to(bus)
        self._crashes.subscribe_to(bus)
        self.readiness.subscribe_to(bus)

    def status(self) -> Mapping[str, float]:
        """By stage, how many seconds ago it last beat; a stage that has not beaten yet is left out."""
        now = self._clock.now()
        return {stage: round(now - at, 1) for stage, at in self.heartbeat.beats.items()}

    def freshen_in_rests(self, work: RestWork, silence_ahead: Callable[[], float]) -> None:
        """Give workers another life in rests that last, that they are young when it plays."""

        async def freshen() -> bool:
            return silence_ahead() >= LASTS and self._recycling.freshen()

        work.in_rests("another life of workers", freshen, FRESHENS, waits=lambda: bool(self._recycling.not_young))

    def look(self) -> Verdict:
        """Feed the watchdog if all is well, and do what is due."""
        alive = self.readiness.look()
        for part in (self._cures.look, self._recycling.look):
            in_any_case(part)
        return alive


def _cures(player: PlayerLink, composer: ComposerLink, evidence: Evidence) -> Mapping[Stage, Sequence[Cure]]:
    """By stage what is done, the mildest first. The guard has none: its limits widen by themselves."""
    new_player = Cure("the player begins another life", _ending(player.worker.condemn, "player"))
    new_composer = Cure("the composer begins another life", _ending(composer.worker.condemn, "composer"), LOADS)
    return {
        "composer": (
            Cure("all loops are asked for once more", lambda _: composer.ask_anew(), LOADS),
            new_composer,
            new_composer,
        ),
        "score": (Cure("the player is told the scene once more", lambda _: player.tell_anew()), new_player),
        "player": (new_player, new_player),
        "port": (
            Cure("the slots are opened anew", lambda _: player.reopen(slot.name for slot in evidence.slots)),
            new_player,
        ),
    }


def _ending(condemn: Callable[[str], None], worker: str) -> Callable[[str], None]:
    return lambda sentence: condemn(f"{sentence} The {worker} was ended.")
