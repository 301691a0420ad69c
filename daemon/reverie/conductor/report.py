"""What is told of the whole to those who ask: the truth in a sentence, all of it as plain data, and metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reverie.clock import Clock
from reverie.conductor.bank_assignment import Banking
from reverie.conductor.bank_renders import Timbres
from reverie.conductor.config import ConductorConfig
from reverie.conductor.lives import Lives
from reverie.conductor.pages import describe
from reverie.conductor.repertoire import Repertoire
from reverie.conductor.site_watch import SiteWatch
from reverie.control.console import ControlConsole
from reverie.processes.supervisor import ProcessInfo
from reverie.scenes.schema import Scene
from reverie.watch.evidence import Evidence, Verdict
from reverie.watch.fault_kinds import CONFIGURATION, CONFIGURATION_CHANGED
from reverie.watch.faults import Faults
from reverie.watch.metrics import Metrics
from reverie.watch.summary import Summary, summarize

UNLIKE = (CONFIGURATION, CONFIGURATION_CHANGED)
"""Faults by which what plays is not what the site on disk says."""


@dataclass(frozen=True, slots=True)
class Report:
    """Gathers what others know; nothing here decides anything.

    ``rest`` is a sentence on why nothing sounds, for when nothing shall; ``scene`` is what plays.
    """

    setting: ConductorConfig
    evidence: Evidence
    faults: Faults
    gauges: Metrics
    repertoire: Repertoire
    timbres: Timbres
    banking: Banking
    desk: ControlConsole
    lives: Lives
    site: SiteWatch
    clock: Clock
    begun: float
    rest: Callable[[], str]
    scene: Callable[[], Scene | None]
    processes: Callable[[], Iterable[ProcessInfo]]

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        return self.evidence.alive(self.clock.now())

    def summary(self) -> Summary:
        """The truth in one sentence for a person."""
        return summarize(self.alive(), self.evidence, self.rest(), self._concerns())

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        told = self.faults.active
        self.gauges.faults_are(told)
        faulty = self._faulty_files() or self.repertoire.broken or self.faults.of(*UNLIKE)
        self.gauges.configuration(ok=not faulty)
        self.gauges.heard(audible=self.evidence.audible)
        self.gauges.room_is(dict(self.site.free))
        return self.gauges.render()

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        now = self.clock.now()
        told, scene = self.faults.active, self.scene()
        faults = (*self._untold(), *(fault.text for fault in told))
        overrides = self.desk.status()
        return {
            "version": self.setting.version,
            "configuration": str(self.setting.configuration),
            "state": str(self.setting.state.absolute()),
            "scene": scene and {"name": scene.name, "title": scene.title},
            **describe(self.evidence, now, self.summary(), faults, self.processes()),
            "faults": [asdict(fault) for fault in told],
            "fault_register": {
                "now": [asdict(fault) for fault in told],
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
        """What else is wrong: the oldest fault first, then what is only doubtful."""
        told = (fault.text for fault in self.faults.active)
        return (*told, *self.evidence.concerns(self.clock.now()), *self._untold())

    def _untold(self) -> tuple[str, ...]:
        """What is wrong and stands in no register."""
        return (*self.timbres.faults, *self.banking.faults, *self._faulty_files())

    def _faulty_files(self) -> tuple[str, ...]:
        return (*self.setting.faults, *self.repertoire.faults)
