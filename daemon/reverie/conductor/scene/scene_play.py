"""Which scene plays, which waits for its end, and how the one becomes the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.course import Course
from reverie.compose.ensemble import Ensemble
from reverie.compose.scene_form import SceneForm
from reverie.conductor.arranging.repertoire import Repertoire, SceneTake
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.player_link import PlayerLink
from reverie.conductor.scene.dreams import Dreams
from reverie.conductor.scene.passages import Passages
from reverie.control.console import ControlConsole
from reverie.music.time import TICKS_PER_QUARTER
from reverie.scenes.schema import Scene
from reverie.watch.happenings import Moment, SceneBegun, SceneChanged

log = logging.getLogger(__name__)

Entrance = Callable[[Scene, Ensemble], Course | None]
"""The course on which a performance begins, in place of its own."""


class ScenePlay:
    """Has scenes played, one after the other.

    Args:
        repertoire: By whom scenes are read and prepared.
        player: Who plays them.
        composer: Who composes for them.
        console: What people have set ends with a scene.
        dreams: What is dreamt goes on in another scene, where that knows such moods.
        bus: Where is published what plays.
        clock: By which that is dated.
        silent: Whether nothing shall sound now: what cannot be heard needs no end.
        wanted: Scenes whose faults are told even when they are gone.
    """

    def __init__(
        self,
        repertoire: Repertoire,
        player: PlayerLink,
        composer: ComposerLink,
        console: ControlConsole,
        dreams: Dreams,
        bus: Bus,
        clock: Clock,
        silent: Callable[[], bool],
        wanted: Collection[str],
    ) -> None:
        self._repertoire = repertoire
        self._player = player
        self._composer = composer
        self._console = console
        self._dreams = dreams
        self._bus = bus
        self._clock = clock
        self._silent = silent
        self._wanted = wanted
        self._passages = Passages(clock, self.course_changed)
        self._epoch = 0
        self.scene: Scene | None = None
        """What plays."""
        self.ensemble: Ensemble | None = None
        """Its performance."""

    @property
    def passages(self) -> Passages:
        """What waits for the end of what plays."""
        return self._passages

    def play(self, name: str, *, hurried: bool) -> bool:
        """Play the scene of that name; one that cannot be read changes nothing, and is not played (False).

        Where what plays has an end the other scene waits for it, unless one who is ``hurried`` asks for it again; else
        it begins with the next bar line. What plays already goes on, as its file says now.
        """
        scene = self._repertoire.load(name)
        if scene is None:
            return False
        playing, ensemble = self.scene, self.ensemble
        if playing is None or ensemble is None:
            return self._begin(scene)
        if scene.name == playing.name:
            self._passages.give_up(ensemble)
            self.change(scene)
        elif self._silent() or not self._passages.wait(playing, ensemble, scene, hurried=hurried):
            return self._begin(scene)
        return True

    def bar_seconds(self, name: str) -> float:
        """How long a bar of the scene of that name lasts, at its own tempo; 0 where it cannot be read."""
        scene = self._repertoire.load(name)
        return scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / scene.tempo.qpm if scene else 0.0

    def want(self, scenes: Collection[str]) -> None:
        """Tell faults of these scenes from now on, even when they are gone."""
        self._wanted = scenes
        self.forget_gone()

    def perform_first(self, *wanted: str | None) -> None:
        """Begin the first of these scenes that can be played, or any other: never silent by accident."""
        any(self._begin(scene) for scene in self._repertoire.first(*(name for name in wanted if name)))

    def begins(self, name: str) -> str:
        """When a scene that was asked for begins, for people: it may wait until what plays has ended."""
        waits = self._passages.status(self.ensemble)
        if waits is None or waits["into"] != name or self.scene is None:
            return f"{name} begins with the next bar line"
        bars = waits["bars"]
        return f"{name} begins in {bars} bar{'s' if bars > 1 else ''}, when {self.scene.name} has ended"

    def begin_anew(self, name: str, entrance: Entrance | None = None) -> bool:
        """Begin the scene of that name with its first bar, whatever plays; False if it cannot be read."""
        scene = self._repertoire.load(name)
        return scene is not None and self._begin(scene, entrance)

    def perform(self, scene: Scene, entrance: Entrance | None = None) -> None:
        """Begin a scene with its first bar, with the next bar line; its voices come in as the ``entrance`` says."""
        ensemble = self._repertoire.perform(scene, self._epoch + 1)
        if entrance is not None:
            ensemble.change_course(entrance(scene, ensemble), 0)
        self._passages.forget()
        log.info("Playing %s (%s).", scene.name, scene.title)
        self._console.scene_begun()
        self._put_up(scene, ensemble, SceneBegun)
        self.forget_gone()

    @property
    def begun(self) -> SceneTake:
        """Which take plays."""
        return self._repertoire.begun

    @property
    def dreams(self) -> Dreams:
        """What is dreamt."""
        return self._dreams

    def join(self, name: str, begun: SceneTake, bar: int) -> bool:
        """Go on with a take that was begun elsewhere, from that scene bar on; False if the scene cannot be read."""
        scene = self._repertoire.load(name)
        if scene is None:
            return False
        ensemble = self._repertoire.join(scene, self._epoch + 1, begun, bar)
        self._passages.forget()
        self._console.scene_begun()
        self._put_up(scene, ensemble, SceneBegun)
        return True

    def change(self, scene: Scene, by: str = "file") -> None:
        """Go over to the scene that plays as its file, or an artist's draft, says now, if that is another."""
        if self.scene is None or self.ensemble is None or scene.hash == self.scene.hash:
            return
        what = "The file" if by == "file" else f"A draft ({by})"
        log.info("%s of %s has changed; what changed is heard from the next bar line on.", what, scene.name)
        self._put_up(scene, self._repertoire.change(self.ensemble, scene, self._epoch + 1), SceneChanged)
        self._console.scene_changed(scene.name, by)

    def jump(self, form: SceneForm, bar: int) -> None:
        """Go on in another place of the form from scene bar ``bar`` on, which must be the next to begin."""
        if self.scene is not None and self.ensemble is not None:
            after = self._repertoire.jump(self.ensemble, self.scene, self._epoch + 1, form, bar)
            self._put_up(self.scene, after, SceneChanged)
            self._console.course_goes_on()

    def course_changed(self) -> None:
        """What plays is to go on otherwise: the player is told, and lines go on by it."""
        self._player.tell_ahead()
        self._composer.fill()
        self._console.course_goes_on()

    def dreamt(self) -> None:
        """Dreams have changed the course of what plays; if it was about to end, it still is."""
        if self.scene is not None and self.ensemble is not None and self._passages.into is not None:
            self._passages.go_on(self.scene, self.ensemble)
        else:
            self.course_changed()

    def go_on(self) -> None:
        """A bar is over: begin what waits, if its time has come, or go on with what plays."""
        waits = self.ensemble and self._passages.due(self.ensemble.bar)
        if waits and self._follows(waits):
            return
        if waits and self.ensemble is not None:
            self._passages.give_up(self.ensemble)  # it cannot be played any more: what plays must not end
        self.course_changed()

    def forget_gone(self) -> None:
        """Tell no more of scenes that nobody wants and whose files are gone."""
        playing = {self.scene.name} if self.scene else set[str]()
        self._repertoire.forget_gone({*playing, *self._wanted})

    def _follows(self, name: str) -> bool:
        """Begin the scene that has waited; False where that is not possible any more."""
        try:
            return self.begin_anew(name)
        except Exception:
            log.exception("%s cannot be played; what plays goes on.", name)
            return False

    def _begin(self, scene: Scene, entrance: Entrance | None = None) -> bool:
        """Begin a scene; one that cannot be made ready is told of, and is left alone for a while (False)."""
        try:
            self.perform(scene, entrance)
        except Exception as error:
            log.exception("%s cannot be played.", scene.name)
            self._repertoire.cannot_play(scene, error)
            return False
        return True

    def _put_up(self, scene: Scene, ensemble: Ensemble, event: type[SceneBegun | SceneChanged]) -> None:
        """Have the player go over to a performance with its next bar line."""
        self._dreams.scene_begins(scene, ensemble, anew=event is SceneBegun)
        self._passages.lay(scene, ensemble)
        self.scene, self.ensemble = scene, ensemble
        self._epoch += 1
        self._player.perform(ensemble)
        self._bus.publish(event(Moment.of(self._clock), scene, self._epoch))
        self._composer.perform(ensemble)
