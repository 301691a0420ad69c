"""The limits of the web server: how many connections at once, for how long, and requests of which size.

aiohttp has no such limits of its own. When all places are taken, somebody makes room for the newcomer. Where one
address has many of them, that is whoever has been silent for longest there: a thousand who say nothing keep nobody out.
Else it is whoever has had an answer and asks nothing now, which costs little: a browser that asks again connects again.
So a few hundred places do for thousands of pages that ask now and then.
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
from reverie.web.tls import Handshakes

log = logging.getLogger(__name__)

MOST = 256
"""Connections at once that ask; those that listen to events are counted elsewhere (:mod:`reverie.web.listeners`)."""
EACH = 128
"""Connections at once of one address; with version 6, of one network. A browser makes six, and twenty telephones may
share an address and open the page together."""
CROWD = 4
"""An address that has more than this part of all places is a crowd, which makes room before others do."""
SHARE = 4
"""The connections may take this part of all descriptors at most: the others are for workers and files."""
REQUEST_WITHIN = 10.0
"""Seconds from the first byte of a request, or from the connection, until all of it is there."""
ANSWER_WITHIN = 60.0
"""Seconds until the answer to it is taken to the end: a telephone far from its network takes a sound slowly."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "reverie",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer says."""
IDLE, LEAST_IDLE = 30.0, 2.0
"""Seconds that a connection may wait for its next request, where all places are free and where hardly one is."""
LARGEST = 81_920
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

    @property
    def is_answered(self) -> bool:
        """Whether an answer to it is under way."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether it has had its answers and has asked nothing since."""
        ...

    def turn_out(self) -> None:
        """End it now, whatever it is about."""
        ...


class Guests:
    """The connections that are there, those that have been heard of most recently last.

    Args:
        crowded: Called whenever somebody has to leave for another before an answer.
        most: How many there may be; as many as descriptors allow unless given.
        each: How many of one address.
        shared: Whether an address is that of many, as a proxy's is: it may have all places.
    """

    def __init__(
        self,
        crowded: Callable[[], None],
        most: int | None = None,
        each: int = EACH,
        shared: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._crowded = crowded
        self._most = min(MOST, descriptors.limit() // SHARE) if most is None else most
        self._each = min(each, self._most)
        self._shared = shared
        self._guests: dict[Guest, None] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._guests)

    def name_of(self, address: str) -> str:
        """By what those of an address are counted."""
        return address if self._shared(address) else neighbour(address)

    def enter(self, guest: Guest) -> None:
        """Somebody comes; if there is no room, somebody else goes."""
        if (leaver := self._who_makes_room(guest)) is not None:
            had_answer = leaver.is_idle
            self.leave(leaver)
            leaver.turn_out()
            if not had_answer:
                self._crowded()
        self._guests[guest] = None
        self._counts[guest.whose] += 1

    def _who_makes_room(self, newcomer: Guest) -> Guest | None:
        """Who goes for another, if there is no room: never one who is being answered as long as there are others."""
        whose = newcomer.whose
        if self._counts[whose] < self._each or self._shared(whose):
            if len(self._guests) < self._most:
                return None
            whose, count = self._counts.most_common(1)[0]
            if count <= self._most // CROWD:
                idle = next((one for one in self._guests if one.is_idle), None)
                if idle is not None:
                    return idle
        known = [one for one in self._guests if one.whose == whose]
        return next((one for one in known if not one.is_answered), known[0])

    def idle_time(self) -> float:
        """Seconds that a connection may wait for its next request now."""
        free = 1.0 - len(self._guests) / self._most
        return max(IDLE * free, min(IDLE, LEAST_IDLE))

    def answered(self, guest: Guest) -> None:
        """Somebody has had an answer, and is not the one who has waited longest any more."""
        if guest in self._guests:
            del self._guests[guest]
            self._guests[guest] = None

    def leave(self, guest: Guest) -> None:
        """Somebody goes, or has gone already."""
        if guest in self._guests:
            del self._guests[guest]
            self._counts[guest.whose] -= 1
            if not self._counts[guest.whose]:
                del self._counts[guest.whose]


class Connection(RequestHandler):
    """One connection, held to the limits."""

    __slots__ = ("_busy", "_guests", "_line", "_lost", "_received", "_timer", "is_answered", "whose")

    def __init__(self, server: web.Server, guests: Guests, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, loop=loop, **SETTINGS)
        self._guests = guests
        self._line: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._received = 0
        self._busy = True
        self._lost: Callable[[], None] | None = None
        self.is_answered = False
        self.whose = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has connected."""
        self._line = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.whose = self._guests.name_of(str(peer[0])) if peer else ""
        super().connection_made(transport)
        self._end_within(REQUEST_WITHIN)
        self._guests.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        if self._timer is not None:
            self._timer.cancel()
        self._guests.leave(self)
        self._line = None
        if self._lost is not None:
            self._lost()
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
        self.is_answered = True
        if not request.body_exists:
            self._end_within(ANSWER_WITHIN)
        answered = await super()._handle_request(request, start_time, request_handler)
        self._received, self._busy, self.is_answered = 0, False, False
        self._end_within(self._guests.idle_time())
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

    def stay(self, lost: Callable[[], None]) -> None:
        """Let the answer that is being given go on for ever, as a stream of events does, which has places of its own.

        ``lost`` is called once the connection is over.
        """
        self._guests.leave(self)
        if self._timer is not None:
            self._timer.cancel()
        self._lost = lost
        if self._line is None:
            lost()

    @property
    def is_idle(self) -> bool:
        """Whether it has had its answers and has asked nothing since."""
        return not self._busy and not self.is_answered

    def turn_out(self) -> None:
        """End the connection now, whoever reads or writes there: closing it would wait for a reader that is slow."""
        if self._line is not None:
            self._line.abort()
            self._line = None

    def _end_within(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self.turn_out) if self._line is not None else None


async def accept(listener: socket.socket, make: Callable[[], Connection], handshakes: Handshakes | None = None) -> None:
    """Let everybody in, until cancelled; with ``handshakes`` by HTTPS.

    asyncio's own server would, once there is no descriptor left, write a hundred tracebacks a second into the log.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            line, peer = await loop.sock_accept(listener)
        except OSError as error:
            log.warning("The status page cannot take a connection (%s).", reason_of(error), extra=ONCE)
            await asyncio.sleep(OUT_OF)
            continue
        if handshakes is None:
            await loop.connect_accepted_socket(make, line)
        else:
            handshakes.begin(line, str(peer[0]), make)
