"""Whether the leader of the tempo that a scene names is there: told to people when it changes."""

from __future__ import annotations

from reverie.bus import Bus
from reverie.play.messages import SELF, SyncState
from reverie.play.sync.room_beat import ROOM
from reverie.watch.fault_kinds import LEADER_MISSING
from reverie.watch.faults import Faults
from reverie.watch.happenings import SlotsGiven, SyncChanged

SENTENCES = {ROOM: "The box that leads the room does not answer; this one plays by itself"}


class LeaderNews:
    """Tells the register of faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def subscribe_to(self, bus: Bus) -> None:
        """Tell from now on; a new player has looked for no leader yet."""
        bus.subscribe(SlotsGiven, lambda _: self._faults.clear(LEADER_MISSING))
        bus.subscribe(SyncChanged, lambda said: self.changed(said.sync))

    def changed(self, sync: SyncState) -> None:
        """The player follows another leader, or has lost its own."""
        missing = {sync.leader} if sync.leader != SELF and not sync.following else set[str]()
        self._faults.only(LEADER_MISSING, missing)
        for leader in missing:
            sentence = f"The scene's leader, {leader!r}, is not there; it leads itself"
            self._faults.tell(LEADER_MISSING, leader, SENTENCES.get(leader, sentence))
