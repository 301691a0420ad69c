"""Courses that are written by hand, and a performance that goes by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.arrangement import Arrangement
from reverie.compose.composer import Composed, compose
from reverie.compose.course import FAR, BarState, Course, Opening, SectionSpot, VoiceState
from reverie.compose.engines.engine import Engine
from reverie.compose.ensemble import Ensemble
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Schedule
from reverie.play.messages import Place
from reverie.play.score import SceneScore

VOICES = ("beat", "lead")
KEPT = {name: (("kept", Loop(1, Metre(), (Note(0, 120, 60),))),) for name in VOICES}


@dataclass(frozen=True, slots=True)
class WrittenCourse:
    """Sections of a name and a length, over and over; who is silent in which; and what is otherwise in some bars."""

    sections: tuple[tuple[str, int], ...] = (("all", 8),)
    silent: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By section, the voices that do not sound in it."""
    states: Mapping[str, VoiceState] = field(default_factory=dict[str, VoiceState])
    """By section, what all voices of it are like."""
    bars: Mapping[int, VoiceState] = field(default_factory=dict[int, VoiceState])
    """By bar likewise."""
    opens: Opening = "return"

    def _spot(self, bar: int) -> SectionSpot:
        length = sum(bars for _, bars in self.sections)
        turn, place = divmod(bar, length)
        starts = [0, *accumulate(bars for _, bars in self.sections)]
        index = next(number for number, start in enumerate(starts[1:]) if place < start)
        name, bars = self.sections[index]
        same = [other for other, _ in self.sections].count(name)
        before = [other for other, _ in self.sections[:index]].count(name)
        number = turn * len(self.sections) + index
        return SectionSpot(number, name, turn * length + starts[index], bars, turn * same + before, self.opens)

    def at(self, bar: int) -> BarState:
        """What a bar is to be like."""
        spot = self._spot(max(bar, 0))
        quiet = self.silent.get(spot.name, ())
        names = {*quiet, "beat", "lead", "low", "pad"}
        state = self.bars.get(bar, self.states.get(spot.name, VoiceState()))
        silent = VoiceState(sounds=False)
        return BarState(spot, 1.0, {name: silent if name in quiet else state for name in names})

    def begins(self, voice: str, after: int) -> int | None:
        """Every section begins anew, for whoever sounds in it."""
        for bar in range(after + 1, after + FAR):
            if bar >= 0 and self._spot(bar).first_bar == bar and self.at(bar).voice(voice).sounds:
                return bar
        return None


def always_on(arrangement: Arrangement) -> Arrangement:
    """Without a schedule of its own."""
    return replace(
        arrangement, parts={name: replace(part, schedule=Schedule()) for name, part in arrangement.parts.items()}
    )


class Play:
    """A performance of two voices, its composer, and what its player has been sent."""

    def __init__(
        self, course: Course | None, *, reserve: bool = False, engine: Engine | None = None, **plans: Any
    ) -> None:
        plain = always_on(arrange(scene(), {}))
        self.engine: Engine = engine or DiceEngine()
        self.answers: dict[str, Composed] = {}
        changed = {name: replace(plan, course=course, **plans) for name, plan in plain.plans.items()}
        self.performance = Ensemble(replace(plain, plans=changed, course=course), 1, KEPT if reserve else {})
        self.asked: list[Recipe] = []
        self.asked_in: dict[str, int] = {}
        self.sent: list[Place] = [*self.performance.opening()]
        self.heard: dict[int, dict[str, str]] = {}

    def fill(self) -> None:
        while True:
            places, recipes = self.performance.fill()
            self.sent += places
            if not recipes:
                return
            for recipe in recipes:
                self.asked.append(recipe)
                answer = compose(self.engine, recipe, Memories())
                self.answers[answer.recipe.id] = answer
                self.asked_in[answer.recipe.id] = self.performance.bar
                self.sent += self.performance.composed(answer)

    def go(self, bars: int) -> None:
        for _ in range(bars):
            self.fill()
            bar = self.performance.bar + 1
            self.heard[bar] = dict(self.score().recipes(bar))
            self.performance.played(bar)

    @property
    def now(self) -> int:
        """The bar that sounds."""
        return self.performance.bar + 1

    def score(self) -> SceneScore:
        score = SceneScore(self.performance.scene())
        for place in self.sent:
            score.place(place)
        return score

    def places(self, voice: str) -> list[Place]:
        return [place for place in self.sent if place.part == voice]

    def starts(self, voice: str) -> list[int]:
        return sorted({place.start_bar for place in self.places(voice)})
