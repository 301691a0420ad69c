"""A scene made ready to be played: what its voices, its harmony and its course are before a bar of it sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reverie.compose.course import Course
from reverie.compose.ending_course import CLOSING
from reverie.compose.mood_course import MoodHarmony, MoodPlan
from reverie.compose.scene_harmony import ToldHarmony
from reverie.compose.voice_plan import VoicePlan
from reverie.music.time import Metre, Swing, Tempo
from reverie.play.messages import SELF, Part


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A scene made ready to be played: a plan and a part for each voice, by the voice's name.

    ``order`` has the voices that are to be composed first, and ``course`` is what form and moods make of the scene.
    ``moods`` are the harmonies that hold in place of ``harmony`` while a mood rules.
    """

    name: str
    metre: Metre
    tempo: Tempo
    plans: Mapping[str, VoicePlan]
    parts: Mapping[str, Part]
    swing: Swing = field(default_factory=Swing)
    lead: str = SELF
    harmony: ToldHarmony | None = None
    order: Sequence[str] = ()
    course: Course | None = None
    moods: Mapping[str, MoodHarmony[ToldHarmony]] = field(default_factory=dict[str, "MoodHarmony[ToldHarmony]"])

    def on_course(self, course: Course, closing: ToldHarmony | None) -> Arrangement:
        """The same scene on another course, and with what it closes with, if it is to close."""
        moods = self.moods if closing is None else {**self.moods, CLOSING: MoodHarmony(closing)}
        plans = {name: plan_on_course(plan, course, closing) for name, plan in self.plans.items()}
        return replace(self, plans=plans, course=course, moods=moods)


def plan_on_course(plan: VoicePlan, course: Course, closing: ToldHarmony | None) -> VoicePlan:
    """The plan with another course, and with what its harmony closes with, if it has one."""
    if closing is None or plan.harmony is None:
        return replace(plan, course=course)
    return replace(plan, course=course, moods={**plan.moods, CLOSING: MoodPlan(harmony=MoodHarmony(closing))})
