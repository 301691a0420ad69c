"""Who listens to events: how many at most, whose place they have, and the line to each.

Events go to the transports as bytes that were written once for all; nobody has a task that wakes up for them. A line
that does not take them is cut, and whoever had it comes back with the id of the last event that he got.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from reverie.processes import descriptors
from reverie.web.event_stream import GZIP_HEAD, WrittenEvent, chunk

MOST = 2560
"""Who listen at once."""
SHARE = 4
"""The part of all descriptors that they may take."""
KEPT_FREE = 64
"""Places that only artists and technicians are given."""
EACH = 64
"""Who listen from one address at once: a school class has one address, where its telephones share a line."""
MOST_WAITING = 131_072
"""Bytes that a listener may leave untaken: some bars of music."""
SEND_BUFFER = 65_536
"""Bytes that the system holds for a listener; by itself it would hold megabytes."""


class PlaceHolder(Protocol):
    """Somebody who has a place."""

    def cut(self) -> None:
        """End it now."""
        ...


class ListenerPlaces:
    """Places for those who listen, shared fairly among addresses.

    Args:
        most: How many there are; as many as descriptors allow unless given.
        each: How many one address may have.
        kept_free: How many of them are for artists and technicians alone.
    """

    def __init__(self, most: int | None = None, each: int = EACH, kept_free: int = KEPT_FREE) -> None:
        self._most = min(MOST, descriptors.limit() // SHARE) if most is None else most
        self._each = each
        self._kept_free = min(kept_free, self._most // 4)
        self._holders: dict[PlaceHolder, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._holders)

    def enter(self, holder: PlaceHolder, address: str, *, trusted: bool) -> bool:
        """Somebody wants a place; False if there is none.

        At its own address a newcomer takes the place of whoever has had one for longest; elsewhere only that of an
        address which has more of them. ``trusted`` are artists, technicians and whoever is at this machine.
        """
        if not trusted and self._counts[address] >= self._each:
            self._cut_longest(address)
        if len(self._holders) >= self._most - (0 if trusted else self._kept_free):
            crowded, count = self._counts.most_common(1)[0] if self._counts else ("", 0)
            if count < self._counts[address] + 2 and not (trusted and count):
                return False
            self._cut_longest(crowded)
        self._holders[holder] = address
        self._counts[address] += 1
        return True

    def leave(self, holder: PlaceHolder) -> None:
        """Somebody goes, or has gone already."""
        address = self._holders.pop(holder, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]

    async def close(self, _: object = None) -> None:
        """The server closes: nobody keeps it waiting."""
        for holder in tuple(self._holders):
            self.leave(holder)
            holder.cut()

    def _cut_longest(self, address: str) -> None:
        longest = next(holder for holder, own in self._holders.items() if own == address)
        self.leave(longest)
        longest.cut()


class EventLine:
    """The connection of somebody who listens, once its answer has begun.

    Args:
        transport: To where the answer goes.
        packed: Whether the answer is a gzip stream.
        chunked: Whether it goes in chunks; else, with HTTP/1.0, it goes on until the end of the connection.
    """

    def __init__(self, transport: asyncio.Transport, *, packed: bool, chunked: bool) -> None:
        self._transport = transport
        self._packed = packed
        self._bytes = _FORMS[packed, chunked]
        self._chunked = chunked
        self.over = asyncio.Event()
        own = transport.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def begin(self) -> None:
        """Send what comes before the first event."""
        if self._packed:
            self._transport.write(chunk(GZIP_HEAD) if self._chunked else GZIP_HEAD)

    def hear(self, event: WrittenEvent) -> None:
        """Send an event; a line that does not take them is cut."""
        if self._transport.is_closing():
            self.over.set()
        elif self._transport.get_write_buffer_size() > MOST_WAITING:
            self.cut()
        else:
            self._transport.write(self._bytes(event))

    def cut(self) -> None:
        """End it now, whether it takes anything or not."""
        self._transport.abort()
        self.over.set()


_FORMS: dict[tuple[bool, bool], Callable[[WrittenEvent], bytes]] = {
    (False, False): lambda event: event.plain,
    (False, True): lambda event: event.plain_chunk,
    (True, False): lambda event: event.packed,
    (True, True): lambda event: event.packed_chunk,
}
"""By whether it is packed and whether chunked."""
