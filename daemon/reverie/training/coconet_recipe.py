"""How Reverie's own Coconets hear: eighths, and the pitches of a choir and a little more."""

from __future__ import annotations

from typing import Any

from reverie.training.recipes import TrainingRecipe

STEPS_PER_QUARTER = 2
"""Harmony seldom moves faster than by eighths, and half as many steps are learned in half the time."""
LOWEST_PITCH = 36
HIGHEST_PITCH = 84
MOST_MOVED = 6
"""By how many semitones, drawn each time, examples are transposed at most while they are learned from."""
_SIXTEENTHS = 4
_LEVEL = 0.5
"""Magenta's name for a quarter: seconds at 120 quarters a minute."""


def coconet_hparams(recipe: TrainingRecipe) -> dict[str, Any]:
    """Magenta's hyperparameters of a recipe."""
    return {
        "min_pitch": LOWEST_PITCH,
        "max_pitch": HIGHEST_PITCH,
        "quantization_level": _LEVEL / STEPS_PER_QUARTER,
        "crop_piece_len": recipe.window * STEPS_PER_QUARTER // _SIXTEENTHS,
        "mask_indicates_context": True,
        "optimize_mask_only": True,
        **recipe.hparams,
    }


def highest_pitch(recipe: TrainingRecipe) -> int:
    """The highest pitch that a model of a recipe knows."""
    return int(coconet_hparams(recipe)["max_pitch"])
