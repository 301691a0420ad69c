"""A request for a bank: a step of a timbre's path in plain words, for a process that has not seen the scene.

It names files where a recipe names what is in them: whoever fills it reads these, and only then knows the recipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.music.drums import drum_name
from reverie.scenes.timbre import Timbre
from reverie.scenes.timbre_sources import SourceSection
from reverie.timbre.kit import REGISTERS
from reverie.timbre.path import weights
from reverie.timbre.recipe import BankRecipe, Ingredient, KeySound, mixture
from reverie.timbre.sources.source_files import find_source

_CENT = 2
"""Digits of an own pitch that count; less is not heard."""


@dataclass(frozen=True, slots=True)
class Share:
    """A source and how much of it: a sound ``file`` with the ``pitch`` it is said to have, or the seed ``latent``.

    ``at`` is the pitch that it is to have as a drum; None for its own. ``formants_move`` is as in a recipe.
    """

    name: str
    weight: float
    file: str | None = None
    pitch: float | None = None
    latent: int | None = None
    at: float | None = None
    formants_move: bool = False


@dataclass(frozen=True, slots=True)
class DrumShares:
    """What a drum is mixed of, and the ``key`` that plays it."""

    key: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class BankRequest:
    """All that a recipe has, but for the model and what is in the files; ``title`` is for people.

    A drum kit has ``drums`` in place of shares and pitches.
    """

    title: str
    shares: tuple[Share, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...]
    seconds: float
    level: float
    seed: int
    spherical: bool = False
    variations: int = 1
    drums: tuple[DrumShares, ...] = ()

    @property
    def sources(self) -> Mapping[str, Share]:
        """The shares by their sources' names; of a source that is a part of several drums, the first."""
        found: dict[str, Share] = {}
        drummed = (share for drum in self.drums for share in drum.shares)
        for share in (*self.shares, *drummed):
            found.setdefault(share.name, share)
        return found

    def recipe(self, model: str, sounds: Mapping[str, Ingredient]) -> BankRecipe:
        """The recipe, with the ``sounds`` of all files by the shares' names.

        Raises:
            KeyError: if a sound is missing.
        """
        return BankRecipe(
            model,
            mixture(_ingredient(share, sounds) for share in self.shares) if self.shares else (),
            self.pitches,
            self.velocities,
            self.seconds,
            self.level,
            self.seed,
            self.spherical,
            self.variations,
            tuple(_drum(drum, sounds) for drum in self.drums),
        )


def request_of(timbre: Timbre, step: int, title: str, folders: Sequence[Path]) -> BankRequest:
    """What a step of a timbre needs; its files are looked for in ``folders``, as a scene's sources are."""
    shares = zip(timbre.way, weights(timbre.path, len(timbre.way), step), strict=True)
    shares = [(name, timbre.sources[name], weight) for name, weight in shares]
    asked = BankRequest(
        title,
        (),
        timbre.pitches,
        timbre.velocities,
        timbre.seconds,
        timbre.level,
        timbre.seed,
        timbre.path.spherical,
        timbre.variations,
    )
    if timbre.drums:
        drums = (DrumShares(key, tuple(_struck(key, shares, folders))) for key in timbre.drums)
        return replace(asked, pitches=(), drums=tuple(drums))
    return replace(
        asked, shares=tuple(_share(name, source, weight, folders) for name, source, weight in shares if weight > 0)
    )


def _share(name: str, source: SourceSection, weight: float, folders: Sequence[Path]) -> Share:
    file = None if source.file is None else str(find_source(source.file, folders))
    return Share(name, weight, file, source.pitch, source.latent, formants_move=source.formants == "move")


def _struck(key: int, sources: Iterable[tuple[str, SourceSection, float]], folders: Sequence[Path]) -> Iterator[Share]:
    """A drum's part of each source that has it; where the path is at sources that have not, all others in equal parts.

    So no drum falls silent on the way from a kit that has it to one that has not.
    """
    having = [(name, source, weight) for name, source, weight in sources if source.kit is None or key in source.kit]
    total = sum(weight for *_, weight in having)
    for name, source, weight in having:
        share = weight / total if total else 1 / len(having)
        if share <= 0:
            continue
        if source.kit is None:
            yield replace(_share(name, source, share, folders), at=REGISTERS[key])
        else:
            drum = source.kit[key]
            file = str(find_source(drum.file, folders))
            moves = source.formants == "move"
            yield Share(f"{name} {drum_name(key)}", share, file, drum.pitch, at=drum.at, formants_move=moves)


def _ingredient(share: Share, sounds: Mapping[str, Ingredient]) -> Ingredient:
    if share.latent is not None:
        return Ingredient(share.weight, latent=share.latent)
    sound = sounds[share.name]
    pitch = None if sound.own_pitch is None else round(sound.own_pitch, _CENT)
    return replace(sound, weight=share.weight, own_pitch=pitch, formants_move=share.formants_move)


def _drum(drum: DrumShares, sounds: Mapping[str, Ingredient]) -> KeySound:
    """A drum whose pitch lies between those of its sounds, by their shares, so that it glides along the path."""
    parts: list[Ingredient] = []
    wanted: list[tuple[float, float]] = []
    for share in drum.shares:
        part = _ingredient(share, sounds)
        pitch = part.own_pitch if share.at is None else share.at
        parts.append(replace(part, untransposed=pitch is None))
        if pitch is not None:
            wanted.append((share.weight, pitch))
    total = sum(weight for weight, _ in wanted)
    pitch = round(sum(weight * pitch for weight, pitch in wanted) / total, _CENT) if wanted else None
    return KeySound(drum.key, mixture(parts), pitch)
