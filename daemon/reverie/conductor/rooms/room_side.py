"""The room: the network between boxes that play one piece. No note of this box depends on it.

It hears of the music on the bus as others do. What it waits for are datagrams, in the conductor's event loop.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from functools import partial
from typing import TYPE_CHECKING

from reverie.attending import always
from reverie.conductor.rooms.room_follow import RoomJoining
from reverie.conductor.rooms.room_lead import RoomPiece
from reverie.conductor.rooms.room_views import view_of_follower, view_of_leader
from reverie.conductor.rooms.room_wire import RoomWire
from reverie.conductor.rooms.voices_here import VoicesHere
from reverie.errors import reason_of
from reverie.room.room_follower import RoomFollower
from reverie.room.room_leader import Place, RoomLeader
from reverie.room.room_words import RoomVersionError, RoomWord, RoomWordError
from reverie.site.room_section import RoomSection
from reverie.site.secret_file import SecretError
from reverie.watch.fault_kinds import ROOM_APART
from reverie.watch.happenings import Moment, RoomLooked
from reverie.watch.room_view import RoomView

if TYPE_CHECKING:
    from collections.abc import Callable

    from reverie.conductor.conductor import Conductor

log = logging.getLogger(__name__)

LOOKS = 1.0
"""Seconds between looks at how it stands."""
STRANGERS_EVERY = 60.0
"""Seconds from telling of one who does not fit to telling of the next; twice as many without any, and all is well."""
AGAIN = 10.0
"""Seconds after which a token, an address or a port is tried again."""

NO_ROOM = "This box plays by itself for now; the room is tried again."


class RoomSide:
    """This box as one of a room, which leads or follows."""

    def __init__(self, conductor: Conductor, section: RoomSection) -> None:
        self._conductor = conductor
        self._section = section
        self._faults = conductor.faults
        self._clock = conductor.page.desk.report.clock
        self._name = section.called
        self._wire: RoomWire | None = None
        self._strange = float("-inf")
        """When somebody last asked who does not fit."""
        self._refused = float("-inf")
        """When the leader last spoke another version."""
        conductor.page.desk.player.voices = VoicesHere(section.voices)

    async def run(self) -> None:
        """Lead or follow until cancelled."""
        while True:
            try:
                token = (await asyncio.to_thread(self._section.token.read)).encode()
            except SecretError as error:
                self._faults.tell(ROOM_APART, "token", f"The room's token: {error}")
                await asyncio.sleep(AGAIN)
            else:
                self._faults.clear(ROOM_APART, "token")
                await (self._lead(token) if self._section.lead else self._follow(token))

    async def _lead(self, token: bytes) -> None:
        leader = RoomLeader(token, self._name)
        piece = RoomPiece(self._conductor.page.desk.report.play, lambda word: self._tell(leader, word))
        piece.subscribe_to(self._conductor.bus)
        await always(partial(self._listen, leader), NO_ROOM)

    async def _listen(self, leader: RoomLeader) -> None:
        while True:
            local = self._section.address, self._section.port
            asked = partial(self._asked, leader)
            if not await self._open(local, asked, listens=True):
                await asyncio.sleep(AGAIN)
                continue
            try:
                while True:
                    leader.forget(self._clock.now())
                    if self._clock.now() - self._strange > 2 * STRANGERS_EVERY:
                        self._faults.clear(ROOM_APART, "stranger")
                    self._show(view_of_leader(leader, self._name, self._clock.now()))
                    await asyncio.sleep(LOOKS)
            finally:
                self._close()

    def _asked(self, leader: RoomLeader, datagram: bytes, place: Place, came: float) -> None:
        try:
            answer = leader.answer(datagram, place, came, self._clock.now())
        except RoomVersionError as error:
            self._stranger(place, error)
            answer = leader.refusal(self._clock.now())
        except RoomWordError as error:
            self._stranger(place, error)
            return
        if answer is not None:
            self._send(answer, place)

    def _stranger(self, place: Place, error: RoomWordError) -> None:
        """Somebody asks who does not fit: told now and then, as anybody may send anything."""
        if self._clock.now() - self._strange > STRANGERS_EVERY:
            self._strange = self._clock.now()
            self._faults.tell(ROOM_APART, "stranger", f"{place[0]} wants to follow, and may not: {error}")

    def _tell(self, leader: RoomLeader, word: RoomWord) -> None:
        for place, datagram in leader.tell(word, self._clock.now()):
            self._send(datagram, place)

    async def _follow(self, token: bytes) -> None:
        follower = RoomFollower(token, self._name)
        conductor, play = self._conductor, self._conductor.page.desk.report.play
        joining = RoomJoining(
            follower, play, conductor.go_to_section, conductor.config.state, self._faults, self._clock
        )
        joining.subscribe_to(conductor.bus)
        try:
            await always(partial(self._look_for_leader, follower, joining), NO_ROOM)
        finally:
            joining.close()

    async def _look_for_leader(self, follower: RoomFollower, joining: RoomJoining) -> None:
        for number in itertools.count():
            answered = partial(self._answered, follower, joining)
            if await self._open(self._section.leader, answered, listens=False, number=number):
                await self._ask(follower, joining)
            else:
                self._look_at_leader(follower, joining)
                await asyncio.sleep(AGAIN)

    async def _ask(self, follower: RoomFollower, joining: RoomJoining) -> None:
        """Ask until nothing has come for a while: then the leader may have another address."""
        answered, shown = self._clock.now(), float("-inf")
        try:
            while (now := self._clock.now()) - answered < AGAIN:
                bar = self._conductor.music.bar + 1 if self._conductor.music else -1
                scene = self._conductor.playing or ""
                self._send(follower.ask(now, together=joining.together, scene=scene, scene_bar=bar))
                if now - shown >= LOOKS:
                    shown = now
                    self._look_at_leader(follower, joining)
                await asyncio.sleep(follower.next_ask(now))
                if follower.is_there(self._clock.now()):
                    answered = self._clock.now()
        finally:
            self._close()

    def _answered(self, follower: RoomFollower, joining: RoomJoining, datagram: bytes, _: Place, came: float) -> None:
        try:
            follower.hear(datagram, came)
        except RoomVersionError as error:
            self._refused = came
            self._faults.tell(ROOM_APART, "version", f"The room's leader cannot be followed: {error}")
        except RoomWordError as error:
            log.debug("What came from the room's leader is left out: %s", error)
        else:
            self._faults.clear(ROOM_APART, "version")
            joining.heard()

    def _look_at_leader(self, follower: RoomFollower, joining: RoomJoining) -> None:
        """Show how it stands; a leader that is gone has no other version, and no scene that is not here."""
        now = self._clock.now()
        if not follower.is_there(now):
            joining.alone()
        if now - self._refused > AGAIN:
            self._faults.clear(ROOM_APART, "version")
        together = joining.together
        self._show(view_of_follower(follower, self._section.leader, self._name, now, together=together))

    def _show(self, view: RoomView) -> None:
        self._conductor.bus.publish(RoomLooked(Moment.of(self._clock), view))

    async def _open(
        self, place: Place, came: Callable[[bytes, Place, float], None], *, listens: bool, number: int = 0
    ) -> bool:
        """Open a socket; False, with a fault, where that cannot be."""
        try:
            self._wire = await RoomWire.open(place, self._clock, came, listens=listens, number=number)
        except (OSError, ValueError) as error:  # ValueError: a name that no system takes
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            self._faults.tell(ROOM_APART, "network", f"The room's network, {place[0]}:{place[1]}: {reason}")
            return False
        self._faults.clear(ROOM_APART, "network")
        return True

    def _close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _send(self, datagram: bytes, place: Place | None = None) -> None:
        if self._wire is not None:
            self._wire.send(datagram, place)
