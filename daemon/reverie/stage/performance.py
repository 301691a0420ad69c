"""One scene being played: the lines of its voices, what is queued of them and what has to be asked for next.

No clock, no process, no file: the conductor tells it which bar was played and what was composed, and it answers with
what to send. The offline performance drives it without a conductor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from reverie.compose.composer import Composed
from reverie.compose.line import Line, Placement, VoicePlan
from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop
from reverie.music.time import Metre, Tempo
from reverie.play.messages import Part, Place, SetScene

AHEAD = 2
"""Loops that every voice has queued beyond the one it is playing."""

Reserve = Sequence[tuple[str, Loop]]
"""Loops that are there without composing: recipe id and loop, best first."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A scene made ready to be played: a plan and a part for each voice, by the voice's name."""

    name: str
    metre: Metre
    tempo: Tempo
    plans: Mapping[str, VoicePlan]
    parts: Mapping[str, Part]


@dataclass(slots=True)
class _Voice:
    line: Line
    reserve: Iterator[tuple[str, Loop]]
    placements: list[Placement] = field(default_factory=list[Placement])
    asked: bool = False

    def ahead(self, bar: int) -> int:
        return sum(placement.start_bar > bar for placement in self.placements)


class Performance:
    """A scene from its first bar on. ``epoch`` tells its messages from those of scenes before and after."""

    def __init__(self, arrangement: Arrangement, epoch: int, reserves: Mapping[str, Reserve]) -> None:
        """Prepare the scene; ``reserves`` has at least one loop for every voice that may open before composing.

        A voice without a reserve is silent until its first loop is composed; offline that is what is wanted.
        """
        self.arrangement = arrangement
        self.epoch = epoch
        self.bar = -1
        self._voices = {
            name: _Voice(Line(plan), cycle(reserves.get(name, ()))) for name, plan in arrangement.plans.items()
        }

    def scene(self, at_bar: int = 0) -> SetScene:
        """The message that begins the scene, or goes on with it in a new life of the player."""
        return SetScene(
            epoch=self.epoch,
            at_bar=at_bar,
            name=self.arrangement.name,
            metre=self.arrangement.metre,
            tempo=self.arrangement.tempo,
            parts=tuple(self.arrangement.parts.values()),
            first_bar=max(self.bar + 1, 0),
        )

    def opening(self) -> list[Place]:
        """One loop of each voice's reserve, to play while the models still load."""
        return [place for name in self._voices for place in self._from_reserve(name, times=1)]

    def queued(self) -> list[Place]:
        """All that is placed and not forgotten, for a new life of the player."""
        return [self._place(name, placement) for name, voice in self._voices.items() for placement in voice.placements]

    def played(self, bar: int) -> None:
        """Bar number ``bar`` of the scene went out: forget what is over, but for the loop that is then repeated."""
        self.bar = bar
        for voice in self._voices.values():
            voice.placements = [p for p in voice.placements if p.end_bar > bar + 1] or voice.placements[-1:]

    def fill(self) -> tuple[list[Place], list[Recipe]]:
        """What has to be sent to the player, and asked of the composer, so that every voice has enough ahead."""
        places: list[Place] = []
        recipes: list[Recipe] = []
        for name, voice in self._voices.items():
            while not voice.asked and voice.ahead(self.bar + 1) < AHEAD:
                self._catch_up(voice)
                if voice.line.next_step() == "loop":
                    places.append(self._keep(name, voice.line.again()))
                else:
                    voice.asked = True
                    recipes.append(voice.line.next_recipe())
        return places, recipes

    def composed(self, answer: Composed) -> list[Place]:
        """Take an answer; one without a loop means that the voice holds what it has."""
        name = answer.recipe.voice
        voice = self._voices[name]
        voice.asked = False
        self._catch_up(voice)
        if answer.loop:
            return [self._keep(name, voice.line.take(answer.recipe, answer.loop))]
        return self._hold(name)

    def failed(self, name: str) -> list[Place]:
        """No model could be run for this voice: play from the reserve, and ask again for what comes after."""
        voice = self._voices[name]
        voice.asked = False
        self._catch_up(voice)
        return self._from_reserve(name, voice.line.plan.hold)

    def given_up(self, name: str) -> list[Place]:
        """What this voice asked for was too much for the composer: hold what it has, and ask for what comes after."""
        self._voices[name].asked = False
        self._catch_up(self._voices[name])
        return self._hold(name)

    def composer_lost(self) -> None:
        """What was asked will not be answered; it is asked again."""
        for voice in self._voices.values():
            voice.asked = False

    def _catch_up(self, voice: _Voice) -> None:
        """A line that has run out goes on at the next bar at which its repeated loop begins anew."""
        late = self.bar + 1 - voice.line.end_bar
        if late > 0 and voice.placements:
            bars = voice.placements[-1].loop.bars
            voice.line.end_bar += -(-late // bars) * bars

    def _hold(self, name: str) -> list[Place]:
        line = self._voices[name].line
        held = line.skip()
        return [self._keep(name, held)] if held else self._from_reserve(name, line.plan.hold)

    def _from_reserve(self, name: str, times: int) -> list[Place]:
        voice = self._voices[name]
        spare = next(voice.reserve, None)
        return [self._keep(name, voice.line.open_with(*spare, times))] if spare else []

    def _keep(self, name: str, placement: Placement) -> Place:
        self._voices[name].placements.append(placement)
        return self._place(name, placement)

    def _place(self, name: str, placement: Placement) -> Place:
        return Place(self.epoch, name, placement.recipe, placement.start_bar, placement.times, placement.loop)
