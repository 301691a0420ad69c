"""Voices that repeat a loop because no other came in time: told once it has lasted, whatever the reason is."""

from __future__ import annotations

from collections.abc import Container

from reverie.bus import Bus
from reverie.play.messages import BarPlayed
from reverie.watch.fault_kinds import LOOP_REPEATS
from reverie.watch.faults import Faults
from reverie.watch.happenings import BarSounded, SceneBegun, SceneChanged

LASTS = 60.0
"""Seconds of repeating from which people are told: models load in less, and a composer that died is back by then."""


class RepeatedLoops:
    """Adds up, bar by bar, for how long each voice has had nothing new."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._seconds: dict[str, float] = {}

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of scenes and bars."""
        bus.subscribe(SceneBegun, lambda _: self.begin())
        bus.subscribe(SceneChanged, lambda said: self.only(said.scene.voices))
        bus.subscribe(BarSounded, lambda said: self.bar_played(said.bar))

    def begin(self) -> None:
        """Another scene begins."""
        self._seconds.clear()
        self._faults.clear(LOOP_REPEATS)

    def only(self, voices: Container[str]) -> None:
        """The scene has these voices now; of others there is nothing more to tell."""
        for voice in [voice for voice in self._seconds if voice not in voices]:
            del self._seconds[voice]
        self._faults.only(LOOP_REPEATS, voices)

    def bar_played(self, bar: BarPlayed) -> None:
        """A bar went out. A voice that its schedule leaves out of it is judged by the next bar in which it plays.

        While the music rests nothing is repeated, and yet loops come: nobody is called at night for what is over.
        """
        for voice in () if bar.resting else bar.repeated:
            self._seconds[voice] = self._seconds.get(voice, 0.0) + bar.seconds
            if self._seconds[voice] >= LASTS:
                self._faults.tell(
                    LOOP_REPEATS,
                    voice,
                    f"Voice {voice} repeats its last loop: for a minute no other was composed in time",
                )
        for voice, waiting in bar.depth.items():
            if waiting and voice not in bar.repeated and self._seconds.pop(voice, None) is not None:
                self._faults.clear(LOOP_REPEATS, voice)
