"""Noting where the music stands, bar by bar, for a life that goes on after this one was killed."""

from __future__ import annotations

from reverie.compose.day_time import form_of
from reverie.conductor.arranging.arrange_form import NOON
from reverie.conductor.care.lives import Lives
from reverie.conductor.conductor import Conductor
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.history.standing import StandingLoop, StandingMusic, StandingStore
from reverie.history.state import StateStore
from reverie.watch.happenings import BarSounded, SceneBegun, SceneChanged


class StandingKeeper:
    """Hears of bars, after the conductor has.

    Args:
        conductor: Who knows what plays.
        store: Where it is kept where that stands.
        takes: Who knows which take it is.
    """

    def __init__(self, conductor: Conductor, store: StandingStore, takes: StateStore) -> None:
        self._conductor = conductor
        self._store = store
        self._takes = takes
        self._scene_hash = ""

    def attend(self, housekeeping: Housekeeping, lives: Lives) -> None:
        """Note and write from now on, until this life ends because it was asked to."""
        bus = self._conductor.bus
        bus.subscribe(SceneBegun, self._begun)
        bus.subscribe(SceneChanged, self._begun)
        bus.subscribe(BarSounded, self._bar_sounded)
        housekeeping.keep_too(self._store.write, self._store.write, often=True)
        lives.at_the_end(self._store.forget)

    def _begun(self, said: SceneBegun | SceneChanged) -> None:
        self._scene_hash = said.scene.hash

    def _bar_sounded(self, said: BarSounded) -> None:
        music, bar = self._conductor.music, said.bar
        if music is None or music.epoch != bar.epoch or bar.resting:
            return
        form = form_of(music.course)
        loops = {
            name: StandingLoop(*one.original, one.start_bar, one.times)
            for name, one in music.placed_in(bar.scene_bar + 1).items()
            if one.original[1].notes
        }
        self._store.note(
            StandingMusic(
                music.arrangement.name,
                self._scene_hash,
                max(self._takes.times_begun(music.arrangement.name) - 1, 0),
                form.begins_at if form else NOON,
                form.moved if form else 0,
                bar.scene_bar,
                self._conductor.day.course.programme.otherwise,
                loops,
            )
        )
