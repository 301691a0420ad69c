"""The limits of the web server: how many connections at once, for how long, and requests of which size.

aiohttp has no such limits of its own. When all places are taken, whoever has been silent for longest makes room for the
newcomer, first of all at the address that has most connections: a thousand of them that say nothing keep nobody out.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from reverie.allowance import neighbour
from reverie.errors import reason_of
from reverie.foreign import plain
from reverie.logs import ONCE
from reverie.processes import descriptors

log = logging.getLogger(__name__)

MOST = 128
"""Connections at once."""
EACH = 32
"""Connections at once of one address; with version 6, of one network."""
SHARE = 4
"""The connections may take this part of all descriptors at most: the others are for workers and files."""
REQUEST_WITHIN = 10.0
"""Seconds from the first byte of a request, or from the connection, until its answer is taken to the end."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "reverie",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says."""
IDLE = 30.0
"""Seconds that a connection may wait for its next request."""
LARGEST = 16_384
"""Bytes of a request, with all that is sent behind it before it is answered."""
BACKLOG = 1024
"""Connections that wait in the system, where they cost no descriptor, until they are let in."""
OUT_OF = 1.0
"""Seconds until another try, where the system has no descriptor left for a connection."""
SETTINGS: Mapping[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    "keepalive_timeout": IDLE,
    "lingering_time": 0.0,
    "logger": log,
    "max_headers": 64,
}
"""What aiohttp is told."""


class Guest(Protocol):
    """A connection, as far as its place is concerned."""

    @property
    def whose(self) -> str:
        """Its address."""
        ...

    def turn_out(self) -> None:
        """End it now, whatever it is about."""
        ...


class Guests:
    """The connections that are there, those that have been heard of most recently last."""

    def __init__(self, crowded: Callable[[], None], most: int | None = None, each: int = EACH) -> None:
        """Call ``crowded`` whenever somebody has to leave for another."""
        self._crowded = crowded
        self._most = min(MOST, descriptors.limit() // SHARE) if most is None else most
        self._each = min(each, self._most)
        self._guests: dict[Guest, None] = {}

    def __len__(self) -> int:
        return len(self._guests)

    def enter(self, guest: Guest) -> None:
        """Somebody comes; if there is no room, somebody else goes."""
        counts = Counter(known.whose for known in self._guests)
        whose = None
        if counts[guest.whose] >= self._each:
            whose = guest.whose
        elif len(self._guests) >= self._most:
            whose = counts.most_common(1)[0][0]
        if whose is not None:
            longest = next(known for known in self._guests if known.whose == whose)
            self.leave(longest)
            longest.turn_out()
            self._crowded()
        self._guests[guest] = None

    def answered(self, guest: Guest) -> None:
        """Somebody has had an answer, and is not the one who has waited longest any more."""
        if guest in self._guests:
            del self._guests[guest]
            self._guests[guest] = None

    def leave(self, guest: Guest) -> None:
        """Somebody goes, or has gone already."""
        self._guests.pop(guest, None)


class Connection(RequestHandler):
    """One connection, held to the limits."""

    __slots__ = ("_busy", "_guests", "_line", "_received", "_timer", "whose")

    def __init__(self, server: web.Server, guests: Guests, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop, **SETTINGS)
        self._guests = guests
        self._line: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._received = 0
        self._busy = True
        self.whose = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        self._line = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.whose = neighbour(str(peer[0])) if peer else ""
        super().connection_made(transport)
        self._end_within(REQUEST_WITHIN)
        self._guests.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        if self._timer is not None:
            self._timer.cancel()
        self._guests.leave(self)
        self._line = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request, or several."""
        self._received += len(data)
        if self._received > LARGEST:
            log.warning("A web request of %s is longer than %d bytes; it is refused.", self.whose, LARGEST, extra=ONCE)
            self.turn_out()
            return
        if data and not self._busy:
            self._busy = True
            self._end_within(REQUEST_WITHIN)
        super().data_received(data)

    async def _handle_request(
        self,
        request: web.BaseRequest,
        start_time: float | None,
        request_handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    ) -> tuple[web.StreamResponse, bool]:
        answered = await super()._handle_request(request, start_time, request_handler)
        self._received, self._busy = 0, False
        self._end_within(IDLE)
        self._guests.answered(self)
        return answered

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that is none, or one at which we failed, without a word of our insides."""
        del message
        if status >= 500:  # noqa: PLR2004
            log.error("The web server made a mistake at %s.", plain(request.path), exc_info=exc)
            text = "Reverie made a mistake; its log has more of it.\n"
        else:
            log.warning("A web request of %s cannot be understood; it is refused.", self.whose, extra=ONCE)
            text = "This is no request that can be understood.\n"
        if request.writer.output_size > 0:
            raise ConnectionError("half of an answer was sent already")
        response = web.Response(status=status, text=text, headers=HEADERS)
        response.force_close()
        return response

    def stay(self) -> None:
        """Let the answer that is being given take as long as it likes: of a stream that goes on for ever."""
        if self._timer is not None:
            self._timer.cancel()

    def turn_out(self) -> None:
        """End the connection now, whoever reads or writes there: closing it would wait for a reader that is slow."""
        if self._line is not None:
            self._line.abort()
            self._line = None

    def _end_within(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self.turn_out) if self._line is not None else None


async def accept(listener: socket.socket, make: Callable[[], Connection]) -> None:
    """Let everybody in, until cancelled.

    asyncio's own server would, once there is no descriptor left, write a hundred tracebacks a second into the log.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            line, _ = await loop.sock_accept(listener)
        except OSError as error:
            log.warning("The status page cannot take a connection (%s).", reason_of(error), extra=ONCE)
            await asyncio.sleep(OUT_OF)
        else:
            await loop.connect_accepted_socket(make, line)
