"""The scenes there are to play on this machine, and what is at fault with them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.clock import LocalClock, SystemClock
from reverie.compose.arrangement import Arrangement
from reverie.compose.day_time import form_of
from reverie.compose.ensemble import Ensemble, Reserve
from reverie.compose.fallback import ShippedLoop, reserves
from reverie.compose.scene_form import SceneForm
from reverie.conductor.arrange import arrange
from reverie.conductor.day_clock import seconds_of_day
from reverie.conductor.unmet import unmet
from reverie.errors import ReverieError
from reverie.history.state import StateStore
from reverie.models.library.index import ModelFile
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.watch.fault_kinds import SCENE_BROKEN, SCENE_UNMET, SCENES_FOLDER
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FOLDERS_EVERY = 10.0
"""Seconds between two looks into the folders of scenes."""


@dataclass(frozen=True, slots=True)
class SceneResources:
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

    def __init__(
        self,
        scenes: SceneFolder,
        store: StateStore,
        resources: SceneResources,
        faults: Faults,
        clock: LocalClock | None = None,
    ) -> None:
        self._scenes = scenes
        self._store = store
        self._resources = resources
        self._register = faults
        self._clock = clock or SystemClock()
        self._take = 0
        self._folders_due = float("-inf")

    @property
    def broken(self) -> frozenset[str]:
        """Scenes that were wanted and whose files cannot be played."""
        return frozenset(fault.subject for fault in self._register.of(SCENE_BROKEN))

    @property
    def faulty(self) -> frozenset[str]:
        """These, and those that ask for what this machine has not."""
        return frozenset(fault.subject for fault in self._register.of(SCENE_BROKEN, SCENE_UNMET))

    def file(self, name: str) -> Path | None:
        """The file from which the scene is read; None where there is none."""
        return self._scenes.paths().get(name)

    def watched(self, playing: str | None) -> list[Path]:
        """The files that are looked at while the music plays: of the scene that plays, and of those at fault."""
        names = {*self.faulty, *([playing] if playing else [])}
        return [path for name in sorted(names) for path in self._scenes.candidates(name)]

    def scenes_of(self, paths: Iterable[Path]) -> list[str]:
        """The names of the scenes that are read from these files."""
        return sorted({name for path in paths for name in self._scenes.scenes_of(path)})

    def forget_gone(self, wanted: Collection[str]) -> None:
        """Tell no more of broken scenes that nobody wants and whose files are gone: to delete one is to mend it."""
        unwanted = self.broken.difference(wanted)
        for name in unwanted.difference(self._scenes.paths() if unwanted else ()):
            self._register.clear(SCENE_BROKEN, name)
            self._register.clear(SCENE_UNMET, name)

    def look_into_folders(self) -> None:
        """See now and then whether the folders of scenes can be entered: a disk may come, or go."""
        now = self._clock.now()
        if now < self._folders_due:
            return
        self._folders_due = now + FOLDERS_EVERY
        self._scenes.names()
        faults = self._scenes.folder_faults
        for folder, sentence in faults.items():
            self._register.tell(SCENES_FOLDER, str(folder), f"Scenes in {folder}: {sentence}", "")
        self._register.only(SCENES_FOLDER, {str(folder) for folder in faults})

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
        if fault is not None:
            advice = (
                "The last good version plays until it is mended" if scene else "It is not played until it is mended"
            )
            self._register.tell(SCENE_BROKEN, name, "; ".join(str(fault).splitlines()), advice)
        else:
            self._register.clear(SCENE_BROKEN, name)
        resources = self._resources
        if scene is not None and (sentences := unmet(scene, resources.bundles, resources.slots, resources.leaders)):
            self._register.tell(SCENE_UNMET, name, "; ".join(sentences))
        else:
            self._register.clear(SCENE_UNMET, name)
        return scene

    def first(self, *wanted: str) -> Iterator[Scene]:
        """Scenes to begin with, best first: those that are wanted, then any that can be read."""
        for name in dict.fromkeys((*wanted, *self._scenes.names())):
            if scene := self.load(name):
                yield scene

    def perform(self, scene: Scene, epoch: int) -> Ensemble:
        """A performance of the scene, which counts as another take of it."""
        self._take = self._store.begin(scene.name)
        begins_at = seconds_of_day(self._clock.local())
        arrangement = arrange(scene, self._resources.bundles, take=self._take, begins_at=begins_at)
        return Ensemble(arrangement, epoch, self._reserves(scene, arrangement))

    def change(self, before: Ensemble, scene: Scene, epoch: int) -> Ensemble:
        """The performance that goes on from ``before``, whose scene's file was changed."""
        arrangement = self._arranged(scene, form_of(before.course), max(before.bar + 1, 0))
        return before.succeeded_by(arrangement, epoch, self._reserves(scene, arrangement))

    def jump(self, before: Ensemble, scene: Scene, epoch: int, form: SceneForm, bar: int) -> Ensemble:
        """The performance that goes on from ``before`` in another place of its form, from scene bar ``bar`` on."""
        arrangement = self._arranged(scene, form, bar)
        return before.succeeded_by(arrangement, epoch, self._reserves(scene, arrangement), elsewhere=True)

    def _arranged(self, scene: Scene, form: SceneForm | None, bar: int) -> Arrangement:
        """The scene that plays, made ready anew; its form goes on where ``form`` is in a bar."""
        begins_at = form.begins_at if form else seconds_of_day(self._clock.local())
        return arrange(scene, self._resources.bundles, take=self._take, begins_at=begins_at, goes_on=(form, bar))

    def _reserves(self, scene: Scene, arrangement: Arrangement) -> dict[str, Reserve]:
        kept = {voice: self._store.loops(scene.name, voice) for voice in scene.voices}
        return reserves(arrangement, kept, self._resources.shipped)
