"""One scene being played: the lines of its voices, what is queued of them and what has to be asked for next.

No clock, no process, no file: the conductor tells it which bar was played and what was composed, and it answers with
what to send. The offline performance drives it without a conductor.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

from reverie.compose.composer import Composed, derived
from reverie.compose.evolution import Evolution, Placement, VoicePlan
from reverie.compose.heard_loops import Bars, Heard, bars_to_hear, heard_loops, only_suited
from reverie.compose.recipe import Recipe
from reverie.compose.scene_harmony import SceneHarmony
from reverie.compose.stalled import Stall
from reverie.compose.turns import Hears, hears_nothing
from reverie.compose.voice_in_play import Renewal, VoiceInPlay
from reverie.music.notes import Loop
from reverie.music.order import composing_order
from reverie.music.time import Metre, Swing, Tempo
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.play.messages import SELF, Part, Place, SetScene

AHEAD = 2
"""Loops that every voice has queued beyond the one it is playing."""
HEARS_AHEAD = 32
"""Bars before its last loop is over from which the voices that a voice hears are composed up to what it composes next:
twice the longest loop. Else a voice that holds its loops for hours would have the others composed for hours."""

Reserve = Sequence[tuple[str, Loop]]
"""Loops that are there without composing: recipe id and loop, best first."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A scene made ready to be played: a plan and a part for each voice, by the voice's name.

    ``order`` has the voices that are to be composed first.
    """

    name: str
    metre: Metre
    tempo: Tempo
    plans: Mapping[str, VoicePlan]
    parts: Mapping[str, Part]
    swing: Swing = field(default_factory=Swing)
    lead: str = SELF
    harmony: SceneHarmony | None = None
    order: Sequence[str] = ()


class Ensemble:
    """A scene from its first bar on. ``epoch`` tells its messages from those of scenes before and after.

    Its voices are composed in an order (:func:`~reverie.music.order.composing_order`): a voice comes after those to
    which it has relations, and hears them whenever a model composes for it. An operator that hears others is told what
    all voices before its own will play.
    """

    def __init__(self, arrangement: Arrangement, epoch: int, reserves: Mapping[str, Reserve]) -> None:
        """Prepare the scene; ``reserves`` has at least one loop for every voice that may open before composing.

        A voice without a reserve is silent until its first loop is composed; offline that is what is wanted.
        """
        self.arrangement = arrangement
        self.epoch = epoch
        self.bar = -1
        plans = arrangement.plans
        kinds = {name: VOICE_KINDS[plan.kind].order for name, plan in plans.items()}
        listens = {name: [one.voice for one in plan.relations] for name, plan in plans.items()}
        self._voices = {
            name: VoiceInPlay(Evolution(plans[name]), cycle(reserves.get(name, ())))
            for name in composing_order(kinds, listens, arrangement.order)
        }
        self._begun = False
        self._derived: list[Composed] = []

    def succeeded_by(self, arrangement: Arrangement, epoch: int, reserves: Mapping[str, Reserve]) -> Ensemble:
        """The same scene after its file was changed: it goes on with the next bar, and so does every voice.

        The bar that sounds is the last of this performance, which must not be used any more.
        """
        after = Ensemble(arrangement, epoch, reserves)
        after.bar = self.bar + 1 if self._begun else self.bar
        for name, voice in after._voices.items():
            voice.line.end_bar = max(after.bar + 1, 0)
            if name in self._voices:
                voice.take_over(self._voices[name], max(after.bar + 1, 0))
        return after

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
            swing=self.arrangement.swing,
            lead=self.arrangement.lead,
        )

    def opening(self) -> list[Place]:
        """What each voice begins with: what it goes on with, or a loop of its reserve while the models still load."""
        for name, voice in self._voices.items():
            if not voice.sent and voice.line.derives:
                self._derive(name)
            elif not voice.sent:
                self._from_reserve(name, times=1)
        return self.queued()

    def queued(self) -> list[Place]:
        """All that the player has and may still play, for a new life of it."""
        return [self._place(name, placement) for name, voice in self._voices.items() for placement in voice.sent]

    def played(self, bar: int) -> None:
        """Bar number ``bar`` of the scene went out, and the next one sounds."""
        self.bar = bar
        self._begun = True
        for voice in self._voices.values():
            voice.go_on(bar + 1)

    def fill(self) -> tuple[list[Place], list[Recipe]]:
        """What has to be sent to the player, and asked of the composer, so that every voice has enough ahead.

        That is :data:`AHEAD` loops, and as many more as voices that hear it need to know of it.
        """
        places: list[Place] = []
        recipes: list[Recipe] = []
        for voice in self._voices.values():
            if voice.renewal and not voice.asked:
                self._renew(voice, voice.renewal)
        heard_until = self._heard_until()
        for name, voice in self._voices.items():
            while not voice.asked and (self._is_short(voice) or voice.line.end_bar < heard_until[name]):
                self._catch_up(voice)
                held = voice.held and bool(voice.placements) and not voice.line.wanted
                ready = voice.line.derives and (self._can_hear(name) or not voice.line.plan.relations)
                if ready and not (held and voice.line.writes):
                    places += self._derive(name)
                elif held:
                    places += self._keep(name, voice.line.repeat(voice.placements[-1]))
                elif voice.line.holds:
                    places += self._keep(name, voice.line.again())
                elif self._can_hear(name):
                    voice.asked = True
                    recipes.append(voice.line.next_recipe(*self._heard(name)))
                else:
                    break
        return places, recipes

    def composed(self, answer: Composed) -> list[Place]:
        """Take an answer; one without a loop means that the voice holds what it has."""
        self._catch_up(self._voices[answer.recipe.voice])
        return self._take(answer)

    def _take(self, answer: Composed) -> list[Place]:
        """Take an answer for the bar at which the line is."""
        name = answer.recipe.voice
        voice = self._voices[name]
        voice.asked = False
        voice.stalled.answered(voice.line.plan, answer, voice.line.end_bar)
        if answer.loop:
            new = not answer.is_the_loop_before
            return self._keep(name, voice.line.take(answer.recipe, answer.loop, new=new))
        return self._hold(name)

    def _derive(self, name: str) -> list[Place]:
        """Make the next loop of a voice that needs no model, here and now: its chords go on whatever becomes of models.

        Each of its loops is made for the bars in which it sounds, as the next may have other chords.
        """
        line = self._voices[name].line
        heard: Heard = self._heard(name) if line.plan.relations else ((), {})
        answer = derived(line.next_recipe(*heard))
        self._derived.append(answer)
        return self._take(answer)

    def take_derived(self) -> list[Composed]:
        """What was made without a model since this was asked last."""
        made, self._derived = self._derived, []
        return made

    def failed(self, name: str) -> list[Place]:
        """No model could be run for this voice: play from the reserve, and ask again for what comes after."""
        voice = self._voices[name]
        voice.asked = False
        voice.line.wanted = None
        self._catch_up(voice)
        if voice.held and voice.placements:
            return self._keep(name, voice.line.repeat(voice.placements[-1]))
        return self._from_reserve(name, voice.line.plan.hold)

    def given_up(self, name: str) -> list[Place]:
        """What this voice asked for was too much for the composer: hold what it has, and ask for what comes after."""
        voice = self._voices[name]
        voice.asked = False
        self._catch_up(voice)
        voice.stalled.crashed(voice.line.plan)
        return self._hold(name)

    def composer_lost(self) -> None:
        """What was asked will not be answered; it is asked again."""
        for voice in self._voices.values():
            voice.asked = False

    @property
    def stalls(self) -> dict[str, Stall | None]:
        """For each voice, whether it gets no new loop, and why."""
        return {name: voice.stalled.stall for name, voice in self._voices.items()}

    @property
    def last_placed(self) -> dict[str, Placement]:
        """By voice what it was given last, from the first turn on that is known of it."""
        return {name: last for name, voice in self._voices.items() if (last := voice.last_placed)}

    @property
    def parts(self) -> Sequence[Part]:
        """The voices as the player knows them."""
        return tuple(self.arrangement.parts.values())

    def tempo(self) -> float:
        """The scene's own tempo in the bar that plays."""
        return self.arrangement.tempo.at(max(self.bar + 1, 0))

    def set_temperature(self, name: str, temperature: float) -> None:
        """Compose this voice at another temperature than its plan's from now on; what waits is composed anew."""
        self._voices[name].line.temperature = temperature
        self._voices[name].renewal = self._voices[name].renewal or "next"

    def temperature(self, name: str) -> float:
        """At which temperature this voice is composed now."""
        line = self._voices[name].line
        return line.plan.temperature(max(self.bar + 1, 0)) if line.temperature is None else line.temperature

    def mutate(self, name: str) -> None:
        """Mutate the loop that this voice plays, from its next turn on; without one, compose another."""
        self._voices[name].renewal = "soon"

    def hold(self, *, on: bool) -> None:
        """Have every voice repeat the loop that it plays, or evolve again."""
        for voice in self._voices.values():
            voice.held = on
            voice.renewal = voice.renewal or "next"

    def _hears(self, name: str) -> dict[str, Bars]:
        """Which bars of others this voice hears when it composes next, from the start of its loop on."""
        names = [*self._voices]
        return bars_to_hear(self._voices[name].line, names[: names.index(name)])

    def _is_short(self, voice: VoiceInPlay) -> bool:
        return voice.ahead(self.bar + 1) < AHEAD

    def _heard_until(self) -> dict[str, int]:
        """For each voice the bar up to which it will be heard by one that is composed after it, next."""
        until = dict.fromkeys(self._voices, 0)
        soon = self.bar + 1 + HEARS_AHEAD
        for name, voice in reversed(self._voices.items()):
            wants = self._is_short(voice) or voice.line.end_bar < until[name]
            if wants and not voice.asked and voice.line.end_bar <= soon:
                for other, (_, end) in self._hears(name).items():
                    until[other] = max(until[other], voice.line.end_bar + end)
        return until

    def _can_hear(self, name: str) -> bool:
        """Whether those that this voice hears are placed in all the bars that it hears of them.

        A voice whose last loop is over within as many bars as it composes does not wait, once the scene is played: it
        hears what is there.
        """
        line = self._voices[name].line
        if self._begun and line.end_bar - (self.bar + 1) <= line.plan.bars:
            return True
        hears = self._hears(name)
        return all(self._voices[one].line.end_bar >= line.end_bar + end for one, (_, end) in hears.items())

    def _heard(self, name: str) -> Heard:
        line, parts, hears = self._voices[name].line, self.arrangement.parts, self._hears(name)
        for one in hears.keys() & only_suited(line):
            first, end = hears[one]
            hears[one] = first, min(end, line.plan.bars, self._voices[one].line.end_bar - line.end_bar)
        others = {one: (self._voices[one], parts[one].schedule, bars) for one, bars in hears.items()}
        return heard_loops(others, line.end_bar)

    def _suits(self, name: str) -> Hears:
        """What is placed of the voices which this one suits, and will not be composed anew, in any bars."""
        relations = self._voices[name].line.plan.relations
        suited = {one.voice for one in relations if one.suits and one.voice in self._voices}
        return partial(self._placed, suited) if suited else hears_nothing

    def _placed(self, names: Collection[str], start: int, bars: int) -> Heard:
        parts = self.arrangement.parts
        ends = {name: min(bars, self._voices[name].line.end_bar - start) for name in names}
        others = {name: (self._voices[name], parts[name].schedule, (0, end)) for name, end in ends.items()}
        return heard_loops(others, start)

    def _renew(self, voice: VoiceInPlay, when: Renewal) -> None:
        """Forget the loops that have not begun, once no question is open. The player has them until others are placed.

        Those who listen to the voice have heard what will not be played, and are renewed after it.

        Where that would leave the player a loop that begins within another's turn, as loops of the reserve may, they
        stay, and only what comes after them is new.
        """
        voice.renewal = None
        if when == "soon":
            voice.line.mutate()
        now = self.bar + 1
        present = voice.present(now)
        later = [one for one in voice.placements if one.start_bar > now]
        waiting = [one.start_bar for one in later if one.leads]
        if present is None or not waiting:
            return
        turns = (now - present.start_bar) // present.loop.bars + 1
        bar = min(present.start_bar + turns * present.loop.bars, waiting[0]) if when == "soon" else waiting[0]
        stale = {*voice.stale, *(start for one in later if (start := one.start_bar) >= bar)}
        turn = math.lcm(voice.line.plan.bars, present.loop.bars if voice.held else 1)
        if any((start - bar) % turn for start in stale if start > bar):
            return
        voice.stale = stale
        voice.line.resume(present, bar)
        for other in self._voices.values():
            if any(one.voice == voice.line.plan.voice for one in other.line.plan.relations):
                other.renewal = other.renewal or "next"

    def _catch_up(self, voice: VoiceInPlay) -> None:
        """A line that has run out goes on at the next bar at which its repeated loop begins anew.

        The bar that sounds is too late: a loop that is placed in it would be entered in its midst.
        """
        soonest = self.bar + 2 if self.bar >= 0 else 0
        late = soonest - voice.line.end_bar
        if late > 0:
            bars = voice.placements[-1].loop.bars if voice.placements else 1
            voice.line.end_bar += -(-late // bars) * bars

    def _hold(self, name: str) -> list[Place]:
        line = self._voices[name].line
        held = line.skip()
        return self._keep(name, held) if held else self._from_reserve(name, line.plan.hold)

    def _from_reserve(self, name: str, times: int) -> list[Place]:
        voice = self._voices[name]
        spare = next(voice.reserve, None)
        return self._keep(name, voice.line.open_with(*spare, times)) if spare else []

    def _keep(self, name: str, placement: Placement) -> list[Place]:
        """Place a loop, as the player shall have it."""
        return [self._place(name, one) for one in self._voices[name].place(placement, self._suits(name))]

    def _place(self, name: str, placement: Placement) -> Place:
        return Place(self.epoch, name, placement.recipe, placement.start_bar, placement.times, placement.loop)
