"""A scene composed on paper: site and models read, so many bars composed, and nothing written yet.

It is what ``reverie perform`` writes, ``reverie measure`` counts and ``reverie audition`` shows.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reverie.compose.composer import Composed
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.mood_stack import MoodStack
from reverie.compose.recipe import Recipe
from reverie.compose.stalled import Stall
from reverie.conductor.arranging.arrange_form import NOON
from reverie.conductor.configuration.site_resources import bundles_of, scenes_of
from reverie.conductor.offline.broken_ties import without
from reverie.conductor.offline.dreams_on_paper import dreams_on_paper, with_dreams
from reverie.conductor.offline.performing import Composition, composed
from reverie.conductor.offline.sound_file import PerformError, say
from reverie.models.library.index import ModelFile
from reverie.music.time import MOST_BARS, Length
from reverie.places import scenes_folder
from reverie.play.slot_settings import SlotSettings
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.scenes.voice_models import needed_models
from reverie.site.load import load_site
from reverie.site.schema import Site


class Witness(Protocol):
    """Is told how a scene is composed."""

    def drew(self, recipe: Recipe, candidates: Sequence[Candidate]) -> None:
        """A model drew these for a recipe."""
        ...

    def answered(self, answer: Composed) -> None:
        """This is what was kept for a recipe."""
        ...


@dataclass(frozen=True)
class OnPaper:
    """A scene and the bars that were composed of it.

    ``folders`` are those in which the sources of its timbres are looked for; ``stalls`` says which voices got no new
    loop for a while, and ``dreams`` what is dreamt.
    """

    site: Site
    scene: Scene
    folders: Sequence[Path]
    composition: Composition
    stalls: Sequence[Stall] = field(default=())
    dreams: MoodStack = field(default_factory=MoodStack)

    @property
    def bars(self) -> int:
        """How many bars were composed."""
        return len(self.composition.places)

    @property
    def slots(self) -> dict[str, SlotSettings]:
        """What the site says of the slots that it plays to."""
        written = self.site.slots_as_json()
        return {part.slot: SlotSettings.read(written.get(part.slot, {})) for part in self.composition.scene.parts}


def compose_on_paper(
    config: Path | None,
    name: str,
    length: Length,
    seed: int | None,
    witness: Witness | None = None,
    broken: Collection[str] = (),
    begins_at: float = NOON,
    dreams: Sequence[str] = (),
) -> OnPaper:
    """Compose so much of the scene of that name, or in the file of that name; says on standard error how far it is.

    ``witness`` is told what models draw and what is kept of it, and ``broken`` are the ties that voices do without
    (:data:`reverie.conductor.offline.broken_ties.TIES`). ``begins_at`` is the time of day of the first bar, in seconds,
    and ``dreams`` are those that are dreamt (:func:`~reverie.conductor.offline.dreams_on_paper.dreams_on_paper`).

    Raises:
        ReverieError: with a plain sentence, if site, scene or models are not as they must be.
    """
    site = load_site(config)
    bundles, _ = bundles_of(site)
    scene, folders = scene_of(site, name)
    bars = length.in_bars(scene.tempo, scene.metre)
    if bars > MOST_BARS:
        raise PerformError(f"a performance has {MOST_BARS:,} bars at most; name a shorter time")
    stack = dreams_on_paper(scene, dreams)
    made = make_engine(site.composer.engine)
    engine = _WitnessedEngine(made, witness) if witness else made
    load_models(engine, scene, bundles)
    stalls: list[Stall] = []
    composition = composed(
        scene,
        bundles,
        engine,
        bars=bars,
        seed=seed,
        progress=_Progress(bars).bar,
        stalled=stalls.append,
        answered=witness.answered if witness else lambda _answer: None,
        ties=lambda arrangement: with_dreams(without(arrangement, broken), stack),
        begins_at=begins_at,
    )
    return OnPaper(site, scene, folders, composition, stalls, stack)


def load_models(engine: Engine, scene: Scene, bundles: Mapping[str, ModelFile]) -> None:
    """Load the models that the scene needs; says on standard error which."""
    for model in needed_models(scene.voices):
        say(f"Loading {model}")
        engine.load(bundles[model])


def scene_of(site: Site, name: str) -> tuple[Scene, Sequence[Path]]:
    """The scene of that name, or in the file of that name; and the folders in which its sources are looked for.

    Raises:
        ReverieError: if there is none, or it is at fault.
    """
    bundles, _ = bundles_of(site)
    folders = [*site.scenes, scenes_folder()]
    if "/" in name or name.endswith(".yaml"):
        return load_scene(Path(name), bundles, site.slots), [Path(name).parent, *folders]
    shelf = scenes_of(site, bundles)
    return shelf.load(name).scene, [shelf.paths()[name].parent, *folders]


class _WitnessedEngine:
    """An engine that tells what it draws."""

    def __init__(self, engine: Engine, witness: Witness) -> None:
        self._engine = engine
        self._witness = witness

    @property
    def name(self) -> str:
        return self._engine.name

    def load(self, model: ModelFile) -> None:
        self._engine.load(model)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        candidates = self._engine.generate(recipe, memory)
        self._witness.drew(recipe, candidates)
        return candidates


class _Progress:
    """Bars done, on standard error: one line that moves for a person, a line every tenth for a log."""

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._moves = sys.stderr.isatty()
        self._said = 0

    def bar(self, done: int) -> None:
        """Tell that so many bars are done."""
        tenth = done * 10 // self._bars
        if self._moves:
            sys.stderr.write(f"\rbar {done} of {self._bars}" + ("\n" if done == self._bars else ""))
            sys.stderr.flush()
        elif tenth > self._said:
            self._said = tenth
            say(f"bar {done} of {self._bars}")
