"""Banks of a short tone or two, whole and on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reverie.timbre.bank.bank import Bank, Origin
from reverie.timbre.bank.bank_files import bank_files
from reverie.timbre.bank.cache import BankCache
from reverie.timbre.recipe import BankRecipe, Ingredient
from reverie.timbre.sound import Sound

_RATE = 16_000


def make_bank(cache: Path, seed: int, pitches: tuple[int, ...] = (60,), seconds: float = 0.2) -> Bank:
    """A bank of sines in a cache; another seed is another bank."""
    recipe = BankRecipe("aa", (Ingredient(1.0, latent=1),), pitches, (100,), seconds, -20.0, seed)
    times = np.arange(round(seconds * _RATE)) / _RATE
    hertz = [440 * 2 ** ((pitch - 69) / 12) for pitch in pitches]
    sounds = [Sound(np.sin(2 * np.pi * one * times).astype(np.float32), _RATE) for one in hertz]
    files = bank_files(recipe, sounds, f"bank {seed}", {"name": "m"}, [Origin("tone", 1.0)])
    return BankCache(cache, 1 << 30).put(recipe.id, files)
