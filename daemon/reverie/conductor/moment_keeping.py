"""Keeping what sounds: the last bars as they were heard, and the recipes of their loops."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.ensemble import Ensemble
from reverie.history.moment_store import KeptMoment, MomentStore
from reverie.scenes.schema import Scene
from reverie.site.actions import ControlError
from reverie.watch.happenings import BarEntered, SceneBegun

BARS = 8
"""Bars of a moment: those that have sounded, and the one that sounds."""


class MomentKeeper:
    """Remembers the last bars, and makes moments of them.

    Args:
        store: Where moments are kept.
        bar: The bar that sounds, as pages are told of it, with all that was done within it up to now.
        music: What plays.
        scene: What it is a performance of.
        sounds: By voice where browsers find its instrument.
        clock: By which moments are dated.
    """

    def __init__(
        self,
        store: MomentStore,
        bar: Callable[[], Mapping[str, Any] | None],
        music: Callable[[], Ensemble | None],
        scene: Callable[[], Scene | None],
        sounds: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self.store = store
        self._bar = bar
        self._music = music
        self._scene = scene
        self._sounds = sounds
        self._clock = clock
        self._bars: list[Mapping[str, Any]] = []
        """Those that are over."""
        self._left_behind: int | None = None
        """The performance that still sounds when another scene has begun."""
        self._last: tuple[tuple[int, int], str] | None = None

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on that a bar is over, before the live feed hears that another begins."""
        bus.subscribe(SceneBegun, lambda _: self._scene_begun())
        bus.subscribe(BarEntered, lambda _: self._bar_over())

    def keep(self) -> str:
        """Keep what sounds now; the name of the moment.

        Whoever else wants it in the same bar is given the same: however many want one, few others give way to it.

        Raises:
            ControlError: if nothing sounds, or so many are being kept that no other can.
        """
        music, bars = self._music(), self._present()
        if music is None or not any(bar["notes"] for bar in bars):
            raise ControlError("nothing is to be kept yet, as nothing sounds")
        now = bars[-1]["epoch"], bars[-1]["bar"]
        if self._last is not None and self._last[0] == now:
            return self._last[1]
        kinds = {part.name: music.plan(part.name).kind for part in music.parts}
        sounding = {name: played for name in kinds if (played := music.sounding(name))}
        recipes = {name: played.as_json() for name, played in sounding.items()}
        name = secrets.token_hex(8)
        scene, time = self._scene(), round(self._clock.wall(), 3)
        title = scene.title if scene else ""
        moment = KeptMoment(name, time, music.arrangement.name, title, kinds, bars, recipes, self._sounds())
        if not self.store.keep(moment):
            raise ControlError("so many moments are being kept that no other can; ask again in some seconds")
        self._last = now, name
        return name

    def _scene_begun(self) -> None:
        """What sounds up to the bar line is of a scene before, and no part of this one's moments."""
        self._bars.clear()
        bar = self._bar()
        self._left_behind = None if bar is None else bar["epoch"]

    def _present(self) -> list[Mapping[str, Any]]:
        """The last bars and the one that sounds, of one performance."""
        bar = self._bar()
        if bar is None or bar["epoch"] == self._left_behind:
            return [*self._bars]
        return [*(one for one in self._bars if one["epoch"] == bar["epoch"]), bar]

    def _bar_over(self) -> None:
        self._bars = self._present()[1 - BARS :]
