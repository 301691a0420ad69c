"""Keeping what sounds: the last bars as they were heard, and the recipes of their loops."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.ensemble import Ensemble
from reverie.compose.played_loop import PlayedLoop
from reverie.history.moment_store import VISITOR, KeptMoment, MomentStore
from reverie.scenes.schema import Scene
from reverie.site.actions import ControlError
from reverie.watch.happenings import BarEntered, SceneBegun

BARS = 8
"""Bars of a moment: those that have sounded, and the one that sounds."""
REMEMBERED = 64
"""Bars that have sounded and can still be kept."""


@dataclass(frozen=True, slots=True)
class MomentBar:
    """A bar as pages are told of it, and by voice the loop that it was of."""

    told: Mapping[str, Any]
    loops: Mapping[str, PlayedLoop]

    @property
    def epoch(self) -> int:
        """Of what performance it is."""
        return self.told["epoch"]


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
        self._bars: list[MomentBar] = []
        """Those that are over."""
        self._loops: Mapping[str, PlayedLoop] = {}
        """Of the bar that sounds."""
        self._left_behind: int | None = None
        """The performance that still sounds when another scene has begun."""
        self._last: tuple[tuple[int, int, bool], str] | None = None

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on that a bar is over, before the live feed hears that another begins."""
        bus.subscribe(SceneBegun, lambda _: self._scene_begun())
        bus.subscribe(BarEntered, self._bar_entered)

    def keep(self, source: str = VISITOR, ago: float = 0.0) -> str:
        """Keep what sounds now, or sounded so many seconds ago; the name of the moment.

        Whoever else wants it in the same bar is given the same: however many want one, few others give way to it.

        Raises:
            ControlError: if nothing sounds, or that is forgotten, or so many are being kept that no other can.
        """
        music, bars = self._music(), self._until(self._clock.now() - ago)
        if music is None or not any(bar.told["notes"] for bar in bars):
            then = f" any more of {ago:g} s ago" if ago else " yet, as nothing sounds"
            raise ControlError(f"nothing is to be kept{then}")
        last = bars[-1].told
        asked = last["epoch"], last["bar"], source == VISITOR
        if self._last is not None and self._last[0] == asked:
            return self._last[1]
        moment = self._moment(music, bars, source)
        if not self.store.keep(moment):
            raise ControlError("so many moments are being kept that no other can; ask again in some seconds")
        self._last = asked, moment.name
        return moment.name

    def _moment(self, music: Ensemble, bars: Sequence[MomentBar], source: str) -> KeptMoment:
        kinds = {part.name: music.plan(part.name).kind for part in music.parts}
        loops = {name: {bar.loops[name].recipe: bar.loops[name] for bar in bars if name in bar.loops} for name in kinds}
        heard = {
            name: loop
            for played in loops.values()
            for one in played.values()
            if one.made_by is not None
            for name, loop in one.made_by.loops.items()
        }
        scene = self._scene()
        return KeptMoment(
            secrets.token_hex(8),
            round(self._clock.wall(), 3),
            music.arrangement.name,
            scene.title if scene else "",
            kinds,
            [bar.told for bar in bars],
            {name: one.as_json() for name, one in (bars[-1].loops or _sounding(music)).items() if name in kinds},
            self._sounds(),
            source,
            {name: [one.as_json() for one in played.values()] for name, played in loops.items() if played},
            {name: loop.as_json() for name, loop in heard.items()},
        )

    def _scene_begun(self) -> None:
        """What sounds up to the bar line is of a scene before, and no part of this one's moments."""
        self._bars.clear()
        bar = self._bar()
        self._left_behind = None if bar is None else bar["epoch"]

    def _until(self, moment: float) -> list[MomentBar]:
        """The last bars of one performance that had begun by a monotonic moment."""
        begun = [bar for bar in self._present() if bar.told.get("begins", moment) <= moment]
        return [bar for bar in begun if bar.epoch == begun[-1].epoch][-BARS:]

    def _present(self) -> list[MomentBar]:
        """The bars that are remembered, and the one that sounds."""
        bar = self._bar()
        if bar is None or bar["epoch"] == self._left_behind:
            return [*self._bars]
        return [*self._bars, MomentBar(bar, self._loops)]

    def _bar_entered(self, said: BarEntered) -> None:
        """A bar is over, and another begins."""
        self._bars = self._present()[1 - REMEMBERED :]
        music, bar = self._music(), said.bar
        placed = music.placed_in(bar.scene_bar) if music is not None and music.epoch == bar.epoch else {}
        self._loops = {
            name: PlayedLoop(*one.original, one.made_by)
            for name, one in placed.items()
            if one.made_by is not None or one.loop.notes
        }


def _sounding(music: Ensemble) -> dict[str, PlayedLoop]:
    """What plays now, where no bar was entered yet of which it would be known."""
    return {part.name: loop for part in music.parts if (loop := music.sounding(part.name))}
