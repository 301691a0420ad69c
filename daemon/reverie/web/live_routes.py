"""``/api/v1/now``, ``/events`` and ``/clock``: what plays, for pages.

Events go to the transports as bytes that are written once for all: whoever listens has no task that wakes up for them.
One whose line does not take them is turned out, and comes back with the id of the last event that he has.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from reverie.web.connections import Connection
from reverie.web.event_stream import written
from reverie.web.live_feed import LiveFeed

KEEP_ALIVE = 15.0
"""Seconds after which a listener is sent a comment, by which both sides learn that the line is cut."""
MOST_WAITING = 262_144
"""Bytes that a listener may leave untaken."""
RETRY = b"retry: 3000\n\n"
"""How long a browser waits before it comes back, in milliseconds."""


class EventLine:
    """The connection of somebody who listens."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.over = asyncio.Event()

    def hear(self, event: bytes) -> None:
        """Send an event, as a chunk of the answer; a line that does not take them is cut."""
        if self._transport.is_closing():
            self.over.set()
        elif self._transport.get_write_buffer_size() > MOST_WAITING:
            self._transport.abort()
            self.over.set()
        else:
            self._transport.write(b"%x\r\n%b\r\n" % (len(event), event))


def live_routes(feed: LiveFeed) -> list[web.RouteDef]:
    """The routes."""

    async def now(_: web.Request) -> web.Response:
        return web.json_response(feed.now())

    async def clock(_: web.Request) -> web.Response:
        return web.json_response(feed.clock())

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(RETRY + b"".join(_first(feed, request.headers.get("Last-Event-ID", ""))))
        if isinstance(request.protocol, Connection):
            request.protocol.stay()
        transport = request.transport
        if transport is None:
            return response
        line = EventLine(transport)
        leave = feed.events.listen(line)
        try:
            while not line.over.is_set():
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        await line.over.wait()
                except TimeoutError:
                    line.hear(b": \n\n")
        finally:
            leave()
        return response

    return [
        web.get("/api/v1/now", now),
        web.get("/api/v1/clock", clock),
        web.get("/api/v1/events", events),
    ]


def _first(feed: LiveFeed, last_id: str) -> list[bytes]:
    """What somebody hears who begins to listen: what he missed, or else how it is now."""
    missed = feed.events.since(last_id) if last_id else None
    if missed is not None:
        return missed
    bar = feed.bar()
    last = feed.events.last_id
    return [written("now", feed.now(), last), *([] if bar is None else [written("bar", bar, last)])]
