"""How a voice is played: how much its dynamics and timing are those of a player, and not of a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Touch:
    """Shares of what a player does; 0 is mechanical, 1 as a player does it, more is exaggerated.

    ``humanize`` is the spread from stroke to stroke, ``accent`` the weight of metre and harmony, ``arc`` that of the
    phrase, and ``timing`` how far strokes are early or late. ``hand`` is which player: his habits follow from it.
    """

    humanize: float = 1.0
    accent: float = 1.0
    arc: float = 1.0
    timing: float = 1.0
    hand: int = 0

    @property
    def mechanical(self) -> bool:
        """Whether nothing of it is a player's."""
        return not (self.humanize or self.accent or self.arc or self.timing)
