"""One scene being played: the lines of its voices, what is queued of them and what has to be asked for next.

No clock, no process, no file: the conductor tells it which bar was played and what was composed, and it answers with
what to send. The offline performance drives it without a conductor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Literal

from reverie.compose.arrangement import Arrangement, plan_on_course
from reverie.compose.asked_loop import asked_loop
from reverie.compose.bar_plans import bar_plan
from reverie.compose.by_hand import ByHand, lacks
from reverie.compose.composer import Composed, derived
from reverie.compose.course import Course, replaced
from reverie.compose.evolution import Evolution
from reverie.compose.heard_loops import Heard
from reverie.compose.hearing import HEARS_AHEAD, WhoHears
from reverie.compose.novelty_bands import HOUR, NoveltyBands
from reverie.compose.operators.asked import ASKED
from reverie.compose.placement import Placement
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import Recipe
from reverie.compose.scene_harmony import ToldHarmony
from reverie.compose.stalled import Stall
from reverie.compose.voice_in_play import REMEMBERED, VoiceInPlay
from reverie.compose.voice_plan import VoicePlan
from reverie.music.notes import Loop
from reverie.music.order import composing_order
from reverie.music.time import TICKS_PER_QUARTER
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.play.messages import Part, Place, SetScene
from reverie.site.actions import Evolving, Kind
from reverie.site.loop_wishes import LoopWish

AHEAD = 2
"""Loops that every voice has queued beyond the one it is playing."""
Reserve = Sequence[tuple[str, Loop]]
"""Loops that are there without composing: recipe id and loop, best first."""


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
        self._hearing = WhoHears(self._voices, arrangement.parts)
        self._begun = False
        self._derived: list[Composed] = []

    def succeeded_by(
        self, arrangement: Arrangement, epoch: int, reserves: Mapping[str, Reserve], *, elsewhere: bool = False
    ) -> Ensemble:
        """The same scene after its file was changed: it goes on with the next bar, and so does every voice.

        It is only ``elsewhere`` in its form where the scene is as it was: then no voice begins anew for that.

        The bar that sounds is the last of this performance, which must not be used any more.
        """
        after = Ensemble(arrangement, epoch, reserves)
        after.bar = self.bar + 1 if self._begun else self.bar
        for name, voice in after._voices.items():
            voice.line.go_to(max(after.bar + 1, 0))
            if name in self._voices:
                voice.take_over(self._voices[name], max(after.bar + 1, 0), elsewhere=elsewhere)
        return after

    @classmethod
    def resumed(
        cls,
        arrangement: Arrangement,
        epoch: int,
        reserves: Mapping[str, Reserve],
        bar: int,
        sounded: Mapping[str, Placement],
    ) -> Ensemble:
        """A performance that goes on after scene bar ``bar`` with what sounded then, as another life has left it."""
        after = cls(arrangement, epoch, reserves)
        after.bar = bar
        for name, voice in after._voices.items():
            there = sounded.get(name)
            voice.line.go_to(bar + 1 if there is None else there.start_bar)
            if there is not None and not voice.line.waits:
                after._keep(name, voice.line.open_with(there.recipe, there.loop, there.times))
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
            if not voice.sent and voice.line.waits:
                self._wait(name)
            elif not voice.sent and voice.line.derives:
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

        That is :data:`AHEAD` loops, and as many more as voices that hear it need to know of it. For a voice that the
        scene's course lets be silent nothing is composed until shortly before it comes in.
        """
        places: list[Place] = []
        recipes: list[Recipe] = []
        now = self.bar + 1
        for name, voice in self._voices.items():
            if not voice.asked:
                self._renew(voice)
            voice.line.look()
            if not voice.sent and voice.line.waits:
                places += self._wait(name)
        heard_until = self._hearing.heard_until(now, AHEAD)
        for name, voice in self._voices.items():
            while self._wants(voice, heard_until[name]):
                told = self._go_on(name)
                if told is None:
                    break
                places += told[0]
                recipes += told[1]
        return places, recipes

    def _wants(self, voice: VoiceInPlay, heard_until: int) -> bool:
        """Whether a voice is to have another loop, and can: none is asked for, and it does not wait for its entry."""
        now = self.bar + 1
        wants = voice.ahead(now) < AHEAD or voice.line.end_bar < heard_until
        return wants and not voice.asked and not (voice.line.waits and voice.line.end_bar > now + HEARS_AHEAD)

    def _go_on(self, name: str) -> tuple[list[Place], list[Recipe]] | None:
        """Place the next loop of a voice, or ask for it; None where it has to wait for others that it hears."""
        voice = self._voices[name]
        self._catch_up(voice)
        if not voice.held:
            voice.line.look_back()
        if voice.line.returning:
            return self._keep(name, voice.line.go_back()), []
        heard = self._hearing.can_hear(name, self.bar + 1 if self._begun else None)
        held = voice.held and voice.has_music and not voice.line.wanted
        ready = voice.line.derives and (heard or not voice.line.plan.relations)
        if ready and not (held and voice.line.writes):
            return self._derive(name), []
        if held:
            return self._keep(name, voice.line.repeat(voice.placements[-1])), []
        if voice.line.holds:
            return self._keep(name, voice.line.again()), []
        if not heard:
            return None
        voice.asked = True
        recipe = voice.line.next_recipe(*self._hearing.heard(name))
        return [], [recipe if voice.line.asked else voice.widening.recipe(voice.line.plan, recipe)]

    def composed(self, answer: Composed) -> list[Place]:
        """Take an answer; one without a loop means that the voice holds what it has."""
        self._catch_up(self._voices[answer.recipe.voice])
        return self._take(answer)

    def _take(self, answer: Composed) -> list[Place]:
        """Take an answer for the bar at which the line is."""
        name = answer.recipe.voice
        voice = self._voices[name]
        voice.asked = False
        voice.answered(answer)
        if answer.recipe.operator in ASKED and not answer.loop:
            voice.line.asked = None  # nothing can be made of it: the piece goes on
        if not answer.good and self._goes_back(voice):
            return self._keep(name, voice.line.go_back())
        if answer.loop:
            new = not answer.is_the_loop_before
            turns = None if new else voice.turns_held
            return self._keep(name, voice.line.take(answer.recipe, answer.loop, new=new, turns=turns))
        return self._hold(name, voice.turns_held)

    def _goes_back(self, voice: VoiceInPlay) -> bool:
        """Whether a voice with bands, for which nothing good came, has an old loop that was not heard for an hour.

        What a person has asked for is played as it came.
        """
        if voice.line.plan.bands is None or voice.line.wanted or voice.line.asked:
            return False
        bar = voice.line.end_bar
        seconds = self.arrangement.metre.bar_ticks / TICKS_PER_QUARTER * 60 / self.arrangement.tempo.at(bar)
        return voice.line.way_back(bar - math.ceil(HOUR / seconds))

    def _derive(self, name: str) -> list[Place]:
        """Make the next loop of a voice that needs no model, here and now: its chords go on whatever becomes of models.

        Each of its loops is made for the bars in which it sounds, as the next may have other chords.
        """
        line = self._voices[name].line
        heard: Heard = self._hearing.heard(name) if line.plan.relations else ((), {})
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
        voice.line.wanted = voice.line.asked = None
        self._catch_up(voice)
        if voice.held and voice.has_music:
            return self._keep(name, voice.line.repeat(voice.placements[-1]))
        return self._from_reserve(name, voice.line.plan.hold)

    def given_up(self, name: str) -> list[Place]:
        """What this voice asked for was too much for the composer: hold what it has, and ask for what comes after."""
        voice = self._voices[name]
        voice.asked, voice.line.asked = False, None
        self._catch_up(voice)
        voice.stalled.crashed(voice.line.plan)
        return self._hold(name)

    def composer_lost(self) -> None:
        """What was asked will not be answered; it is asked again."""
        for voice in self._voices.values():
            voice.asked = False

    def placed_in(self, bar: int) -> dict[str, Placement]:
        """By voice what is placed for a scene bar that sounds, or has just sounded."""
        return {name: there for name, voice in self._voices.items() if (there := voice.present(bar))}

    def bands(self, name: str) -> NoveltyBands | None:
        """How new the next loop of a voice is to be; None where it has no bands."""
        voice = self._voices[name]
        return None if voice.line.asked else voice.widening.bands(voice.line.plan)

    def widened_by(self, name: str) -> Mapping[str, int]:
        """By how many steps each limit of a voice is widened."""
        return {**(voice := self._voices[name]).widening.taken(voice.line.plan)}

    @property
    def widened(self) -> dict[str, Stall | None]:
        """For each voice that has no new loop within its limits, what people are to be told of it."""
        return {name: voice.widening.told(voice.line.plan) for name, voice in self._voices.items()}

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

    @property
    def begun(self) -> bool:
        """Whether one of its bars has gone out."""
        return self._begun

    @property
    def course(self) -> Course | None:
        """What form and moods make of the scene now."""
        return self.arrangement.course

    def tempo(self) -> float:
        """The scene's own tempo in the bar that plays, as its course has it."""
        return self.arrangement.tempo.at(bar := max(self.bar + 1, 0)) * bar_plan(self.course, (), bar).tempo

    def swing(self) -> float:
        """The scene's own swing: the share of each pair of steps that the first one takes."""
        return self.arrangement.swing.share

    def voices_in(self, ahead: int) -> list[str]:
        """Who sounds so many bars after the one that sounds now, as schedules, form and dreams have it."""
        bar, plans = max(self.bar + 1, 0) + ahead, self.arrangement.plans
        return [part.name for part in self.parts if part.schedule.plays(bar) and plans[part.name].sounds(bar)]

    def set_temperature(self, name: str, temperature: float | None) -> None:
        """Compose this voice at another temperature than its plan's (None) from now on; what waits is composed anew."""
        self._voices[name].line.temperature = temperature
        self._voices[name].renewal = self._voices[name].renewal or "next"

    def temperature(self, name: str) -> float:
        """At which temperature this voice is composed now."""
        line = self._voices[name].line
        return line.plan.temperature(max(self.bar + 1, 0)) if line.temperature is None else line.temperature

    def by_hand(self, name: str) -> ByHand:
        """What a person has set of how this voice is composed."""
        return self._voices[name].line.by_hand

    def set_by_hand(self, name: str, by_hand: ByHand) -> None:
        """Compose this voice so from now on; what waits is composed anew."""
        self._voices[name].line.by_hand = by_hand
        self._voices[name].renewal = self._voices[name].renewal or "next"

    def lacks(self, name: str, wanted: Kind) -> str:
        """Why this voice cannot be changed in this way, without a full stop; empty where it can."""
        return lacks(self._voices[name].line.plan, wanted)

    def set_contour(self, name: str, contour: str | None) -> bool:
        """Have this voice be played by these buttons from now on (None: its own); False if it is played by none."""
        voice = self._voices[name]
        if not VOICE_KINDS[voice.line.plan.kind].buttons:
            return False
        voice.line.contour = contour
        voice.renewal = voice.renewal or "next"
        return True

    def ask(self, name: str, wish: LoopWish | None, bar: int) -> int:
        """Have this voice play what a person wants from scene bar ``bar`` on, or (None) go on by itself.

        Returns:
            The bar from which it is heard, if it is composed in time: where the voice sounds, and can still be told.

        Raises:
            ControlError: if it cannot play that.
        """
        voice, now = self._voices[name], self.bar + 1
        asked = None if wish is None else asked_loop(wish, voice.line.plan)
        if asked is None and voice.line.asked is None:
            return now
        bar = max(bar, self._soonest if self._begun else now)
        voice.line.asked, voice.asked_from = asked, bar
        voice.line.wanted = voice.line.returning = None
        return voice.line.plan.sounding_from(bar)

    def asks(self, name: str) -> bool:
        """Whether this voice still plays what a person wants."""
        return self._voices[name].line.asked is not None

    def plan(self, name: str) -> VoicePlan:
        """What the scene says of this voice."""
        return self._voices[name].line.plan

    def source(self, name: str) -> Literal["model", "harmony", "written"]:
        """Where the loops of this voice come from."""
        return self._voices[name].line.plan.source

    def sounding(self, name: str) -> PlayedLoop | None:
        """What this voice plays now, or played before its rest, to go back to; None before it has any music."""
        present = self._voices[name].present(self.bar + 1)
        if present is None or (present.made_by is None and not present.loop.notes):
            return None
        return PlayedLoop(*present.original, present.made_by)

    def candidate(self, name: str, number: int) -> Recipe:
        """The recipe of a loop that this voice could play in place of what sounds, drawn for the ``number``-th time."""
        heard, loops = self._hearing.heard(name)
        return self._voices[name].line.candidate(self.sounding(name), number, heard, loops)

    def go_back(self, name: str, played: PlayedLoop) -> bool:
        """Have this voice play a loop of before, from the next turn of its loop on; False where it cannot any more."""
        fitted = played.fitted(self._voices[name].line.plan, self.bar + 1)
        if fitted is not None:
            self._voices[name].renewal = fitted
        return fitted is not None

    def change_course(self, course: Course | None, bar: int, closing: ToldHarmony | None = None) -> int:
        """Have the scene be as a course says from a scene bar on; what was composed for it otherwise is composed anew.

        Without a course it is as the scene says. ``closing`` is the harmony in those bars in which the course lets the
        scene close. Returned is the bar from which it really holds: none that has begun, or that the player was told.
        """
        bar = max(bar, self._soonest if self._begun else self.bar + 1)
        old = self.arrangement.course
        new = replaced(old, course, bar, heard_from=self.bar - REMEMBERED)
        self.arrangement = self.arrangement.on_course(new, closing)
        for voice in self._voices.values():
            voice.change_plan(plan_on_course(voice.line.plan, new, closing), bar)
        return bar

    def evolve(self, name: str, how: Evolving) -> None:
        """Have this voice go on in another way, from the next turn of its loop on; without one, compose another."""
        self._voices[name].renewal = how

    def hold(self, name: str | None = None, *, on: bool) -> None:
        """Have this voice, or every voice, repeat the loop that it plays, or evolve again."""
        for voice in self._voices.values() if name is None else [self._voices[name]]:
            voice.held = on
            voice.renewal = voice.renewal or "next"

    def _renew(self, voice: VoiceInPlay) -> None:
        """Forget what is not to be played any more, once no question is open: the player has it until other is placed.

        Those who listen to the voice have heard what will not be played, and are renewed after it.
        """
        if voice.renew(self.bar + 1, self._soonest):
            for other in self._voices.values():
                if any(one.voice == voice.line.plan.voice for one in other.line.plan.relations):
                    other.renewal = other.renewal or "next"

    @property
    def _soonest(self) -> int:
        """The first bar that the player can still be told of: the one that sounds is too late."""
        return self.bar + 2 if self.bar >= 0 else 0

    def _catch_up(self, voice: VoiceInPlay) -> None:
        """A line that has run out goes on at the next bar at which its repeated loop begins anew.

        The bar that sounds is too late: a loop that is placed in it would be entered in its midst.
        """
        soonest = self._soonest
        if soonest > voice.line.end_bar:
            voice.line.catch_up(soonest, voice.placements[-1].loop.bars if voice.placements else 1)

    def _hold(self, name: str, turns: int | None = None) -> list[Place]:
        line = self._voices[name].line
        held = line.skip(turns)
        return self._keep(name, held) if held else self._from_reserve(name, line.plan.hold)

    def _from_reserve(self, name: str, times: int) -> list[Place]:
        voice = self._voices[name]
        spare = next(voice.reserve, None)
        return self._keep(name, voice.line.open_with(*spare, times)) if spare else []

    def _wait(self, name: str) -> list[Place]:
        """Give a voice that is silent first a loop for these bars: no scene begins before each voice has one."""
        voice = self._voices[name]
        recipe, loop = next(voice.reserve, None) or ("rest", Loop(1, self.arrangement.metre, ()))
        placement = Placement(recipe, loop, voice.line.placed_to, 1, until=voice.line.end_bar)
        return [self._place(name, one) for one in voice.place(placement)]

    def _keep(self, name: str, placement: Placement) -> list[Place]:
        """Place a loop, as the player shall have it."""
        return [self._place(name, one) for one in self._voices[name].place(placement, self._hearing.suits(name))]

    def _place(self, name: str, placement: Placement) -> Place:
        loop, start, times = placement.loop, placement.start_bar, placement.times
        return Place(self.epoch, name, placement.recipe, start, times, loop, placement.anew)
