"""The recipe of a bank: everything needed to render it again to the byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from reverie.generations import known_fields, read_as
from reverie.timbre.sound import NoteRequest

VERSION = 1
_DIGITS = 9

IngredientKey: TypeAlias = tuple[str, int, float, bool, int, bool]
"""What an ingredient is without its weight."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A sound that is mixed in: ``sound`` is the hash of a source, or ``latent`` the seed of a point of the model.

    ``own_pitch`` is the pitch at which the source itself sounds, as a MIDI number with a fraction, where that is
    known. ``weight`` is its share, more than 0. A sound that is ``untransposed`` stays at the pitch that it has, or
    without one, as drums do. ``fit`` is the version of the search by which its code is found (``Abilities.search``); 0
    means that it is encoded as it is heard. Its body stays as large as it is when its pitch moves, unless
    ``formants_move``, as on a tape that is played faster. What people call it is no matter of the recipe.
    """

    weight: float
    sound: str = ""
    latent: int | None = None
    own_pitch: float | None = None
    untransposed: bool = False
    fit: int = 0
    formants_move: bool = False

    @property
    def key(self) -> IngredientKey:
        """What it is without its weight, to be ordered by."""
        nothing = -1
        return (
            self.sound,
            nothing if self.latent is None else self.latent,
            nothing if self.own_pitch is None else self.own_pitch,
            self.untransposed,
            self.fit,
            self.formants_move,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data; what most sounds do not have is left out, so that older recipes keep their ids."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        unsaid = {"untransposed": not self.untransposed, "fit": not self.fit, "formants_move": not self.formants_move}
        return {name: value for name, value in data.items() if not unsaid.get(name)}


def mixture(ingredients: Iterable[Ingredient]) -> tuple[Ingredient, ...]:
    """The one way to write a mixture: the same sounds with the same shares are equal, whatever order they came in.

    What has no weight is left out, and what comes twice is put together, so that a path which comes by the same point
    again finds the bank it has rendered there. Weights are brought to a sum of 1 and to nine digits.

    Raises:
        ValueError: if there is nothing in it, or less than nothing of something.
    """
    shares: dict[IngredientKey, float] = {}
    known: dict[IngredientKey, Ingredient] = {}
    for one in ingredients:
        if one.weight < 0:
            raise ValueError(f"a weight is 0 or more, not {one.weight:g}")
        shares[one.key] = shares.get(one.key, 0.0) + one.weight
        known[one.key] = one
    total = sum(shares.values())
    if total <= 0:
        raise ValueError("a mixture needs something with a weight of more than 0")
    rounded = {key: round(share / total, _DIGITS) for key, share in shares.items()}
    return tuple(replace(known[key], weight=rounded[key]) for key in sorted(rounded) if rounded[key] > 0)


@dataclass(frozen=True, slots=True)
class KeySound:
    """What one rendered key of a bank plays: ``ingredients`` as :func:`mixture` writes them, at ``pitch``.

    ``pitch`` is the key itself but for a drum, whose sounds may have a pitch of their own, or none.
    """

    key: int
    ingredients: tuple[Ingredient, ...]
    pitch: float | None = None

    @property
    def weights(self) -> tuple[float, ...]:
        """The shares of the ingredients, in their order."""
        return tuple(one.weight for one in self.ingredients)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"key": self.key, "ingredients": [one.as_json() for one in self.ingredients], "pitch": self.pitch}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KeySound:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, TypeError: if it is something else.
        """
        return cls(int(data["key"]), _ingredients(data["ingredients"]), data["pitch"])


@dataclass(frozen=True, slots=True)
class BankRecipe:
    """One bank of samples.

    ``model`` is the hash of the model's bundle (``Renderer.model``), ``ingredients`` are as :func:`mixture` writes
    them, mixed in this order. ``pitches`` and ``velocities`` are MIDI's, each ascending; every pitch is rendered at
    every velocity, ``seconds`` long, in so many ``variations``. ``level`` is how loud the bank is, in dB below full
    scale (RMS of a note where it is loudest, so -20 or so). ``seed`` is where the chance of the decoder begins.

    A drum kit has ``drums`` by ascending key, in place of ingredients and pitches.
    """

    model: str
    ingredients: tuple[Ingredient, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...]
    seconds: float
    level: float
    seed: int
    spherical: bool = False
    variations: int = 1
    drums: tuple[KeySound, ...] = ()

    @property
    def id(self) -> str:
        """SHA-256 of all of it, by which its bank is found: equal ids mean equal bytes."""
        canonical = json.dumps({"version": VERSION, **self.as_json()}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def keys(self) -> tuple[KeySound, ...]:
        """What is rendered at each key, from the lowest."""
        return self.drums or tuple(KeySound(pitch, self.ingredients, pitch) for pitch in self.pitches)

    @property
    def notes(self) -> tuple[NoteRequest, ...]:
        """The notes to be rendered, from the lowest, each from the softest, and one variation after the other."""
        return tuple(
            NoteRequest(one.pitch, velocity, self.seconds, variation, one.key if self.drums else None)
            for one in self.keys
            for velocity in self.velocities
            for variation in range(self.variations)
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message or a file; what older recipes did not have is left out where nobody wants it."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        data["ingredients"] = [one.as_json() for one in self.ingredients]
        data["pitches"], data["velocities"] = list(self.pitches), list(self.velocities)
        data["seconds"], data["level"] = float(self.seconds), float(self.level)
        data["drums"] = [one.as_json() for one in self.drums]
        unsaid = {"variations": self.variations == 1, "drums": not self.drums}
        return {name: value for name, value in data.items() if not unsaid.get(name)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BankRecipe:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no recipe.
        """
        fields = known_fields(cls, data)
        fields["ingredients"] = _ingredients(fields["ingredients"])
        fields["pitches"] = tuple(int(pitch) for pitch in fields["pitches"])
        fields["velocities"] = tuple(int(velocity) for velocity in fields["velocities"])
        fields["drums"] = tuple(KeySound.from_json(one) for one in fields.get("drums", ()))
        return cls(**fields)


def _ingredients(data: Iterable[Mapping[str, Any]]) -> tuple[Ingredient, ...]:
    return tuple(read_as(Ingredient, one) for one in data)
