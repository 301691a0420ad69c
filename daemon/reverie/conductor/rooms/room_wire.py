"""A UDP socket in the event loop that says when each datagram came: by the kernel's word, however late it is read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Self

from reverie.clock import Clock
from reverie.conductor.in_any_case import in_any_case
from reverie.room.room_leader import Place

SO_TIMESTAMPNS = 35
"""The option of Linux's sockets by which datagrams bear the time of their arrival (socket(7))."""
_STAMP = struct.Struct("@qq")
LARGEST = 16_384
AT_A_TIME = 64
"""Datagrams that are read before others have their turn."""
OLDEST = 1.0
"""Seconds of waiting that are believed: an older stamp is that of a clock that was set meanwhile."""


class RoomWire:
    """An open socket. ``came`` is told of each datagram, whence it came, and at which monotonic moment."""

    def __init__(self, sock: socket.socket, clock: Clock, came: Callable[[bytes, Place, float], None]) -> None:
        self._socket = sock
        self._clock = clock
        self._came = came
        self._loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # without it, what is read late has come late
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._read)

    @classmethod
    async def open(
        cls, place: Place, clock: Clock, came: Callable[[bytes, Place, float], None], *, listens: bool, number: int = 0
    ) -> Self:
        """A socket that ``listens`` at a place of this machine, or speaks to one of another.

        A name may have several addresses, of which one alone answers: with ``number`` going up, each has its turn.

        Raises:
            OSError: if there is no such place, or another listens there.
        """
        flags = socket.AI_PASSIVE if listens else 0
        found = await asyncio.get_running_loop().getaddrinfo(*place, type=socket.SOCK_DGRAM, flags=flags)
        family, kind, protocol, _, address = found[number % len(found)]
        sock = socket.socket(family, kind, protocol)
        try:
            if listens:
                sock.bind(address)
            else:
                sock.connect(address)
            return cls(sock, clock, came)
        except BaseException:
            sock.close()
            raise

    def send(self, datagram: bytes, place: Place | None = None) -> None:
        """Send; what a network without a way says of it is no news."""
        with contextlib.suppress(OSError):
            if place is None:
                self._socket.send(datagram)
            else:
                self._socket.sendto(datagram, place)

    def close(self) -> None:
        """Let go of the socket."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _read(self) -> None:
        for _ in range(AT_A_TIME):
            try:
                data, stamps, _, place = self._socket.recvmsg(LARGEST, socket.CMSG_SPACE(_STAMP.size))
            except OSError:  # nothing more, or news of a machine that is away
                return
            moment = self._moment(stamps)
            in_any_case(lambda data=data, place=place, moment=moment: self._came(data, place[:2], moment))

    def _moment(self, stamps: list[tuple[int, int, bytes]]) -> float:
        now, wall = self._clock.now(), self._clock.wall()
        for level, kind, stamp in stamps:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS) and len(stamp) == _STAMP.size:
                seconds, nanoseconds = _STAMP.unpack(stamp)
                waited = wall - (seconds + nanoseconds / 1e9)
                return now - waited if 0 <= waited < OLDEST else now
        return now
