"""An operator: how the next loop of a voice comes from the loop before, from other voices, and from the scene."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from reverie.compose.recipe import ContinuedPast, Recipe
from reverie.music.notes import Loop, Note
from reverie.music.time import SLIVER, TICKS_PER_STEP
from reverie.scenes.operators import OPERATOR_TRAITS, OperatorTraits

LONGEST_PAST = 16
"""So many loops back a model remembers, at most."""
_MOST_EVENTS = 2048
"""Of several notes at a time each is an event, and recipes have all of them: with more the passage begins anew."""


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a model is told before it composes: a primer, its length in sixteenths, and the loops since then."""

    primer: tuple[Note, ...] = ()
    primer_steps: int = 0
    past: tuple[ContinuedPast, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """The loop that comes before, and the recipe that made it."""

    recipe: Recipe
    loop: Loop

    @property
    def continued(self) -> ModelInput:
        """What a model that goes on from the loop is told.

        That is what it was told for the first of the loops that continue each other, and what came of it. So that a
        recipe stays short, a passage of many loops begins anew now and then, with the last loop as its primer.
        """
        past = self.recipe.remembered
        events = 0 if self.recipe.traits.in_a_row else sum(len(one.events) for one in past)
        if 0 < len(past) <= LONGEST_PAST and events <= _MOST_EVENTS:
            return ModelInput(self.recipe.primer, self.recipe.primer_steps, past)
        return ModelInput(self.loop.notes, self.loop.ticks // TICKS_PER_STEP)

    @property
    def told(self) -> ModelInput:
        """What the model was told for the loop itself."""
        return ModelInput(self.recipe.primer, self.recipe.primer_steps, self.recipe.past)

    @property
    def first_half(self) -> ModelInput:
        """The first half of the loop as a primer, without what hardly begins before its end."""
        kept = self.loop.ticks // TICKS_PER_STEP // 2
        end = kept * TICKS_PER_STEP
        there = (note for note in self.loop.notes if note.start < (end if note.end <= end else end - SLIVER))
        notes = (replace(note, length=min(note.length, end - note.start)) for note in there)
        return ModelInput(tuple(notes), kept)


def _of_the_scene(own: ModelInput, after: After) -> ModelInput:
    del after
    return own


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator of :data:`reverie.scenes.operators.OPERATOR_TRAITS` does.

    ``told`` chooses what the model is told, of the scene's own primer and of the loop before. Where no model composes,
    ``derive`` makes the loop from what the recipe has: ``before``, and with ``hears`` what the voices that are composed
    before this one play in its bars (``heard``, whose loops are in ``loops``). Its notes are in ticks from the loop's
    start; the guard mends them, and leaves their dynamics. ``finished`` has the last word on a loop that was guarded
    and played with a touch. ``carried`` are settings of its recipe that follow from the loop before.
    """

    name: str
    told: Callable[[ModelInput, After], ModelInput] = _of_the_scene
    derive: Callable[[Recipe], Iterable[Note]] | None = None
    carried: Callable[[After], Mapping[str, float | str]] | None = None
    hears: bool = False
    finished: Callable[[Recipe, Loop], Loop] | None = None

    @property
    def traits(self) -> OperatorTraits:
        """What scenes and people are told of it."""
        return OPERATOR_TRAITS[self.name]
