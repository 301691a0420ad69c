"""``/api/v1/now``, ``/events`` and ``/clock``: what plays, for pages."""

from __future__ import annotations

import contextlib
import random

from aiohttp import HttpVersion11, web

from reverie.allowance import neighbour
from reverie.web.connections import Connection
from reverie.web.event_stream import WrittenEvent
from reverie.web.listeners import MOST_WAITING, EventLine, ListenerPlaces
from reverie.web.live_feed import LiveFeed
from reverie.web.refusals import refused
from reverie.web.roles import asker_of

RETRIES = tuple(WrittenEvent(f"retry: {wait}\n\n".encode()) for wait in range(2000, 8000, 500))
"""How long a browser waits before it comes back, in milliseconds: a thousand that were cut together come one by one."""
COME_BACK = 30
"""Seconds after which whoever found no place may ask again."""


def live_routes(feed: LiveFeed, places: ListenerPlaces | None = None) -> list[web.RouteDef]:
    """The routes; ``places`` has those who listen."""
    places = ListenerPlaces() if places is None else places

    async def now(_: web.Request) -> web.Response:
        return web.Response(body=feed.state, content_type="application/json")

    async def clock(_: web.Request) -> web.Response:
        return web.json_response(feed.clock())

    async def events(request: web.Request) -> web.StreamResponse:
        chunked = request.version >= HttpVersion11
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no", "Vary": "Accept-Encoding"}
        response = web.StreamResponse(headers=headers | ({"Content-Encoding": "gzip"} if packed else {}))
        response.force_close()
        transport = request.transport
        if transport is None:
            return response
        line = EventLine(transport, packed=packed, chunked=chunked)
        asker = asker_of(request)
        if not places.enter(line, neighbour(asker.address), trusted=asker.here or asker.may("artist")):
            raise refused(503, "refused.full", "Too many listen already; ask what plays now and then.", COME_BACK)
        try:
            if chunked:
                response.enable_chunked_encoding()
            with contextlib.suppress(ConnectionError):  # whoever asked has gone already
                await response.prepare(request)
            if isinstance(request.protocol, Connection):
                request.protocol.stay(line.over.set)
            await _listen(feed, line, request.headers.get("Last-Event-ID", ""))
        finally:
            places.leave(line)
        return response

    return [
        web.get("/api/v1/now", now),
        web.get("/api/v1/clock", clock),
        web.get("/api/v1/events", events, allow_head=False),
    ]


async def _listen(feed: LiveFeed, line: EventLine, last_id: str) -> None:
    """Send what was missed, or else how it is now, and then whatever happens, until the line is cut.

    What was missed is not sent where it is more than the line may leave untaken, or it would be cut for that.
    """
    missed = feed.missed(last_id) if last_id else None
    if missed is not None and sum(len(event.plain) for event in missed) > MOST_WAITING:
        missed = None
    line.begin()
    for event in (random.choice(RETRIES), *(feed.latest if missed is None else missed)):
        line.hear(event)
    leave = feed.events.listen(line)
    try:
        await line.over.wait()
    finally:
        leave()
