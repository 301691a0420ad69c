"""A request for a bank: a step of a timbre's path in plain words, for a process that has not seen the scene.

It names files where a recipe names what is in them: whoever fills it reads these, and only then knows the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.scenes.timbre import Timbre
from reverie.timbre.path import weights
from reverie.timbre.recipe import BankRecipe, Ingredient, mixture
from reverie.timbre.sources.source_files import find_source

_CENT = 2
"""Digits of an own pitch that count; less is not heard."""


@dataclass(frozen=True, slots=True)
class Share:
    """A source and how much of it: a sound ``file`` with the ``pitch`` it is said to have, or the seed ``latent``."""

    name: str
    weight: float
    file: str | None = None
    pitch: float | None = None
    latent: int | None = None


@dataclass(frozen=True, slots=True)
class BankRequest:
    """All that a recipe has, but for the model and what is in the files; ``title`` is for people."""

    title: str
    shares: tuple[Share, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...]
    seconds: float
    level: float
    seed: int
    spherical: bool = False

    def recipe(self, model: str, sounds: Mapping[str, Ingredient]) -> BankRecipe:
        """The recipe, with the ``sounds`` of all files by the shares' names.

        Raises:
            KeyError: if a sound is missing.
        """
        parts = [
            Ingredient(share.weight, latent=share.latent)
            if share.latent is not None
            else _weighed(sounds[share.name], share.weight)
            for share in self.shares
        ]
        return BankRecipe(
            model,
            mixture(parts),
            self.pitches,
            self.velocities,
            self.seconds,
            self.level,
            self.seed,
            self.spherical,
        )


def request_of(timbre: Timbre, step: int, title: str, folders: Sequence[Path]) -> BankRequest:
    """What a step of a timbre needs; its files are looked for in ``folders``, as a scene's sources are."""
    shares: list[Share] = []
    for name, weight in zip(timbre.way, weights(timbre.path, len(timbre.way), step), strict=True):
        source = timbre.sources[name]
        if weight > 0:
            file = None if source.file is None else str(find_source(source.file, folders))
            shares.append(Share(name, weight, file, source.pitch, source.latent))
    return BankRequest(
        title,
        tuple(shares),
        timbre.pitches,
        timbre.velocities,
        timbre.length,
        timbre.level,
        timbre.seed,
        timbre.path.spherical,
    )


def _weighed(sound: Ingredient, weight: float) -> Ingredient:
    pitch = None if sound.own_pitch is None else round(sound.own_pitch, _CENT)
    return Ingredient(weight, sound=sound.sound, own_pitch=pitch)
