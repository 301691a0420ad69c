"""By which recipe a model was trained, as far as its card says it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from reverie.models.library.card import ModelCard
from reverie.training.errors import TrainingError
from reverie.training.recipes import RECIPES, TrainingRecipe


def recipe_of_card(card: ModelCard) -> TrainingRecipe:
    """The recipe that a model was trained by, as its card says; else that of its configuration.

    Raises:
        TrainingError: if there is none.
    """
    told = card.training.get("recipe")
    if isinstance(told, dict):
        names = {field.name for field in fields(TrainingRecipe)}
        known: dict[str, Any] = {
            str(name): tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType]
            for name, value in told.items()  # pyright: ignore[reportUnknownVariableType]
            if name in names
        }
        return TrainingRecipe(**known)
    try:
        return RECIPES[card.config]
    except KeyError:
        raise TrainingError(f"{card.name}: is of {card.config}, which cannot be judged yet") from None
