"""The scenes there are to play on this machine, and what is at fault with them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reverie.clock import LocalClock, SystemClock, seconds_of_day
from reverie.compose.arrangement import Arrangement
from reverie.compose.day_time import form_of
from reverie.compose.ensemble import Ensemble, Reserve
from reverie.compose.fallback import ShippedLoop, reserves
from reverie.compose.placement import Placement
from reverie.compose.scene_form import SceneForm
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.unmet import unmet
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.errors import ReverieError
from reverie.history.standing import StandingMusic
from reverie.history.state import StateStore
from reverie.models.library.index import ModelFile
from reverie.scenes.folder import SceneFolder
from reverie.scenes.schema import Scene
from reverie.watch.fault_kinds import SCENE_BROKEN, SCENE_MARKED, SCENE_UNMET, SCENES_FOLDER
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FOLDERS_EVERY = 10.0
"""Seconds between two looks into the folders of scenes."""
AGAIN = 600.0
"""Seconds until a scene that could not be made ready is tried again, unless its file is changed before."""


@dataclass(frozen=True, slots=True)
class SceneResources:
    """What a scene can be played with: the models, the site's slots by name, shipped loops, and leaders to follow."""

    bundles: Mapping[str, ModelFile]
    slots: Mapping[str, Any]
    shipped: tuple[ShippedLoop, ...]
    leaders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SceneTake:
    """Which take of a scene is played, and the time of day of its first bar, in seconds: by both its form is drawn."""

    take: int
    begins_at: float


@dataclass(frozen=True, slots=True)
class _Unready:
    """A scene that could not be made ready: as which it is left alone until when, and what is told of it."""

    hash: str
    until: float
    sentence: str


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
        marks: SceneMarks | None = None,
        left: StandingMusic | None = None,
    ) -> None:
        self._marks = marks
        self._scenes = scenes
        self._store = store
        self._resources = resources
        self._register = faults
        self._clock = clock or SystemClock()
        self._left = left
        """Where a life stood that ended unasked, until something is performed."""
        self.begun = SceneTake(0, 0.0)
        """The take that was begun last."""
        self._folders_due = float("-inf")
        self._unready: dict[str, _Unready] = {}
        """By name, scenes that are right and yet could not be made ready."""

    @property
    def broken(self) -> frozenset[str]:
        """Scenes that were wanted and whose files cannot be played."""
        return frozenset(fault.subject for fault in self._register.of(SCENE_BROKEN))

    @property
    def faulty(self) -> frozenset[str]:
        """These, those that are not played any more, and those that ask for what this machine has not."""
        return frozenset(fault.subject for fault in self._register.of(SCENE_BROKEN, SCENE_MARKED, SCENE_UNMET))

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

    def cannot_play(self, scene: Scene, error: Exception) -> None:
        """A scene whose file is right could not be made ready: others play, and it is tried again after a while."""
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        sentence = f"The scene {scene.name} cannot be made ready ({reason})"
        self._unready[scene.name] = _Unready(scene.hash, self._clock.now() + AGAIN, sentence)
        self._register.tell(SCENE_BROKEN, scene.name, sentence, "It is tried again by itself, or once it is changed")

    def load(self, name: str) -> Scene | None:
        """The scene as it is now, or as it last was when it was good; None where it never was, or is left alone."""
        scene = self._read(name)
        if scene is None or (self._marks is not None and self._marks.holds(scene)):
            return None
        return scene

    def _read(self, name: str) -> Scene | None:
        """The scene, whether it is marked or not; what is at fault with it is told."""
        scene, fault = None, None
        try:
            loaded = self._scenes.load(name)
            scene, fault = loaded.scene, loaded.fault
        except ReverieError as error:
            fault = error
        if fault is not None:
            meanwhile = "the last good version plays" if scene else "it is not played"
            advice = f"Mend the file, see `reverie check`; {meanwhile} until it is mended"
            self._register.tell(SCENE_BROKEN, name, "; ".join(str(fault).splitlines()), advice)
        elif scene is not None and self._is_unready(scene):
            return None
        else:
            self._register.clear(SCENE_BROKEN, name)
        resources = self._resources
        if scene is not None and (sentences := unmet(scene, resources.bundles, resources.slots, resources.leaders)):
            self._register.tell(SCENE_UNMET, name, "; ".join(sentences))
        else:
            self._register.clear(SCENE_UNMET, name)
        return scene

    def _is_unready(self, scene: Scene) -> bool:
        unready = self._unready.get(scene.name)
        if unready is None or (unready.hash == scene.hash and self._clock.now() < unready.until):
            return unready is not None
        del self._unready[scene.name]
        return False

    def first(self, *wanted: str) -> Iterator[Scene]:
        """Scenes to begin with, best first: those that are wanted, any that can be read, and marked ones last.

        Where the site's own scene is wanted alone, and is the one that it was, what played in its place goes on.
        """
        left = self._left
        goes_on = [left.scene] if left is not None and [*wanted] == [left.otherwise] else list[str]()
        marked: list[Scene] = []
        for name in dict.fromkeys((*goes_on, *wanted, *self._scenes.names())):
            scene = self._read(name)
            if scene is not None and self._marks is not None and self._marks.holds(scene):
                marked.append(scene)
            elif scene is not None:
                yield scene
        yield from marked

    def perform(self, scene: Scene, epoch: int) -> Ensemble:
        """A performance of the scene, which counts as another take of it; or the one that a life before had begun."""
        left, self._left = self._left, None
        if left is not None and (left.scene, left.scene_hash) == (scene.name, scene.hash):
            try:
                return self._resume(left, scene, epoch)
            except Exception:
                log.exception("%s cannot go on where it stood, and begins anew.", scene.name)
        return self.join(scene, epoch, SceneTake(self._store.begin(scene.name), seconds_of_day(self._clock.local())), 0)

    def join(self, scene: Scene, epoch: int, begun: SceneTake, bar: int) -> Ensemble:
        """A performance of a take that was begun elsewhere, from that scene bar on."""
        self._left, self.begun = None, begun
        arrangement = arrange(scene, self._resources.bundles, take=begun.take, begins_at=begun.begins_at)
        reserves = self._reserves(scene, arrangement)
        if bar:
            return Ensemble.resumed(arrangement, epoch, reserves, bar - 1, {})
        return Ensemble(arrangement, epoch, reserves)

    def _resume(self, left: StandingMusic, scene: Scene, epoch: int) -> Ensemble:
        log.info("%s goes on with bar %d, as the life before was ended unasked.", scene.name, left.bar + 2)
        self.begun = SceneTake(left.take, left.begins_at)
        self._store.goes_on(scene.name, left.take)
        arrangement = arrange(scene, self._resources.bundles, take=left.take, begins_at=left.begins_at)
        form = form_of(arrangement.course)
        if form is not None and left.moved:
            arrangement = self._arranged(scene, replace(form, moved=left.moved), left.bar + 1)
        sounded = {
            voice: Placement(one.recipe, one.loop, one.start_bar, one.times)
            for voice, one in left.loops.items()
            if voice in arrangement.plans
        }
        return Ensemble.resumed(arrangement, epoch, self._reserves(scene, arrangement), left.bar, sounded)

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
        return arrange(scene, self._resources.bundles, take=self.begun.take, begins_at=begins_at, goes_on=(form, bar))

    def _reserves(self, scene: Scene, arrangement: Arrangement) -> dict[str, Reserve]:
        kept = {voice: self._store.loops(scene.name, voice) for voice in scene.voices}
        return reserves(arrangement, kept, self._resources.shipped)
