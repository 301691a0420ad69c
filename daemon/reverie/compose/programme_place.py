"""Where a voice is in the programme of its evolution: which step comes next, as conditions, turn or chance have it."""

from __future__ import annotations

from dataclasses import dataclass, field

from reverie.compose.recipe import LoopLimits
from reverie.compose.seeds import derive_seed
from reverie.music.notes import Loop
from reverie.scenes.evolve_steps import EvolveProgramme, EvolveStep
from reverie.scenes.operators import OPERATOR_TRAITS

HOLDING = frozenset({"last", "before"})
"""The sources of operators that make no new loop."""
_LOW, _HIGH = 1 / 3, 2 / 3
"""Where a density is low or high, on the way from the least to the most that a voice may have."""


@dataclass(frozen=True, slots=True)
class ProgrammeMoment:
    """What a choice depends on: the scene's bar, the loop that plays, what the voice allows, whether one can return.

    ``chance`` is what a step is drawn from. Without ``can_hold``, a step makes a new loop.
    """

    bar: int
    loop: Loop
    limits: LoopLimits
    can_return: bool
    chance: tuple[str | int, ...]
    can_hold: bool = True


@dataclass(slots=True)
class ProgrammePlace:
    """The step that was taken last, and the scene bar in which each was: the voice began in bar ``start``."""

    start: int
    at: int = -1
    taken: dict[int, int] = field(default_factory=dict[int, int])

    def next(self, programme: EvolveProgramme, moment: ProgrammeMoment) -> int | None:
        """The number of the step whose turn it is; None where no condition is met, and the loop is held."""
        steps = programme.steps
        there = [number for number, step in enumerate(steps) if self._may(number, step, moment)]
        if not there:
            return None
        if not programme.drawn:
            return next((number for number in there if number > self.at), there[0])
        drawn = derive_seed(*moment.chance, "step") % sum(steps[number].weight for number in there)
        for number in there:
            drawn -= steps[number].weight
            if drawn < 0:
                return number
        raise AssertionError("a draw is less than the sum of all weights")

    def take(self, number: int | None, bar: int) -> None:
        """A step is taken in a scene bar; None where none could be."""
        if number is not None:
            self.at = number
            self.taken[number] = bar

    def _may(self, number: int, step: EvolveStep, moment: ProgrammeMoment) -> bool:
        if moment.bar - self.taken.get(number, self.start) < step.bars:
            return False
        source = OPERATOR_TRAITS[step.operator].source
        if (source == "before" and not moment.can_return) or (source in HOLDING and not moment.can_hold):
            return False
        limits = moment.limits
        share = (len(moment.loop.notes) / moment.loop.bars - limits.least) / max(limits.most - limits.least, 1e-9)
        return {"": True, "low": share < _LOW, "high": share > _HIGH}[step.density]
