"""Whether a bar was a silence that nobody intended: the one judgement for all that count silence.

A bar may go by without a note that begins although all is well: a chord of before is held, the form or a voice's
schedule rests, or people have muted every voice.
"""

from __future__ import annotations

from enum import Enum

from reverie.bus import Bus
from reverie.play.messages import BarPlayed, SetScene
from reverie.watch.happenings import SceneGiven

EMPTY_BARS = 32
"""The score may hold nothing for scheduled voices in fewer bars than this: twice the longest loop."""


class BarSound(Enum):
    """What there was of a bar."""

    MUSIC = "music"
    """A device took notes, or nothing was due while those of before were held."""
    INTENDED = "intended silence"
    """It was a rest, or every voice that might play was muted by people or silent by plan or schedule."""
    UNINTENDED = "unintended silence"


def should_sound(scene: SetScene | None, bar: BarPlayed) -> bool:
    """Whether a voice was to play in a bar of the scene: scheduled, not silent by plan, and not muted by people."""
    if scene is None:
        return any(bar.notes.values())
    silent = {*bar.muted, *bar.tacet}
    return any(part.schedule.plays(bar.scene_bar) for part in scene.parts if part.name not in silent)


class SilenceJudge:
    """Judges bar after bar, by the scenes that the player was given.

    A bar with nothing due is as the last that had something: its chord is held, or was not heard to begin with.
    """

    def __init__(self) -> None:
        self._scenes: dict[int, SetScene] = {}
        self._unheard = False
        self._empty = 0

    def subscribe_to(self, bus: Bus) -> None:
        """Hear of scenes from now on."""
        bus.subscribe(SceneGiven, lambda said: self._scenes.update({said.scene.epoch: said.scene}))

    def judge(self, bar: BarPlayed) -> BarSound:
        """What there was of the next bar."""
        for epoch in [epoch for epoch in self._scenes if epoch < bar.epoch]:
            del self._scenes[epoch]
        if bar.resting:
            self._unheard, self._empty = False, 0
            return BarSound.INTENDED
        if bar.sent or bar.due:
            self._unheard, self._empty = not bar.sent, 0
        elif not self._wanted(bar):
            return BarSound.INTENDED
        else:
            self._empty += 1
        silent = self._unheard or self._empty >= EMPTY_BARS
        return BarSound.UNINTENDED if silent else BarSound.MUSIC

    def _wanted(self, bar: BarPlayed) -> bool:
        """Whether anybody was to play; whoever hears of no scene, as it was given before, knows no schedules."""
        scene = self._scenes.get(bar.epoch)
        return any({*bar.notes} - {*bar.muted, *bar.tacet}) if scene is None else should_sound(scene, bar)
