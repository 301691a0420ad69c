"""What of a scene's course concerns the port: plans of bars for the player."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reverie.compose.course import Course
from reverie.play.messages import BarPlan, PartPlan

SLOWEST, FASTEST = 0.25, 4.0
"""How far a course may take the tempo from the scene's own: a bar that lasts longer than this is no bar any more."""


def bar_plan(course: Course | None, parts: Collection[str], bar: int) -> BarPlan:
    """The plan of a scene bar for the voices ``parts``; one that changes nothing where there is no course."""
    if course is None:
        return BarPlan(bar)
    state = course.at(bar)
    voices = {name: state.voice(name) for name in parts}
    plans = {
        name: PartPlan(one.sounds, round(one.dynamics, 3), one.controls, one.program) for name, one in voices.items()
    }
    tempo = round(min(max(state.tempo, SLOWEST), FASTEST), 4)
    begins = state.section.name if state.section and state.section.first_bar == bar else ""
    return BarPlan(bar, tempo, {name: plan for name, plan in plans.items() if plan != PartPlan()}, begins)


def bar_plans(course: Course | None, parts: Collection[str], first: int, end: int) -> Iterator[BarPlan]:
    """The plans of scene bars ``first`` up to ``end``: of the first, and of each that is otherwise than the one before.

    Args:
        course: what the scene is to be like.
        parts: the names of its voices.
        first: the first bar.
        end: the bar after the last.
    """
    before: BarPlan | None = None
    for bar in range(first, end):
        plan = bar_plan(course, parts, bar)
        if not (before and is_alike(plan, before)):
            yield plan
        before = plan


def is_alike(plan: BarPlan, other: BarPlan) -> bool:
    """Whether a bar is planned like another one before it, and begins no section."""
    return not plan.section and (plan.tempo, plan.parts) == (other.tempo, other.parts)
