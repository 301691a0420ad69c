"""A loop in its bars: what a line hands back, and the player is sent."""

from __future__ import annotations

from dataclasses import dataclass

from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop


@dataclass(frozen=True, slots=True)
class Placement:
    """A loop, played ``times`` times from bar ``start_bar`` of the scene; ``recipe`` is the id of what made it.

    ``made_by`` is the recipe itself; None for a loop that was there already. A loop that is held over other chords is
    placed turn by turn (:mod:`reverie.compose.turns`): the first ``leads``, and ``turn_of`` is the recipe's id and the
    loop of which one is a turn, where it had to be fitted. ``until`` is the bar in which the voice begins anew, if that
    is before all of it is over: what begins there cuts it. With ``anew`` it takes the place of all that was queued for
    later.
    """

    recipe: str
    loop: Loop
    start_bar: int
    times: int
    made_by: Recipe | None = None
    leads: bool = True
    turn_of: tuple[str, Loop] | None = None
    until: int | None = None
    anew: bool = False

    @property
    def original(self) -> tuple[str, Loop]:
        """The recipe's id and the loop, before it was fitted."""
        return self.turn_of or (self.recipe, self.loop)

    @property
    def end_bar(self) -> int:
        """The first bar that is no longer its."""
        end = self.start_bar + self.times * self.loop.bars
        return end if self.until is None else min(end, self.until)
