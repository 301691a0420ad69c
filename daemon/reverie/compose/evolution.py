"""The line of a voice: which loop follows which, and from which bar to which.

An evolution knows no clock and no model. It says what to ask for next (:meth:`Evolution.next_recipe`), takes the answer
(:meth:`Evolution.take`) and hands back where it belongs (:class:`Placement`). The daemon and the offline performance
drive the same ones, so they make the same music.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from reverie.compose.conditioning import scene_major
from reverie.compose.fitting import FittingRules, fit
from reverie.compose.local_key import local_major
from reverie.compose.operators.operator import After, ModelInput
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.operators.written import has_velocities
from reverie.compose.recipe import VERSION, HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.seeds import derive_seed
from reverie.compose.sounding_bass import bass_of
from reverie.music.harmony import OCTAVE, BarHarmony, HarmonyPlan
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS

MOST_TURNS = 64
"""Turns of a loop that are placed at a time where the chords may change under it."""
BEGIN_ANEW = 2
"""Answers in a row without a new loop after which a line begins with its primer again: what it goes on from leads
nowhere."""


class SettingsPlan(Protocol):
    """What a voice tells its operators, over the bars of a scene. Equal plans tell the same."""

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The settings of a loop that starts in scene bar ``bar``."""
        ...


@dataclass(frozen=True, slots=True)
class VoicePlan:
    """What a scene says of a voice, as far as composing goes.

    ``temperature`` maps a bar of the scene to a number. ``first`` is the operator with which its line begins, and
    begins anew. ``harmony`` is None for a voice that is free of it, and ``relations`` say which others it listens to.
    ``settings`` are those of its operators, which may change from bar to bar. So many loops in a row as ``turns`` have
    the same seed: where each loop is made for its own bars, as the harmony wants it, they are turns of one idea.
    """

    scene: str
    scene_hash: str
    seed: int
    metre: Metre
    voice: str
    kind: str
    model: str
    model_hash: str
    primer: tuple[Note, ...]
    primer_steps: int
    bars: int
    hold: int
    then: tuple[str, ...]
    temperature: Callable[[int], float]
    limits: LoopLimits
    candidates: int = 1
    novelty: tuple[float, float] = (0.0, 1.0)
    first: str = "reset"
    harmony: HarmonyPlan | None = None
    strictness: float = 0.0
    relations: tuple[Relation, ...] = ()
    touch: Touch | None = None
    settings: SettingsPlan | None = None
    turns: int = 1

    def recipe(
        self,
        operator: str,
        number: int,
        bar: int,
        after: After | None = None,
        heard: tuple[HeardLoop, ...] = (),
        loops: Mapping[str, Loop] | None = None,
    ) -> Recipe:
        """The recipe of the line's loop ``number``, which is to start in bar ``bar`` of the scene.

        The operator chooses what the model is told; without a loop before, that is the scene's own primer. ``heard`` is
        what other voices play in the loop's bars, and ``loops`` these loops by their content hashes.
        """
        heard_loops = dict(loops or {})
        told = ModelInput(self.primer, self.primer_steps)
        if after:
            told = OPERATORS[operator].told(told, after)
            if OPERATORS[operator].traits.keeps_primer:
                told = replace(told, primer=self._fitted(told.primer, after, bar, heard, heard_loops))
        recipe = Recipe(
            scene=self.scene,
            scene_hash=self.scene_hash,
            voice=self.voice,
            kind=self.kind,
            model=self.model,
            model_hash=self.model_hash,
            operator=operator,
            seed=derive_seed(self.scene, self.voice, self.seed, number // self.turns),
            temperature=round(self.temperature(bar), 4),
            bars=self.bars,
            metre=self.metre,
            primer=told.primer,
            primer_steps=told.primer_steps,
            limits=self.limits,
            past=told.past,
            candidates=self.candidates,
            before=after.loop.notes if after else (),
            novelty=self.novelty,
            harmony=self.harmony_of(bar),
            strictness=self.strictness_of(bar),
            relations=self.relations,
            touch=self.touch,
            primer_key=self._primer_key(operator, told, after, bar),
            settings=self._settings(operator, bar, after),
            heard=heard,
            loops=heard_loops,
            version=VERSION,
        )
        return _literal(recipe) if OPERATOR_TRAITS[operator].source == "written" else recipe

    @property
    def literal(self) -> bool:
        """Whether it plays for ever what is written, and needs no model."""
        return not self.model and OPERATOR_TRAITS[self.first].source == "written"

    def _settings(self, operator: str, bar: int, after: After | None) -> dict[str, float | str]:
        carried = OPERATORS[operator].carried
        before: Mapping[str, float | str] = carried(after) if after and carried else dict[str, float | str]()
        return {**(self.settings.at(bar) if self.settings else {}), **before}

    def strictness_of(self, bar: int) -> float:
        """How much the harmony binds a loop that starts in scene bar ``bar``: as its section says, or as the voice."""
        if self.harmony is None:
            return 0.0
        said = self.harmony.strictness_at(bar)
        return self.strictness if said is None else said

    def harmony_of(self, bar: int, bars: int | None = None) -> tuple[BarHarmony, ...]:
        """The harmony of a loop that starts in scene bar ``bar``, and of the bar after it.

        Args:
            bar: the loop's first.
            bars: how long it is, if not as the voice's loops are.
        """
        if self.harmony is None:
            return ()
        return tuple(self.harmony.at(bar + one) for one in range((bars or self.bars) + 1))

    def _primer_key(self, operator: str, told: ModelInput, after: After | None, bar: int) -> int | None:
        """The major key in which the primer is, where the harmony has moved it away from the scene's."""
        home = scene_major(self.limits)
        if self.harmony is None or home is None or after is None or told.primer == self.primer:
            return None
        if told.past:
            return after.recipe.primer_key
        fitted = OPERATORS[operator].traits.keeps_primer
        key = local_major(self.harmony_of(bar) if fitted else after.recipe.harmony, home)
        return None if key == home % OCTAVE else key

    def _fitted(
        self,
        primer: tuple[Note, ...],
        after: After,
        bar: int,
        heard: tuple[HeardLoop, ...],
        loops: Mapping[str, Loop],
    ) -> tuple[Note, ...]:
        """What is kept of the loop before, as the chords from scene bar ``bar`` on want it, and the bass below it."""
        if self.harmony is None or self.strictness_of(bar) <= 0 or not VOICE_KINDS[self.kind].pitched:
            return primer
        lowest = VOICE_KINDS[self.kind].outermost == "lowest"
        rules = FittingRules(self.limits.low, self.limits.high, lowest=lowest)
        bass = bass_of(self.relations, heard, loops, self.bars, self.metre)
        known = bass if any(pitch is not None for pitch in bass.pitches) else None
        return fit(primer, after.recipe.harmony[: self.bars], self.harmony_of(bar), self.metre, rules, known)


@dataclass(frozen=True, slots=True)
class Placement:
    """A loop, played ``times`` times from bar ``start_bar`` of the scene; ``recipe`` is the id of what made it.

    ``made_by`` is the recipe itself; None for a loop that was there already. A loop that is held over other chords is
    placed turn by turn (:mod:`reverie.compose.turns`): the first ``leads``, and ``turn_of`` is the recipe's id and the
    loop of which one is a turn, where it had to be fitted.
    """

    recipe: str
    loop: Loop
    start_bar: int
    times: int
    made_by: Recipe | None = None
    leads: bool = True
    turn_of: tuple[str, Loop] | None = None

    @property
    def original(self) -> tuple[str, Loop]:
        """The recipe's id and the loop, before it was fitted."""
        return self.turn_of or (self.recipe, self.loop)

    @property
    def end_bar(self) -> int:
        """The first bar that is no longer its."""
        return self.start_bar + self.times * self.loop.bars


class Evolution:
    """One voice's way through its evolution: reset first, then the scene's operators in turn, over and over.

    ``temperature`` replaces the plan's for all recipes to come, and ``wanted`` the next operator, once. ``fruitless``
    counts the answers in a row that were no new loop. A loop over chords that is held for very long is placed in parts,
    as each of its turns may be another.
    """

    def __init__(self, plan: VoicePlan, *, start_bar: int = 0) -> None:
        self.plan = plan
        self.end_bar = start_bar
        self.steps_taken = 0
        self.fruitless = 0
        self.temperature: float | None = None
        self.wanted: str | None = None
        self._last: After | None = None
        self._left = 0
        """Turns of the last loop that are still to be placed."""

    def next_step(self) -> str:
        """The name of the operator whose turn it is."""
        if self.steps_taken == 0 or self._last is None:
            return self.plan.first
        if self.wanted:
            return self.wanted
        step = self.plan.then[(self.steps_taken - 1) % len(self.plan.then)]
        return self.plan.first if self.fruitless >= BEGIN_ANEW and not _holds(step) else step

    @property
    def holds(self) -> bool:
        """Whether the last loop is to be held (:meth:`again`), and none asked for: by an operator, or for long."""
        return (self._left > 0 and not self.wanted) or _holds(self.next_step())

    def open_with(self, recipe: str, loop: Loop, times: int = 1) -> Placement:
        """Play a loop that is already there, until a composed one follows: it is no step of the evolution."""
        return self._place(recipe, loop, times)

    def again(self) -> Placement:
        """Hold the last loop once more: an operator's step, or the way out when nothing new could be composed.

        Raises:
            RuntimeError: if there is no last loop; :attr:`holds` is never true then.
        """
        if self._last is None:
            raise RuntimeError(f"the line of {self.plan.voice} has nothing to hold yet")
        times = self._left or self.plan.hold
        if not self._left:
            self._step()
        self._left = times - self._at_once(times)
        return self._place(self._last.recipe.id, self._last.loop, times, self._last.recipe)

    def repeat(self, placement: Placement) -> Placement:
        """Play what was placed once more: it is no step of the evolution."""
        return self._place(*placement.original, self.plan.hold, placement.made_by)

    def resume(self, placement: Placement, bar: int) -> None:
        """Forget what was placed after ``placement``, and go on from it in scene bar ``bar``.

        The steps that were taken stay taken, so that what follows now is other music than what was forgotten.
        """
        self.end_bar = bar
        self._left = 0
        self._last = After(placement.made_by, placement.original[1]) if placement.made_by else None

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
        recipe = self.plan.recipe(step, self.steps_taken, self.end_bar, self._last, heard, loops)
        return recipe if self.temperature is None else replace(recipe, temperature=round(self.temperature, 4))

    def take(self, recipe: Recipe, loop: Loop, *, new: bool = True) -> Placement:
        """The answer to :meth:`next_recipe`: it follows what the line already plays.

        Args:
            recipe: what made the loop.
            loop: the loop.
            new: whether it is another one than the loop before, where another was asked for.
        """
        self._step()
        self.fruitless = 0 if new else self.fruitless + 1
        self._last = After(recipe, loop)
        self._left = self.plan.hold - self._at_once(self.plan.hold)
        return self._place(recipe.id, loop, self.plan.hold, recipe)

    def mutate(self) -> None:
        """Let the next loop be a mutation of the last or, where it is derived, another turn of another idea."""
        if self.derives:
            self.steps_taken += self.plan.turns
        elif not self.plan.literal:
            self.wanted = "mutate"

    def skip(self) -> Placement | None:
        """No loop could be made this time: hold the last one, if there is one, and go on to the next step."""
        self.fruitless += 1
        self._left = 0
        if self._last is not None:
            return self.again()
        self._step()
        return None

    def _step(self) -> None:
        self.steps_taken += 1
        self.wanted = None

    def _place(self, recipe: str, loop: Loop, times: int, made_by: Recipe | None = None) -> Placement:
        placement = Placement(recipe, loop, self.end_bar, self._at_once(times), made_by)
        self.end_bar = placement.end_bar
        return placement

    def _at_once(self, times: int) -> int:
        """How many of so many turns are placed at a time."""
        return times if self.plan.harmony is None else min(times, MOST_TURNS)


def _literal(recipe: Recipe) -> Recipe:
    """A recipe without what has no part in music that is written, so that it is the same whenever that is played."""
    plain = replace(recipe, seed=0, temperature=1.0, past=(), candidates=1, before=())
    touch = None if has_velocities(recipe) else recipe.touch
    return replace(plain, harmony=(), strictness=0.0, relations=(), touch=touch)


def _holds(operator: str) -> bool:
    return OPERATORS[operator].traits.source == "last"
