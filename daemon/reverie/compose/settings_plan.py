"""What a voice tells its operators and engines, over the bars of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

QPM = "qpm"
"""The setting that has the tempo where a loop begins, in quarters a minute: for voices that play by the clock."""


class SettingsPlan(Protocol):
    """What a voice tells its operators, over the bars of a scene. Equal plans tell the same."""

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The settings of a loop that starts in scene bar ``bar``."""
        ...
