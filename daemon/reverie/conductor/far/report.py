"""What is told of the whole to those who ask: the truth in a sentence, all of it as plain data, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reverie.clock import LocalClock
from reverie.conductor.banks.bank_renders import Timbres
from reverie.conductor.care.lives import Lives
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.configuration.site_watch import SiteWatch
from reverie.conductor.hours.day_course import DayCourse
from reverie.conductor.hours.day_side import DaySide
from reverie.conductor.page.pages import describe
from reverie.conductor.scene.chord_marks import describe_harmony
from reverie.conductor.scene.form_status import describe_form
from reverie.conductor.scene.kept_loops import KeptLoops
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.control.console import ControlConsole
from reverie.processes.supervisor import ProcessInfo
from reverie.scenes.schema import Scene
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import (
    CONFIGURATION,
    CONFIGURATION_CHANGED,
    MODEL_UNUSABLE,
    NOTHING_HEARD,
    PAGE_AWAY,
    SCENE_BROKEN,
    SCENE_UNMET,
    SLOT_MISSING,
)
from reverie.watch.faults import Fault, Faults
from reverie.watch.metrics import Metrics
from reverie.watch.summary import Summary, summarize
from reverie.watch.verdict import Verdict

UNLIKE = (CONFIGURATION, CONFIGURATION_CHANGED, MODEL_UNUSABLE, SCENE_BROKEN, SCENE_UNMET)
"""Faults by which what plays is not what the files on disk say."""
OF_SLOTS = {NOTHING_HEARD.id, SLOT_MISSING.id}
"""Faults that page and status tell of in words of their own, by readiness, slots and the first sentence."""


@dataclass(frozen=True, slots=True)
class Report:
    """Gathers what others know; nothing here decides anything.

    ``day`` knows why nothing sounds when nothing shall, ``play`` what plays, ``dreams`` its moods, and ``kept`` what
    each voice got last.
    """

    config: ConductorConfig
    evidence: Evidence
    faults: Faults
    gauges: Metrics
    timbres: Timbres
    console: ControlConsole
    lives: Lives
    site: SiteWatch
    clock: LocalClock
    begun: float
    day: DaySide
    play: ScenePlay
    kept: KeptLoops
    dreams: Callable[[], Mapping[str, Any]]
    processes: Callable[[], Iterable[ProcessInfo]]

    @property
    def course(self) -> DayCourse:
        """What the day asks for."""
        return self.day.course

    def scene(self) -> Scene | None:
        """What plays."""
        return self.play.scene

    def harmony(self) -> Mapping[str, Any] | None:
        """Which chord it has reached."""
        return describe_harmony(music) if (music := self.play.ensemble) else None

    def form(self) -> Mapping[str, Any] | None:
        """Which section it has reached."""
        return describe_form(music) if (music := self.play.ensemble) else None

    def passage(self) -> Mapping[str, Any] | None:
        """Which scene waits for its end."""
        return self.play.passages.status(self.play.ensemble)

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        return self.evidence.alive(self.clock.now())

    def summary(self) -> Summary:
        """The truth in one sentence for a person."""
        passage = self.passage()
        passing = str(passage["sentence"]) if passage else ""
        rest = self.course.sentence(self.console.overrides.paused_until)
        page = "" if self.faults.of(PAGE_AWAY) else self.config.page
        return summarize(self.alive(), self.evidence, rest, self._concerns(), passing, page)

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        told = self.faults.active
        self.gauges.faults_are(told)
        self.gauges.configuration(ok=not self.faults.of(*UNLIKE))
        self.gauges.heard(audible=self.evidence.audible)
        self.gauges.telling.verdicts_are(alive=self.alive().ok, ready=self.evidence.ready().ok)
        self.gauges.room_is(dict(self.site.free))
        state, form = self.day.doors.state, self.form()
        self.gauges.hours.set(is_open=state.is_open, until=state.until and state.until.timestamp())
        self.gauges.section_is(form["section"] if form else None)
        return self.gauges.render()

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        now = self.clock.now()
        scene, music, told = self.scene(), self.play.ensemble, self._told()
        overrides = self.console.status()
        return {
            "version": self.config.version,
            "configuration": str(self.config.configuration),
            "state": str(self.config.state.absolute()),
            "box": self.config.box.as_json(),
            "scene": scene and {"name": scene.name, "title": scene.title},
            "harmony": self.harmony(),
            "form": self.form(),
            "dreams": self.dreams(),
            "passage": self.passage(),
            **self.day.status(),
            "loops": self.kept.status(music) if music else {},
            **describe(self.evidence, now, self.summary(), (fault.text for fault in told), self.processes()),
            "faults": [asdict(fault) for fault in told],
            "fault_register": {
                "now": [asdict(fault) for fault in self.faults.active],
                "cleared": [asdict(fault) for fault in self.faults.cleared],
            },
            "overrides": overrides,
            "hands": overrides,  # the key's name in version 0.1.0
            "timbres": self.timbres.status(),
            "lives": {
                "starts": self.lives.starts,
                "crashes": self.lives.crashes,
                "last_end": self.lives.last_end,
            },
            "uptime_seconds": round(now - self.begun, 1),
        }

    def _concerns(self) -> tuple[str, ...]:
        """What else is wrong: the worst fault first, then what is only doubtful."""
        return (*(fault.text for fault in self._told()), *self.evidence.concerns(self.clock.now()))

    def _told(self) -> tuple[Fault, ...]:
        """The faults that are told nowhere else."""
        return tuple(fault for fault in self.faults.active if fault.id not in OF_SLOTS)
