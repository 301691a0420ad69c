"""What the player was told of bars to come: which plan holds in which bar of a scene."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from reverie.play.messages import BarPlan, PartPlan, TellBars

_AS_WRITTEN = PartPlan()


class ToldPlans:
    """Plans, each from its bar on. A bar of which nothing was told is like the last before it that was."""

    def __init__(self, plans: Iterable[BarPlan] = ()) -> None:
        self._keep(plans)

    def fork(self) -> ToldPlans:
        """One that knows the same; what it is told and forgets, this one does not."""
        return ToldPlans(self._plans)

    def tell(self, told: TellBars) -> None:
        """Keep these, in place of all that was told of these bars and of later ones."""
        self._keep((*(plan for plan in self._plans if plan.bar < told.first_bar), *told.plans))

    def at(self, bar: int) -> BarPlan:
        """The plan that holds in a bar; one that changes nothing where none was told."""
        count = bisect_right(self._bars, bar)
        return self._plans[count - 1] if count else BarPlan(bar)

    def part(self, name: str, bar: int) -> PartPlan:
        """What is otherwise with a part in a bar."""
        return self.at(bar).parts.get(name, _AS_WRITTEN)

    def forget(self, bar: int) -> None:
        """Bar ``bar`` has begun: what held before it is not asked for any more."""
        if (count := bisect_right(self._bars, bar)) > 1:
            self._keep(self._plans[count - 1 :])

    def _keep(self, plans: Iterable[BarPlan]) -> None:
        self._plans = sorted(plans, key=lambda plan: plan.bar)
        self._bars = [plan.bar for plan in self._plans]
