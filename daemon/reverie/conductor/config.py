"""What a conductor is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reverie.conductor.bank_renders import RenderConfig
from reverie.conductor.cues import CueConfig
from reverie.conductor.programme import Programme
from reverie.conductor.repertoire import SceneResources
from reverie.control.inputs import Controls
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

    @property
    def page(self) -> str:
        """The page's address, for a browser on this machine."""
        return page_address(self.address, self.port, "https" if self.site.page.certificate else "http")

    @property
    def setup(self) -> Setup:
        """What a new player is told."""
        return Setup(self.slots, ledger=str(self.state / "ledger"), tape=str(self.tape), sync=self.sync)
