"""Following the box that leads the room.

The conductor asks the leader over the network and knows how far its clock is ahead. It sends what it knows to a socket
in the state folder, at which the player listens: where the leader's last bar line was, by this machine's clock, and how
fast it went on from there.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Generator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from reverie.play.sync.leader import Position

ROOM = "room"
FILE = "room.sock"
"""The socket, in the state folder."""
STALE = 3.0
"""Seconds after which what was said is not believed."""
AWAY = "The box that leads the room does not answer"
LARGEST = 4096


@dataclass(frozen=True, slots=True)
class RoomBeat:
    """At monotonic second ``time`` the leader was at ``tick``, a bar line of its; said at ``said``.

    Another ``meeting`` than before: the player's bars are not the leader's, and it is to be met anew.
    """

    time: float
    tick: float
    seconds_per_tick: float
    said: float
    meeting: int
    leader: str

    def send(self, sock: socket.socket, folder: Path) -> None:
        """Tell the player, if one listens."""
        with contextlib.suppress(OSError), _reachable(folder) as address:
            sock.sendto(json.dumps(astuple(self)).encode(), address)


class RoomLead:
    """The box that leads the room, for the player. No call blocks."""

    playing = None

    def __init__(self, folder: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        path = Path(folder)
        with contextlib.suppress(OSError):
            (path / FILE).unlink()
        with contextlib.suppress(OSError), _reachable(path) as address:  # without it, this box plays by itself
            self._socket.bind(address)
        self._beat: RoomBeat | None = None
        self._anew = False

    @property
    def description(self) -> str:
        """Who leads."""
        return f"{self._beat.leader} leads the room" if self._beat else AWAY

    def position(self, now: float) -> Position | None:
        """Where the leader is; None while it does not answer, or is to be met anew."""
        beat = self._beat
        if beat is None or self._anew:
            return None
        return Position(beat.tick + (now - beat.time) / beat.seconds_per_tick, beat.seconds_per_tick)

    def announce(self, now: float, tick: float, seconds_per_tick: float, *, playing: bool) -> None:
        """The leader is told by the conductor."""

    def waits_for(self) -> Sequence[int]:
        """Nothing that is heard here is in a hurry: looks at the leader are near enough to each other."""
        return ()

    def poll(self, now: float) -> None:
        """Take in what the conductor says."""
        before, self._anew = self._beat, False
        with contextlib.suppress(BlockingIOError):
            while True:
                with contextlib.suppress(ValueError, TypeError):
                    self._beat = RoomBeat(*json.loads(self._socket.recv(LARGEST)))
        if self._beat is not None and now - self._beat.said > STALE:
            self._beat = None
        if before is not None and self._beat is not None:
            self._anew = before.meeting != self._beat.meeting

    def close(self) -> None:
        """Let go of the socket; its file is the next player's to remove."""
        self._socket.close()


@contextlib.contextmanager
def _reachable(folder: Path) -> Generator[str]:
    """An address of the socket that is short enough: the system takes 107 bytes, and folders can be deeper."""
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/{FILE}"
    finally:
        os.close(opened)
