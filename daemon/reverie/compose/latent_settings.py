"""What operators of a latent space are told, over the bars of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.compose.operators.latent_steps import TOGETHER
from reverie.compose.operators.latent_walks import LEFT, SEED, SHARE, TO, TUNE
from reverie.compose.seeds import derive_seed
from reverie.compose.settings_plan import SettingsPlan
from reverie.scenes.latent_section import InterpolateSection, WalkSection
from reverie.scenes.timbre import GridPath, LinePath, RandomWalkPath, ThereAndBackPath, TimbrePath
from reverie.timbre.path import weights


@dataclass(frozen=True, slots=True)
class InterpolationSettings:
    """Where an interpolation leads, and in how many steps; of a way that has begun, the loop before says more."""

    section: InterpolateSection

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The same in every bar."""
        del bar
        return {LEFT: float(self.section.steps), TO: self.section.to}


@dataclass(frozen=True, slots=True)
class TogetherSettings:
    """What the voices of a trio are told besides, so that their loops that begin in one bar have one place."""

    seed: int
    told: SettingsPlan | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """Another seed for each bar, the same for all of them."""
        return {**(self.told.at(bar) if self.told else {}), TOGETHER: derive_seed(self.seed, bar)}


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """Where a walk is in a bar: a step further for each loop that is held for ``every`` bars."""

    section: WalkSection
    every: int
    seed: int

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The seed of its places, the shares of those that have any, and the tunes that stand there."""
        shares = weights(_path(self.section, self.seed), self.section.count, bar // self.every)
        told: dict[str, float | str] = {f"{SHARE} {number}": share for number, share in enumerate(shares) if share}
        tunes = self.section.tunes or ()
        told |= {f"{TUNE} {number}": tunes[number] for number, share in enumerate(shares) if tunes and share}
        return told | {SEED: self.seed}


def _path(section: WalkSection, seed: int) -> TimbrePath:
    """A walk as a path between sounds; one of chance is another for each seed, and so for each voice."""
    match section.kind:
        case "line":
            return LinePath(kind="line", steps=section.steps)
        case "there_and_back":
            return ThereAndBackPath(kind="there_and_back", steps=section.steps)
        case "grid":
            return GridPath(kind="grid", side=section.steps)
        case "random_walk":
            return RandomWalkPath(kind="random_walk", stride=1 / section.steps, seed=seed)
