"""A loop that a voice has played, and may go back to: because a person kept it, or takes back what was done since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.compose.good_loop import GoodLoop, read_loop
from reverie.compose.guard import adapt
from reverie.compose.recipe import LaterRecipeError, Recipe
from reverie.compose.voice_plan import VoicePlan
from reverie.music.notes import Loop
from reverie.music.voice_kinds import VOICE_KINDS


@dataclass(frozen=True, slots=True)
class PlayedLoop:
    """A loop by its recipe's id. ``made_by`` is the recipe; None for one that was there before, as a shipped one."""

    recipe: str
    loop: Loop
    made_by: Recipe | None = None

    def fitted(self, plan: VoicePlan, bar: int) -> PlayedLoop | None:
        """The same as a voice can play it from scene bar ``bar`` on; None where nothing of it remains.

        What no model composes is made for its own bars, and never bent.

        As long as the voice is what it was, it is the very loop. Else it is bent to what the voice is now, and a model
        goes on from its notes alone, as what was remembered is another voice's.
        """
        if plan.source != "model":
            return self
        if self.made_by is not None and _is_of(plan, self.made_by) and self._is_in_register(plan):
            return self
        loop = adapt(self.loop, plan.recipe("reset", 0, bar))
        return loop and replace(self, loop=loop, made_by=self.made_by and replace(self.made_by, choice=None, past=()))

    def _is_in_register(self, plan: VoicePlan) -> bool:
        """Whether the voice may play all of its pitches; a course moves the register from bar to bar."""
        if plan.course is not None or not VOICE_KINDS[plan.kind].pitched:
            return True
        return all(plan.limits.low <= note.pitch <= plan.limits.high for note in self.loop.notes)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        made_by = self.made_by and self.made_by.as_json()
        return {"id": self.recipe, "recipe": made_by, "loop": self.loop.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlayedLoop:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is no such data.
        """
        if not isinstance(data["id"], str):
            raise TypeError("a recipe's id is a text")
        if data["recipe"] is None:
            return cls(data["id"], read_loop(data["loop"]))
        try:
            good = GoodLoop.from_json(data)
        except LaterRecipeError:  # its notes are there all the same
            return cls(data["id"], read_loop(data["loop"]))
        return cls(data["id"], good.loop, good.recipe)


def _is_of(plan: VoicePlan, recipe: Recipe) -> bool:
    """Whether the recipe was made for the voice as it is now, as far as its notes go."""
    limits = recipe.limits
    _, model_hash = plan.guests.get(recipe.operator, (plan.model, plan.model_hash))
    return (
        (recipe.kind, recipe.model_hash, recipe.bars, recipe.metre)
        == (plan.kind, model_hash, plan.bars, plan.metre)
        and (limits.tonic, limits.scale) == (plan.limits.tonic, plan.limits.scale)
    )  # fmt: skip
