"""The recipe of a bank: everything needed to render it again to the byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reverie.timbre.sound import NoteRequest

VERSION = 1
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A sound that is mixed in: ``sound`` is the hash of a source, or ``latent`` the seed of a point of the model.

    ``own_pitch`` is the pitch at which the source itself sounds, as a MIDI number with a fraction, where that is
    known. ``weight`` is its share, more than 0. What people call it is no matter of the recipe.
    """

    weight: float
    sound: str = ""
    latent: int | None = None
    own_pitch: float | None = None

    @property
    def key(self) -> tuple[str, int, float]:
        """What it is without its weight, to be ordered by."""
        nothing = -1
        return (
            self.sound,
            nothing if self.latent is None else self.latent,
            nothing if self.own_pitch is None else self.own_pitch,
        )


def mixture(ingredients: Iterable[Ingredient]) -> tuple[Ingredient, ...]:
    """The one way to write a mixture: the same sounds with the same shares are equal, whatever order they came in.

    What has no weight is left out, and what comes twice is put together, so that a path which comes by the same point
    again finds the bank it has rendered there. Weights are brought to a sum of 1 and to nine digits.

    Raises:
        ValueError: if there is nothing in it, or less than nothing of something.
    """
    shares: dict[tuple[str, int, float], float] = {}
    known: dict[tuple[str, int, float], Ingredient] = {}
    for one in ingredients:
        if one.weight < 0:
            raise ValueError(f"a weight is 0 or more, not {one.weight:g}")
        shares[one.key] = shares.get(one.key, 0.0) + one.weight
        known[one.key] = one
    total = sum(shares.values())
    if total <= 0:
        raise ValueError("a mixture needs something with a weight of more than 0")
    rounded = {key: round(share / total, _DIGITS) for key, share in shares.items()}
    return tuple(
        Ingredient(rounded[key], known[key].sound, known[key].latent, known[key].own_pitch)
        for key in sorted(rounded)
        if rounded[key] > 0
    )


@dataclass(frozen=True, slots=True)
class BankRecipe:
    """One bank of samples.

    ``model`` is the hash of the model's bundle (``Renderer.model``), ``ingredients`` are as :func:`mixture` writes
    them, mixed in this order. ``pitches`` and ``velocities`` are MIDI's, each ascending; every pitch is rendered at
    every velocity, ``seconds`` long. ``level`` is how loud the bank is, in dB below full scale (RMS of a note where it
    is loudest, so -20 or so). ``seed`` is where the chance of the decoder begins.
    """

    model: str
    ingredients: tuple[Ingredient, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...]
    seconds: float
    level: float
    seed: int
    spherical: bool = False

    @property
    def id(self) -> str:
        """SHA-256 of all of it, by which its bank is found: equal ids mean equal bytes."""
        canonical = json.dumps({"version": VERSION, **self.as_json()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def notes(self) -> tuple[NoteRequest, ...]:
        """The notes to be rendered, from the lowest, and each from the softest."""
        return tuple(
            NoteRequest(pitch, velocity, self.seconds) for pitch in self.pitches for velocity in self.velocities
        )

    @property
    def weights(self) -> tuple[float, ...]:
        """The shares of the ingredients, in their order."""
        return tuple(one.weight for one in self.ingredients)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message or a file."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        data["ingredients"] = [{name: getattr(one, name) for name in one.__slots__} for one in self.ingredients]
        data["pitches"], data["velocities"] = list(self.pitches), list(self.velocities)
        data["seconds"], data["level"] = float(self.seconds), float(self.level)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BankRecipe:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no recipe.
        """
        fields = dict(data)
        fields["ingredients"] = tuple(Ingredient(**one) for one in fields["ingredients"])
        fields["pitches"] = tuple(int(pitch) for pitch in fields["pitches"])
        fields["velocities"] = tuple(int(velocity) for velocity in fields["velocities"])
        return cls(**fields)
