"""The loop before as other chords want it: what a held loop is played as while the harmony goes on."""

from __future__ import annotations

from reverie.compose.fitting import FittingRules, fit
from reverie.compose.operators.operator import Operator
from reverie.compose.recipe import Recipe
from reverie.compose.sounding_bass import sounding_bass
from reverie.compose.written_line import beside_line, played_line, split_by_line
from reverie.music.notes import Note


def fitted(recipe: Recipe) -> tuple[Note, ...]:
    """The notes of a recipe's loop before, which suited its harmony before, fitted to its harmony and its bass.

    A line that is written stays as it is.
    """
    limits = recipe.limits
    rules = FittingRules(limits.low, limits.high, lowest=recipe.traits.outermost == "lowest")
    bass = sounding_bass(recipe) if recipe.relations else None
    written, moved = split_by_line(recipe.before, played_line(recipe))
    moved = fit(moved, recipe.harmony_before[: recipe.bars], recipe.harmony, recipe.metre, rules, bass)
    return *written, *beside_line(moved, written)


FIT_TO_CHORDS = Operator("fit-to-chords", derive=fitted)
