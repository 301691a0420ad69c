"""What a conductor is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

from reverie.conductor.arranging.repertoire import SceneResources
from reverie.conductor.banks.bank_renders import RenderConfig
from reverie.conductor.care.lives import Lives
from reverie.conductor.hours.doors import Doubt, believed
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.machine_zone import MachineZone
from reverie.conductor.hours.programme import Programme
from reverie.conductor.scene.cues import CueConfig
from reverie.control.inputs import Controls
from reverie.history.box import Box
from reverie.history.standing import StandingMusic
from reverie.play.messages import Setup
from reverie.site.address import page_address
from reverie.site.sampler import SamplerSettings
from reverie.site.schema import Site
from reverie.site.visitor_rules import VisitorRules


@dataclass(frozen=True, slots=True)
class ConductorConfig:
    """All that a conductor is given, ready to use: nothing in here is a file that might be wrong."""

    version: str
    configuration: Path
    site: Site
    instead: str
    """What counts in place of the configuration, if that is at fault."""
    slots: Mapping[str, Mapping[str, Any]]
    state: Path
    tape: Path
    keep_days: int
    tape_quota: int | None
    address: str
    port: int
    engine: str
    patience: float
    resources: SceneResources
    programme: Programme
    scene: str
    timbres: RenderConfig
    sync: Mapping[str, Any] = field(default_factory=dict[str, Any])
    controls: Controls = field(default_factory=Controls)
    cues: CueConfig = field(default_factory=CueConfig)
    samplers: Mapping[str, SamplerSettings] = field(default_factory=dict[str, SamplerSettings])
    visitors: VisitorRules = field(default_factory=VisitorRules)
    box: Box = field(default_factory=Box.new)
    standing: StandingMusic | None = None
    """Where the life before stood, if it ended unasked."""
    lives: Lives | None = None
    """The count with this life in it, which has begun; None: the conductor begins it."""
    hours: HoursRules | None = None
    machine: tzinfo = field(default_factory=MachineZone)
    """The machine's zone."""
    doubt: Doubt = believed
    """Why a Unix time is not believed."""
    leaves_scenes: bool = True
    """Whether scenes are left alone with which it crashed, where the site wants that."""

    @property
    def scene_crashes(self) -> int | None:
        """Crashes within an hour by which a scene is marked; None: no scene is left alone."""
        return self.site.supervision.scene_crashes if self.leaves_scenes else None

    @property
    def folders(self) -> Mapping[str, Path]:
        """The folders to which is written while it plays, by what lies there."""
        return {"state": self.state, "tape": self.tape}

    @property
    def page(self) -> str:
        """The page's address, for a browser on this machine."""
        return page_address(self.address, self.port, "https" if self.site.page.certificate else "http")

    @property
    def setup(self) -> Setup:
        """What a new player is told."""
        return Setup(self.slots, ledger=str(self.state / "ledger"), tape=str(self.tape), sync=self.sync)
