"""The scenes there are to play on this machine, and what is at fault with them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reverie.errors import ReverieError
from reverie.models.shelf import ModelFile
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.stage.arrange import arrange, unmet
from reverie.stage.performance import Performance
from reverie.stage.reserve import ShippedLoop, reserves
from reverie.stage.state import StateStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What a scene can be played with: the models, the site's slots by name, shipped loops, and leaders to follow."""

    bundles: Mapping[str, ModelFile]
    slots: Mapping[str, Any]
    shipped: tuple[ShippedLoop, ...]
    leaders: frozenset[str] = frozenset()


class Repertoire:
    """Reads scenes and prepares their performances.

    A fault is told once, and counts until its scene is read again without it: that another scene plays in its place
    mends nothing.
    """

    def __init__(self, scenes: SceneFolder, store: StateStore, means: Means) -> None:
        self._scenes = scenes
        self._store = store
        self._means = means
        self._faults: dict[str, tuple[str, ...]] = {}

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence for everything that is at fault with scenes that were wanted."""
        return tuple(sentence for sentences in self._faults.values() for sentence in sentences)

    def names(self) -> tuple[str, ...]:
        """All scenes, in order."""
        return self._scenes.names()

    def load(self, name: str) -> Scene | None:
        """The scene as it is now, or as it last was when it was good; None where it never was."""
        scene, fault = None, None
        try:
            loaded = self._scenes.load(name)
            scene, fault = loaded.scene, loaded.fault
        except ReverieError as error:
            fault = error
        sentences = str(fault).splitlines() if fault else []
        if scene is not None:
            sentences += unmet(scene, self._means.bundles, self._means.slots, self._means.leaders)
        for sentence in sentences:
            if sentence not in self._faults.get(name, ()):
                log.error("%s", sentence)
        self._faults.pop(name, None)
        if sentences:
            self._faults[name] = tuple(sentences)
        return scene

    def first(self, *wanted: str) -> Iterator[Scene]:
        """Scenes to begin with, best first: those that are wanted, then any that can be read."""
        for name in dict.fromkeys((*wanted, *self._scenes.names())):
            if scene := self.load(name):
                yield scene

    def perform(self, scene: Scene, epoch: int) -> Performance:
        """A performance of the scene, which counts as another take of it."""
        arrangement = arrange(scene, self._means.bundles, take=self._store.begin(scene.name))
        kept = {voice: self._store.loops(scene.name, voice) for voice in scene.voices}
        return Performance(arrangement, epoch, reserves(arrangement, kept, self._means.shipped))
