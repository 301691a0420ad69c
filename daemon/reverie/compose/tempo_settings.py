"""What a voice tells that plays by the clock: beside all else the tempo at which its loop begins.

That is the tempo which the scene has in the loop's first bar, as its moods and its form bend it there: what a file and
the installation agree on. Whoever else leads (MIDI clock, Link, a person) leads all voices alike: a loop that was
composed for a scene's 80 quarters a minute is played half as fast again at 120, as the drums beside it are. It
keeps its places between the beats, and its hundredths of a second are shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.compose.settings_plan import QPM, SettingsPlan
from reverie.music.time import Tempo


@dataclass(frozen=True, slots=True)
class TempoSettings:
    """The settings of a voice, and the tempo of its scene."""

    tempo: Tempo
    told: SettingsPlan | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """Those of a loop that starts in scene bar ``bar``."""
        return {**(self.told.at(bar) if self.told else {}), QPM: round(self.tempo.at(bar), 3)}
