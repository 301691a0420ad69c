"""How the box that follows takes part in the leader's piece: by bar lines, and by itself while nobody leads."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable
from pathlib import Path

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.mood_stack import Dream
from reverie.conductor.arranging.repertoire import SceneTake
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.play.messages import BarBegun
from reverie.play.sync.room_beat import RoomBeat
from reverie.room.meeting import OwnBar, in_phase, meeting_bar, same
from reverie.room.room_follower import RoomFollower
from reverie.room.room_words import RoomWord, SharedPiece
from reverie.site.actions import ControlError
from reverie.watch.fault_kinds import ROOM_APART
from reverie.watch.faults import Faults
from reverie.watch.happenings import BarEntered

log = logging.getLogger(__name__)

ASTRAY = 2
"""Bars beside the leader's after which the player is told to meet it anew."""
LACKING_FOR = 60.0
"""Seconds after which a scene is looked for again that was not there: somebody may have brought it."""
SECTION_AGAIN = 4
"""Bars after which a section is asked for again that the form has not gone to."""


class RoomJoining:
    """Has the box play what its leader plays.

    Args:
        follower: What is known of the leader.
        play: What plays here.
        go_to_section: Has the form go to another section.
        folder: Where the player listens for the beat.
        faults: The register of faults.
        clock: By which it goes.
    """

    def __init__(
        self,
        follower: RoomFollower,
        play: ScenePlay,
        go_to_section: Callable[[str], str],
        folder: Path,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._follower = follower
        self._play = play
        self._go_to_section = go_to_section
        self._folder = folder
        self._faults = faults
        self._clock = clock
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._bar: BarBegun | None = None
        self._meeting, self._astray = 0, 0
        self._lacking: SharedPiece | None = None
        self._lacked = float("-inf")
        self._sections_from = 0

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of the bars of this box."""
        bus.subscribe(BarEntered, lambda said: self._entered(said.bar))

    @property
    def together(self) -> bool:
        """Whether this box plays the same bar as its leader."""
        word, own = self._follower.word, self._own()
        if word is None or own is None or not self._follower.is_there(self._clock.now()):
            return False
        return same(own.piece, word.piece) and in_phase(word, own) and meeting_bar(word, own) is None

    def heard(self) -> None:
        """The leader answered: hand its beat on to the player, and go where it is."""
        word, now = self._follower.word, self._clock.now()
        if word is None or not self._follower.is_there(now):
            return
        RoomBeat(
            time=self._follower.here(word.begins),
            tick=float(word.bar * word.ticks),
            seconds_per_tick=word.seconds / word.ticks,
            said=now,
            meeting=self._meeting,
            leader=self._follower.leader,
        ).send(self._socket, self._folder)
        self._look(word)

    def alone(self) -> None:
        """Nobody leads now: with nobody one cannot be apart."""
        self._lacking = None
        self._faults.clear(ROOM_APART, "scene")

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def _entered(self, bar: BarBegun) -> None:
        self._bar = bar
        word, own = self._follower.word, self._own()
        if word is None or own is None or not self._follower.is_there(self._clock.now()):
            self._astray = 0
            return
        self._astray = 0 if in_phase(word, own) else self._astray + 1
        if self._astray >= ASTRAY:
            self._astray, self._meeting = 0, self._meeting + 1
        self._look(word)

    def _own(self) -> OwnBar | None:
        bar, scene, music = self._bar, self._play.scene, self._play.ensemble
        if bar is None or scene is None or music is None:
            return None
        begun = self._play.begun
        piece = SharedPiece(scene.name, begun.take, begun.begins_at, scene.hash[:16])
        return OwnBar(piece, bar.scene_bar, self._follower.there(bar.begins), waits=bar.epoch != music.epoch)

    def _look(self, word: RoomWord) -> None:
        own = self._own()
        if own is None:
            return
        bar = meeting_bar(word, own)
        if bar is not None:
            self._join(word, bar)
        elif same(own.piece, word.piece):
            self._compare(word, own)

    def _join(self, word: RoomWord, bar: int) -> None:
        """Go on with the leader's piece from that scene bar on, with the next bar line."""
        piece = word.piece
        if self._lacking == piece and self._clock.now() - self._lacked < LACKING_FOR:
            return
        if self._play.join(piece.scene, SceneTake(piece.take, piece.begins_at), bar):
            self._lacking = None
            log.info("Joining the room's %s in bar %d.", piece.scene, bar + 1)
            self._share(word)
            return
        self._lacking, self._lacked = piece, self._clock.now()
        sentence = f"The room plays {piece.scene}, which this box cannot; it plays its own to the same beat"
        self._faults.tell(ROOM_APART, "scene", sentence, "Copy the leader's scenes and models to this box")

    def _compare(self, word: RoomWord, own: OwnBar) -> None:
        """The piece is the same: so shall be its moods and its section."""
        self._lacking = None
        if own.piece is not None and own.piece.mark != word.piece.mark:
            sentence = f"The scene {word.piece.scene} is another here than at the room's leader"
            self._faults.tell(ROOM_APART, "scene", sentence, "Copy the leader's scenes to this box")
        else:
            self._faults.clear(ROOM_APART, "scene")
        self._share(word)
        music = self._play.ensemble
        if own.waits or own.scene_bar != word.scene_bar or music is None or music.course is None or not word.section:
            return
        section = music.course.at(own.scene_bar).section
        if section is not None and section.name != word.section and self._sections_from <= own.scene_bar:
            self._sections_from = own.scene_bar + SECTION_AGAIN
            with contextlib.suppress(ControlError):
                self._go_to_section(word.section)
        elif section is not None and section.name == word.section:
            self._sections_from = 0

    def _share(self, word: RoomWord) -> None:
        self._play.dreams.share(
            [
                Dream(one.mood, one.weight, one.first_bar, one.bars, one.blend, number + 1, "room")
                for number, one in enumerate(word.moods)
            ]
        )
