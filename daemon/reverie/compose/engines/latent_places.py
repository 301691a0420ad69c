"""Where in the latent space of a MusicVAE the loops of a recipe come from.

A place is a latent vector, the chance with which it is decoded, and by how much what comes of it is transposed. A
recipe keeps its place as whole numbers, so that loops that come from it later need neither the encoder, which some
published models lack, nor what the guard has made of the notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.compose.operators.latent_steps import CONTINUED, MUTATED, TOGETHER
from reverie.compose.recipe import Recipe
from reverie.compose.seeds import derive_seed
from reverie.models.lstm import Array
from reverie.models.vae.heads import Floats

_GRAIN = 64
"""Into how many parts a unit of the latent space, the deviation of its prior, is divided: what it is kept in."""
_SMALLEST, _WIDEST = 0.04, 0.3
"""How far from the place of the loop before those of a mutation are, from the first candidate to the last."""
_GOES_ON = 0.5
"""The same, where a loop goes on from the one before: nearer than chance, which is 1."""
_ANSWERS = 0.35
"""How far an answer is from its phrase."""
_BESIDE = 0.1
"""How far the last candidate is from a place that a way leads through."""
_CHANGES, _APART = 0.15, 0.3
"""How far a trio's place is from the one before after a mutation, and the last candidate of one of its voices from the
place that all share."""
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class LatentPlace:
    """``vector`` (z) of which a model decodes a loop by the chance of seed ``draws``; the loop is ``shift`` higher.

    The shift, in semitones, is that of the loop to which key and register have not moved since
    (:func:`~reverie.compose.conditioning.moved_since`). A place beside one that several voices share keeps that one's
    vector, ``shared``, from which they all go on.
    """

    vector: Array
    draws: int
    shift: int = 0
    shared: Array | None = None

    @property
    def as_events(self) -> tuple[int, ...]:
        """Whole numbers for a recipe."""
        kept = self.vector if self.shared is None else self.shared
        return (self.shift, self.draws, *(round(float(one) * _GRAIN) for one in kept))

    @classmethod
    def of_events(cls, events: Sequence[int], size: int) -> LatentPlace | None:
        """Read :attr:`as_events`; None if these are no place in a space of ``size`` dimensions."""
        if len(events) != size + 2:
            return None
        shift, draws, *rest = events
        return cls((np.array(rest) / _GRAIN).astype(np.float32), draws, shift)

    def piece(self, number: int) -> Array:
        """The vector of a piece of the loop: the place itself is that of phrases, and of answers one beside it."""
        if number % 2 == 0:
            return self.vector
        aside = np.random.default_rng((self.draws, number)).standard_normal(len(self.vector))
        return near(self.vector, aside.astype(np.float32), _ANSWERS)

    def luck(self, steps: int, classes: int) -> Floats:
        """What is added to the log-probability of each class (steps, classes), of which the highest is drawn then.

        Gumbel's numbers, so that each is drawn as often as it is likely; and where the probabilities of two places
        differ little, mostly the same is drawn. All pieces have the same luck: an answer is otherwise only where its
        vector is.
        """
        uniforms = np.random.default_rng(self.draws).random((steps, classes))
        return -np.log(-np.log(np.clip(uniforms, _TINY, 1 - _TINY)))


def rounded(vector: Array) -> Array:
    """A vector as a recipe keeps it, so that what is decoded now and what is decoded of the recipe are the same."""
    return (np.rint(vector * _GRAIN) / _GRAIN).astype(np.float32)


def near(vector: Array, other: Array, share: float) -> Array:
    """A vector that is as likely as both, and nearer to the first the smaller the share, 0 to 1, of the other's."""
    return rounded((math.sqrt(1.0 - share**2) * vector + share * other).astype(np.float32))


def prior(recipe: Recipe, size: int) -> list[LatentPlace]:
    """Places anywhere."""
    return [LatentPlace(rounded(noise), draws) for noise, draws in _chances(recipe, size)]


def around(recipe: Recipe, mean: Array, deviation: Array, shift: int) -> list[LatentPlace]:
    """Places that stand for much the same music as that whose encoding this is."""
    return [
        LatentPlace(rounded(np.add(mean, deviation * noise, dtype=np.float32)), draws, shift)
        for noise, draws in _chances(recipe, len(mean))
    ]


def beside(recipe: Recipe, place: LatentPlace) -> list[LatentPlace]:
    """The place itself, and others so near to it that it is hardly another: what comes of each may be chosen from."""
    widths = [_BESIDE * number / max(recipe.candidates - 1, 1) for number in range(recipe.candidates)]
    return [
        replace(place, vector=near(place.vector, noise, width))
        for (noise, _), width in zip(_chances(recipe, len(place.vector)), widths, strict=True)
    ]


def drawn_together(recipe: Recipe, size: int) -> LatentPlace:
    """The place that the voices of a trio begin with, whoever of them asks."""
    return LatentPlace(rounded(_noise_together(recipe, size)), derive_seed(together(recipe), "draws"))


def gone_together(recipe: Recipe, place: LatentPlace) -> LatentPlace:
    """Where the voices of a trio go from a place that they share: a step of the recipe's operator."""
    noise = _noise_together(recipe, len(place.vector))
    if recipe.operator == MUTATED:
        return replace(place, vector=near(place.vector, noise, _CHANGES))
    return replace(place, vector=near(place.vector, noise, _GOES_ON), draws=derive_seed(together(recipe), "draws"))


def apart(recipe: Recipe, place: LatentPlace) -> list[LatentPlace]:
    """A place that voices share, and others around it, of which each voice chooses; all go on from the first."""
    widths = np.linspace(0.0, _APART, recipe.candidates)
    return [
        replace(place, vector=near(place.vector, noise, float(width)), shared=rounded(place.vector))
        for (noise, _), width in zip(_chances(recipe, len(place.vector)), widths, strict=True)
    ]


def together(recipe: Recipe) -> int:
    """The seed of the places that a recipe asks for: the same for all voices of a trio, else its own."""
    return int(recipe.settings.get(TOGETHER, recipe.seed))


def _noise_together(recipe: Recipe, size: int) -> Array:
    return np.random.default_rng(together(recipe)).standard_normal(size).astype(np.float32)


def from_there(recipe: Recipe, place: LatentPlace) -> list[LatentPlace]:
    """Places near that of the loop before: those of a recipe's operator, one for each candidate."""
    return _WAYS.get(recipe.operator, _going_on)(recipe, place)


def _mutated(recipe: Recipe, place: LatentPlace) -> list[LatentPlace]:
    """Small steps, each wider than the one before, decoded by the chance of the loop before: all else is as it was."""
    widths = np.linspace(_SMALLEST, _WIDEST, max(recipe.candidates, 2))
    return [
        replace(place, vector=near(place.vector, noise, float(width)))
        for (noise, _), width in zip(_chances(recipe, len(place.vector)), widths, strict=False)
    ]


def _going_on(recipe: Recipe, place: LatentPlace) -> list[LatentPlace]:
    return [
        replace(place, vector=near(place.vector, noise, _GOES_ON), draws=draws)
        for noise, draws in _chances(recipe, len(place.vector))
    ]


_WAYS: Mapping[str, Callable[[Recipe, LatentPlace], list[LatentPlace]]] = {MUTATED: _mutated, CONTINUED: _going_on}


def _chances(recipe: Recipe, size: int) -> list[tuple[Array, int]]:
    """For each candidate a vector of the prior, and a seed."""
    noise = np.random.default_rng(recipe.seed).standard_normal((recipe.candidates, size)).astype(np.float32)
    return [(row, derive_seed(recipe.seed, "draws", number)) for number, row in enumerate(noise)]
