"""What a voice tells whose models hear seconds: beside all else the tempo at which its loop begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.compose.voice_plan import SettingsPlan
from reverie.music.time import Tempo

QPM = "qpm"
"""The setting that has the tempo where a loop begins, in quarters a minute."""


@dataclass(frozen=True, slots=True)
class TempoSettings:
    """The settings of a voice, and the tempo of its scene."""

    tempo: Tempo
    told: SettingsPlan | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """Those of a loop that starts in scene bar ``bar``."""
        return {**(self.told.at(bar) if self.told else {}), QPM: round(self.tempo.at(bar), 3)}
