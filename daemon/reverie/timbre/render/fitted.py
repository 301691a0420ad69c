"""Searches for the latents of a recipe's sounds, slice by slice; what was found once is not searched for again."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from reverie.timbre.bank.latent_shelf import LatentShelf
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.errors import TimbreError
from reverie.timbre.recipe import BankRecipe, Ingredient, IngredientKey
from reverie.timbre.render.progress_interval import Pace, part
from reverie.timbre.render.renderer import Code, Renderer
from reverie.timbre.sound import Sound

log = logging.getLogger(__name__)

KEEP_EVERY = 0.5
"""Seconds of searching that may be lost."""


class Fitting(Protocol):
    """A search, slice by slice."""

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        ...

    def advance(self) -> bool:
        """Do a slice of the work; True once all is done."""
        ...

    def code(self) -> Code:
        """What was found; only once all is done."""
        ...

    def freeze(self) -> bytes:
        """All that :meth:`thawed` needs to go on from here to the very same code."""
        ...

    def thawed(self, frozen: bytes) -> Fitting:
        """This search from where it was frozen; from its beginning if that is damaged."""
        ...


@runtime_checkable
class Fits(Protocol):
    """A timbre model for whose sounds codes are searched for (``Abilities.search``)."""

    def fit(self, sound: Sound, own_pitch: float | None, *, untransposed: bool = False) -> Fitting:
        """The search for the code whose notes are nearest to a sound, transposed to them or ``untransposed``.

        Raises:
            TimbreError: if the sound cannot be used.
        """
        ...


def unknown(recipe: BankRecipe, shelf: LatentShelf) -> list[Ingredient]:
    """The sounds of a recipe whose latents are still to be searched for."""
    return [one for one in _searched(recipe) if shelf.get(one) is None]


def fitted(
    recipe: BankRecipe,
    source: Callable[[str], Sound],
    renderer: Renderer,
    kept: Unfinished,
    shelf: LatentShelf,
    pace: Pace,
) -> Mapping[IngredientKey, Code]:
    """The latents of all sounds of a recipe that are to be fitted.

    Raises:
        TimbreError: if the model searches for none, or a sound cannot be used.
        OSError: if the cache cannot be written.
    """
    codes = {one.key: shelf.get(one) for one in _searched(recipe)}
    wanted = [one for one in _searched(recipe) if codes[one.key] is None]
    for number, one in enumerate(wanted):
        share = part(pace, number / len(wanted), (number + 1) / len(wanted))
        codes[one.key] = latent = _search(one, source(one.sound), renderer, kept, share)
        shelf.keep(one, latent)
    return {key: code for key, code in codes.items() if code is not None}


def _searched(recipe: BankRecipe) -> list[Ingredient]:
    """The sounds of a recipe that are searched for, each once."""
    return [*{one.key: one for played in recipe.keys for one in played.ingredients if one.fit}.values()]


def _search(one: Ingredient, sound: Sound, renderer: Renderer, kept: Unfinished, pace: Pace) -> Code:
    if not isinstance(renderer, Fits):
        raise TimbreError("the timbre model is not the one that this bank was planned with; start Reverie again")
    name = f"fit-{hashlib.sha256(repr(one.key).encode()).hexdigest()[:16]}"
    fitting: Fitting = renderer.fit(sound, one.own_pitch, untransposed=one.untransposed)
    frozen = kept.get_bytes(name)
    if frozen is not None:
        fitting = fitting.thawed(frozen)
    begun = kept_at = time.monotonic()
    while not fitting.advance():
        if time.monotonic() - kept_at >= KEEP_EVERY:
            kept.keep_bytes(name, fitting.freeze())
            kept_at = time.monotonic()
        pace(fitting.done)
    pace(1.0)
    log.info("A latent was found for the sound %s in %.0f s.", one.sound[:12], time.monotonic() - begun)
    return fitting.code()
