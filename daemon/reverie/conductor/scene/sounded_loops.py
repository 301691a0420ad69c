"""When loops begin to sound: by what is placed, and by what the player really sent."""

from __future__ import annotations

from reverie.bus import Bus
from reverie.compose.ensemble import Ensemble
from reverie.watch.happenings import BarSounded, LoopSounded


class SoundedLoops:
    """Tells the bus of each loop that a voice begins to play."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._epoch = -1
        self._begun: dict[str, tuple[str, int]] = {}

    def bar_sounded(self, said: BarSounded, ensemble: Ensemble) -> None:
        """A bar of the ensemble went out, which has not been told of it yet: it forgets what is over."""
        bar = said.bar
        if bar.epoch != self._epoch:
            self._epoch, self._begun = bar.epoch, {}
        for voice, placed in ensemble.placed_in(bar.scene_bar).items():
            if not bar.notes.get(voice):
                continue  # silent, or muted, or a loop that begins with a rest: a later bar tells
            name, loop = placed.original
            known, start = self._begun.get(voice, ("", -1))
            if name != known or (placed.leads and placed.start_bar > start):
                self._begun[voice] = name, placed.start_bar
                kind = ensemble.arrangement.plans[voice].kind
                self._bus.publish(LoopSounded(said.at, bar.scene, voice, kind, name, loop))
