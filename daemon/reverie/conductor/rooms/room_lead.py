"""What the box that leads says of its piece: told anew with each bar, and whenever something is to be otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from reverie.bus import Bus
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.play.messages import BarBegun
from reverie.room.room_words import MOST_MOODS, RoomMood, RoomWord, SharedPiece
from reverie.watch.happenings import BarEntered, DreamBegun, DreamsLeft, SceneBegun, SceneChanged


class RoomPiece:
    """Puts the conductor's score into words.

    Args:
        play: What plays.
        tell: Told of each word.
    """

    def __init__(self, play: ScenePlay, tell: Callable[[RoomWord], None]) -> None:
        self._play = play
        self._tell = tell
        self._life, self._number = secrets.token_hex(4), 0
        self._bar: BarBegun | None = None
        self._ticks: dict[int, int] = {}
        self._epochs: set[int] = set()

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of what plays."""
        if self._play.ensemble is not None:
            self._scene(self._play.ensemble.epoch, anew=True)
        bus.subscribe(SceneBegun, lambda said: self._scene(said.epoch, anew=True))
        bus.subscribe(SceneChanged, lambda said: self._scene(said.epoch, anew=False))
        bus.subscribe(BarEntered, lambda said: self._entered(said.bar))
        bus.subscribe(DreamBegun, lambda _: self.say())
        bus.subscribe(DreamsLeft, lambda _: self.say())

    def say(self) -> None:
        """Tell what plays, if anything does yet."""
        scene, music, bar = self._play.scene, self._play.ensemble, self._bar
        if scene is None or music is None or bar is None or bar.epoch not in self._ticks:
            return
        begun, scene_bar = self._play.begun, bar.scene_bar if bar.epoch in self._epochs else -1
        section = music.course.at(max(scene_bar, 0)).section if music.course else None
        moods = [dream for dream in self._play.dreams.dreamt if dream.end_bar > scene_bar]
        self._number += 1
        self._tell(
            RoomWord(
                life=self._life,
                number=self._number,
                piece=SharedPiece(scene.name, begun.take, begun.begins_at, scene.hash[:16]),
                bar=bar.bar,
                scene_bar=scene_bar,
                begins=bar.begins,
                seconds=bar.seconds,
                ticks=self._ticks[bar.epoch],
                section=section.name if section else "",
                moods=tuple(
                    RoomMood(one.mood, one.weight, one.first_bar, one.bars, one.blend) for one in moods[-MOST_MOODS:]
                ),
            )
        )

    def _scene(self, epoch: int, *, anew: bool) -> None:
        if self._play.scene is None:
            return
        self._ticks = {known: ticks for known, ticks in self._ticks.items() if known in self._epochs}
        self._ticks[epoch] = self._play.scene.metre.bar_ticks
        self._epochs = {epoch} if anew else {*self._epochs, epoch}
        self.say()

    def _entered(self, bar: BarBegun) -> None:
        self._bar = bar
        self.say()
