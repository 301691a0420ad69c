"""The line of a voice: which loop follows which, and from which bar to which.

An evolution knows no clock and no model. It says what to ask for next (:meth:`Evolution.next_recipe`), takes the answer
(:meth:`Evolution.take`) and hands back where it belongs (:class:`~reverie.compose.placement.Placement`). The daemon and
the offline performance drive the same ones, so they make the same music.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reverie.compose.asked_loop import AskedLoop
from reverie.compose.by_hand import AS_THE_SCENE_SAYS
from reverie.compose.contours import CONTOUR
from reverie.compose.course import SectionSpot
from reverie.compose.operators.operator import After
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.placement import Placement
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.programme_place import HOLDING, ProgrammeMoment, ProgrammePlace
from reverie.compose.recipe import HeardLoop, Recipe
from reverie.compose.seeds import derive_seed
from reverie.compose.themes import Theme, Themes
from reverie.compose.voice_plan import VoicePlan
from reverie.music.notes import Loop
from reverie.scenes.evolve_steps import EvolveStep
from reverie.site.actions import Evolving

MOST_TURNS = 64
"""Turns of a loop that are placed at a time where the chords may change under it."""
BEGIN_ANEW = 2
"""Answers in a row without a new loop after which a line begins with its primer again: what it goes on from leads
nowhere."""
ANOTHER = "another"
"""In place of an operator: the one that made the last loop, once more, told the same."""


class Evolution:
    """One voice's way through its evolution: reset first, then the scene's operators in turn, over and over.

    ``temperature`` replaces the plan's for all recipes to come, and so does ``contour`` where buttons are pressed;
    ``by_hand`` is what else a person has set; ``wanted`` replaces the next operator, once: by its name, or as
    :data:`ANOTHER` draw of what was placed last. ``asked`` is what a person wants of all loops to come, until it is
    None again; that goes before all else.
    ``returning`` is a loop of before that is to be placed next. ``fruitless`` counts the answers in a row that were no
    new loop. A loop over chords that is held for very long is placed in parts, as each of its turns may be another.

    What it places ends in bar ``placed_to`` of the scene, and what it places next begins in ``end_bar``: later, if the
    scene's course wants the voice to be silent until then. Where the voice begins anew, no loop goes on.
    """

    def __init__(self, plan: VoicePlan, *, start_bar: int = 0) -> None:
        self.plan = plan
        self.placed_to = self.end_bar = start_bar
        self.look()
        self.steps_taken = 0
        self.fruitless = 0
        self.temperature: float | None = None
        self.contour: str | None = None
        self.by_hand = AS_THE_SCENE_SAYS
        self.wanted: str | None = None
        self.returning: PlayedLoop | None = None
        self.asked: AskedLoop | None = None
        self._idea: tuple[int, int] | None = None
        """The seed of a derived loop's idea, and up to which step it is in place of the step's own."""
        self._last: After | None = None
        self._left = 0
        """Turns of the last loop that are still to be placed."""
        self.themes = Themes()
        self._theme: Theme | None = None
        """What comes back with the loop that is placed next."""
        self._section: int | None = None
        """The number of the section in which the line placed something last."""
        self._opened: int | None = None
        """The number of the section for which it was decided how it opens."""
        self._place_in_programme = ProgrammePlace(start_bar)
        self._asked: int | None = None
        """The step of the programme for which a loop was asked: its conditions may have passed by the time it comes."""

    def next_step(self) -> str:
        """The name of the operator whose turn it is."""
        if self.asked is not None:
            return self.asked.operator
        if self.steps_taken == 0 or self._last is None:
            return self.plan.first
        if self.wanted:
            return self.wanted if self.wanted != ANOTHER else self._drawn_again(self._last.recipe)
        step = self._step_in_turn() if self.plan.programme is None else self._step_of_programme()
        if self.by_hand.every and _holds(step):
            step = self._drawn_again(self._last.recipe)
        return self.plan.first if self.fruitless >= BEGIN_ANEW and not _holds(step) else step

    def _step_in_turn(self) -> str:
        at = (self.steps_taken - 1) % len(self.plan.then)
        step = self.plan.then[at]
        if self.fruitless and _holds(step):  # it was held for as long as nothing came
            return next((one for one in (*self.plan.then[at:], *self.plan.then[:at]) if not _holds(one)), step)
        return step

    def _step_of_programme(self) -> str:
        programmed = self._programmed()
        return programmed.operator if programmed else "loop"

    @property
    def hold(self) -> int:
        """How many times the loop is played that comes next."""
        programmed = self._programmed()
        return self.by_hand.turns(self.plan.bars) or (programmed and programmed.hold) or self.plan.hold

    def _programmed(self) -> EvolveStep | None:
        """The step of the programme whose turn it is; None without one, and where something else comes first."""
        number = self._number()
        return None if number is None or self.plan.programme is None else self.plan.programme.steps[number]

    def _number(self) -> int | None:
        plan, last = self.plan, self._last
        if plan.programme is None or last is None or not self.steps_taken or self.wanted or self.asked:
            return None
        if self._asked is not None and self._asked < len(plan.programme.steps):
            return self._asked
        bar, chance = self.end_bar, (plan.scene, plan.voice, plan.seed, self.steps_taken)
        moment = ProgrammeMoment(bar, last.loop, plan.limits_at(bar), self._loved() is not None, chance)
        if self.fruitless:  # it was held for as long as nothing came
            anew = self._place_in_programme.next(plan.programme, replace(moment, can_hold=False))
            if anew is not None:
                return anew
        return self._place_in_programme.next(plan.programme, moment)

    def _loved(self) -> PlayedLoop | None:
        """The loop of before that a programme brings back, if there is one that the voice can play."""
        if self.plan.programme is None or not self.plan.programme.returns:
            return None
        return self.themes.loved(self._does)

    @property
    def holds(self) -> bool:
        """Whether the last loop is to be held (:meth:`again`), and none asked for: by an operator, or for long."""
        return (self._left > 0 and not self.wanted and not self.asked) or _holds(self.next_step())

    @property
    def waits(self) -> bool:
        """Whether the voice is silent before what it places next."""
        return self.end_bar > self.placed_to

    def go_to(self, bar: int) -> None:
        """Go on in scene bar ``bar``, or where the voice comes in, if it does not sound there."""
        self.placed_to = self.end_bar = bar
        self.look()

    def look(self) -> None:
        """Find out where the voice comes in: of a bar that was too far away to know it, more is known now."""
        self.end_bar = self.plan.sounding_from(self.end_bar)

    def catch_up(self, soonest: int, bars: int) -> None:
        """Go on in scene bar ``soonest`` or later: where a loop of so many ``bars`` begins anew, or the voice does."""
        late = soonest - self.end_bar
        if late <= 0:
            return
        begins = self.plan.begins(soonest - 1)
        bar = self.end_bar - (-late // bars) * bars
        self.go_to(bar if begins is None else min(bar, begins))

    def look_back(self) -> None:
        """Decide, before a loop is placed or asked for, whether one of before comes back in its place.

        That is a theme of the section that begins there, or within a section now and then a loop that has stayed away
        for minutes. What people want comes first.
        """
        if self.asked is not None:
            return
        if self.returning is None and not self._left and self.next_step() == "return":
            self.returning = self._loved()
        spot = self.plan.section(self.end_bar)
        if spot is None or self.wanted or self.returning:
            return
        if spot.number != self._section:
            if spot.number != self._opened:
                self._opened = spot.number
                self._open(spot)
        elif self.plan.source == "model" and self._last is not None and not self.holds:
            plan = self.plan
            missed = self.themes.missed(self.end_bar, plan.scene, plan.voice, plan.seed, self.steps_taken)
            self.returning = missed if missed is not None and self._does(missed) else None

    def _open(self, spot: SectionSpot) -> None:
        """Begin a section as it says: with a theme of its own, or by an operator."""
        if spot.opens != "return":
            self.want(spot.opens)
            return
        theme = self.themes.due(spot)
        if theme is None:
            return
        played, made_by = theme.played, theme.played.made_by
        if self.plan.source == "harmony" or (not theme.is_varied and self._does(played)):
            self.want_again(played)
        elif self.plan.source == "model" and made_by is not None:
            self._last = After(made_by, played.loop)
            self.wanted = "mutate"
        self._theme = theme

    def _does(self, played: PlayedLoop) -> bool:
        """Whether a loop of before is what the voice may play where it goes on."""
        return played.made_by is not None and self.plan.is_near(played.made_by.limits, self.end_bar)

    def _remember(self, placement: Placement) -> None:
        spot = self.plan.section(placement.start_bar)
        returns = self.plan.programme is not None and self.plan.programme.returns
        if (
            placement.made_by is None
            or self.asked is not None
            or (spot is None and self.plan.bands is None and not returns)
        ):
            return
        played = PlayedLoop(*placement.original, placement.made_by)
        if spot is not None and spot.number != self._section:
            self.themes.began(spot, played, self._theme)
            self._section, self._theme = spot.number, None
        if self.plan.source == "model":
            self.themes.heard(played, placement.start_bar)

    def open_with(self, recipe: str, loop: Loop, times: int = 1) -> Placement:
        """Play a loop that is already there, until a composed one follows: it is no step of the evolution."""
        return self._place(recipe, loop, times)

    def again(self, turns: int | None = None) -> Placement:
        """Hold the last loop once more: an operator's step, or the way out when nothing new could be composed.

        Args:
            turns: for how many turns, if not as the voice holds its loops.

        Raises:
            RuntimeError: if there is no last loop; :attr:`holds` is never true then.
        """
        if self._last is None:
            raise RuntimeError(f"the line of {self.plan.voice} has nothing to hold yet")
        times = self._left or turns or self.hold
        if not self._left:
            self._step()
        self._left = times - self._at_once(times)
        return self._place(self._last.recipe.id, self._last.loop, times, self._last.recipe)

    def repeat(self, placement: Placement) -> Placement:
        """Play what was placed once more: it is no step of the evolution."""
        return self._place(*placement.original, self.plan.hold, placement.made_by)

    def resume(self, placement: Placement | None, bar: int) -> None:
        """Forget what was placed after ``placement``, or all of it (None), and go on from it in scene bar ``bar``.

        The steps that were taken stay taken, so that what follows now is other music than what was forgotten.
        """
        self.go_to(bar)
        self._left, self._asked = 0, None
        spot = self.plan.section(placement.start_bar) if placement and placement.made_by else None
        self._section, self._opened, self._theme = spot and spot.number, None, None
        self._last = After(placement.made_by, placement.original[1]) if placement and placement.made_by else None

    @property
    def derives(self) -> bool:
        """Whether the loop whose turn it is needs no model: it is written, or follows from the harmony."""
        return self.writes or OPERATORS[self.next_step()].traits.source == "harmony"

    @property
    def writes(self) -> bool:
        """Whether it is written."""
        return OPERATORS[self.next_step()].traits.source == "written"

    @property
    def operator_hears(self) -> bool:
        """Whether the operator whose turn it is reads what all voices before it will play."""
        return OPERATORS[self.next_step()].hears

    @property
    def listens(self) -> bool:
        """Whether what is made next is to fit what others will play: a model composes it, or it has their rhythm."""
        if self.asked is not None:
            return False
        return bool(self.plan.relations) and OPERATORS[self.next_step()].traits.source in {"model", "harmony"}

    def next_recipe(self, heard: tuple[HeardLoop, ...] = (), loops: Mapping[str, Loop] | None = None) -> Recipe:
        """What to ask for, by the operator whose turn it is.

        Args:
            heard: what other voices will play in its bars, if it :attr:`listens` or its :attr:`operator_hears`.
            loops: these loops by their content hashes.

        Raises:
            RuntimeError: if that holds the last loop, and asks for none.
        """
        step = self.next_step()
        if self.holds:
            raise RuntimeError("holding a loop needs no recipe")
        again = self.wanted == ANOTHER and self._last is not None and self._last.recipe.operator == step
        self._asked = self._number()
        programmed = self._programmed()
        told = programmed.settings if programmed and programmed.operator == step else None
        recipe = self.plan.recipe(step, self.steps_taken, self.end_bar, self._last, heard, loops, again=again)
        recipe = replace(recipe, settings={**recipe.settings, **told}) if told else recipe
        if self.contour and recipe.traits.buttons:
            recipe = replace(recipe, settings={**recipe.settings, CONTOUR: self.contour})
        if self._idea and self.steps_taken < self._idea[1]:
            recipe = replace(recipe, seed=self._idea[0])
        recipe = self.by_hand.bent(recipe)
        recipe = recipe if self.asked is None else self.asked.recipe(self.plan, recipe)
        return recipe if self.temperature is None else replace(recipe, temperature=round(self.temperature, 4))

    def candidate(
        self, sounding: PlayedLoop | None, number: int, heard: tuple[HeardLoop, ...], loops: Mapping[str, Loop]
    ) -> Recipe:
        """What to ask for in place of the loop that sounds, drawn for the ``number``-th time: no step of the evolution.

        Args:
            sounding: what sounds; None where nothing was composed yet.
            number: from 1.
            heard: what other voices will play.
            loops: these loops by their content hashes.
        """
        made_by = sounding.made_by if sounding else None
        after = After(made_by, sounding.loop) if sounding and made_by else None
        step = self._drawn_again(made_by) if made_by else self.plan.first
        again = made_by is not None and made_by.operator == step
        recipe = self.plan.recipe(step, self.steps_taken, self.end_bar, after, heard, loops, again=again)
        recipe = replace(self.by_hand.bent(recipe), seed=derive_seed(recipe.seed, "candidate", number))
        return recipe if self.temperature is None else replace(recipe, temperature=round(self.temperature, 4))

    def take(self, recipe: Recipe, loop: Loop, *, new: bool = True, turns: int | None = None) -> Placement:
        """The answer to :meth:`next_recipe`: it follows what the line already plays.

        Args:
            recipe: what made the loop.
            loop: the loop.
            new: whether it is another one than the loop before, where another was asked for.
            turns: for how many turns it is played, if not as the voice holds its loops.
        """
        times = turns or self.hold
        self._step()
        self.fruitless = 0 if new else self.fruitless + 1
        self._last = After(recipe, loop)
        self._left = times - self._at_once(times)
        return self._place(recipe.id, loop, times, recipe)

    def want(self, how: Evolving) -> None:
        """Let the next loop come of the last in this way or, where loops are derived, be a turn of another idea.

        What is written stays as it is, and what is derived goes on by itself.
        """
        self.returning = self._theme = self.asked = None
        if self.plan.source == "model":
            self.wanted = self.plan.first if how == "reset" else how
        elif self.plan.source == "harmony" and how == "reset":
            self._begin_idea(self.plan.seed_of(0))
        elif self.plan.source == "harmony" and how != "continue":
            self._idea = None
            self.steps_taken += self.plan.turns

    def want_again(self, played: PlayedLoop) -> None:
        """Let a loop of before be next; where loops are derived, its idea, as its chords are those of other bars."""
        self._theme = self.asked = None
        if self.plan.source == "model":
            self.wanted, self.returning = None, played
        elif self.plan.source == "harmony" and played.made_by is not None:
            self._begin_idea(played.made_by.seed)

    def go_back(self) -> Placement:
        """Place what is :attr:`returning`, and go on from it: a step of the evolution.

        Raises:
            RuntimeError: if nothing is.
        """
        played = self.returning
        if played is None:
            raise RuntimeError(f"the line of {self.plan.voice} goes back to nothing")
        times = self.hold
        self._step()
        self.fruitless = 0
        self._last = After(played.made_by, played.loop) if played.made_by else None
        self._left = times - self._at_once(times) if self._last else 0
        return self._place(played.recipe, played.loop, times, played.made_by)

    def skip(self, turns: int | None = None) -> Placement | None:
        """No loop could be made this time: hold the last one, if there is one, and go on to the next step.

        Args:
            turns: for how many turns it is held, if not as the voice holds its loops.
        """
        self.fruitless += 1
        self._left = 0
        if self._last is not None:
            return self.again(turns)
        self._step()
        return None

    def way_back(self, bar: int) -> bool:
        """Let a loop be next that was last placed before scene bar ``bar``, where there is one that the voice plays."""
        old = self.themes.longest_away(bar, self._does)
        if old is None:
            return False
        self.want_again(old)
        return True

    def _drawn_again(self, recipe: Recipe) -> str:
        """The operator of a recipe, or where no model drew its loop the next of the scene's by which one draws."""
        at = self.steps_taken - 1
        then = [self.plan.then[(at + number) % len(self.plan.then)] for number in range(len(self.plan.then))]
        drawing = (step for step in (recipe.operator, *then) if OPERATORS[step].traits.source == "model")
        return next(drawing, self.plan.first)

    def _begin_idea(self, seed: int) -> None:
        self._idea = seed, self.steps_taken + self.plan.turns

    def _step(self) -> None:
        self._place_in_programme.take(self._number(), self.end_bar)
        self._asked = None
        self.steps_taken += 1
        self.wanted = self.returning = None

    def _place(self, recipe: str, loop: Loop, times: int, made_by: Recipe | None = None) -> Placement:
        start, turns = self.end_bar, self._at_once(times)
        border = self.plan.border(start, start + turns * loop.bars)
        if border is not None:
            self._left = 0
            turns = -(-(border - start) // loop.bars)
        placement = Placement(recipe, loop, start, turns, made_by, until=border)
        self._remember(placement)
        self.go_to(placement.end_bar)
        return placement

    def _at_once(self, times: int) -> int:
        """How many of so many turns are placed at a time."""
        stays = self.plan.harmony is None and self.plan.longest_at(self.end_bar) is None
        return times if stays else min(times, MOST_TURNS)


def _holds(operator: str) -> bool:
    return OPERATORS[operator].traits.source in HOLDING
