"""An answer that is gathered once for all who ask within a moment: many desks that are open cost no more than one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from reverie.web.event_stream import json_bytes
from reverie.web.roles import Handler

FRESH = 0.5
"""Seconds for which it is handed out as it is, unless something is done meanwhile."""


class FreshAnswer:
    """Hands out in JSON what ``gather`` says.

    Args:
        gather: Plain data; asked on the event loop.
        clock: Monotonic seconds.
    """

    def __init__(self, gather: Callable[[], Mapping[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._gather = gather
        self._clock = clock
        self._written, self._at = b"", float("-inf")

    def response(self) -> web.Response:
        """The answer, no older than :data:`FRESH`, and than whatever was done by :meth:`changing`."""
        now = self._clock()
        if not self._at <= now < self._at + FRESH:
            self._written, self._at = json_bytes(self._gather()), now
        return web.Response(body=self._written, content_type="application/json")

    def changing(self, routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
        """The same routes; after a request that is no GET, whoever asks is answered anew."""
        return [one if one.method == "GET" else self._changing(one) for one in routes]

    def _changing(self, route: web.RouteDef) -> web.RouteDef:
        handler: Handler = route.handler  # pyright: ignore[reportAssignmentType] - views are no handlers of ours

        async def handled(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            finally:
                self._at = float("-inf")

        return web.route(route.method, route.path, handled, **route.kwargs)
