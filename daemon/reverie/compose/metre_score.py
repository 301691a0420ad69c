"""How much a loop has the metre of real music; without NumPy, which who only chooses between loops can do without."""

from __future__ import annotations

from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop

BEAT = "beat"
"""The setting by which a recipe says how much it wishes so: 0 leaves it to the model, 1 is as in real music."""
_QUARTER = 0.7
ON_QUARTERS = 0.68
"""The least accent of a quarter, and the share of real notes that begin on one."""


def metre_score(recipe: Recipe, loop: Loop) -> float | None:
    """How near the share of a loop's notes that begin on quarters is to real music's, 0 to 1; None where unasked."""
    share = recipe.settings.get(BEAT)
    begun = [note for note in loop.notes if not note.tied]
    if not isinstance(share, float) or share <= 0 or not begun:
        return None
    there = sum(recipe.metre.accent(note.start) >= _QUARTER for note in begun) / len(begun)
    return 1.0 - abs(there - ON_QUARTERS) / ON_QUARTERS
