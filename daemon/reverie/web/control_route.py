"""``POST /control``: what a control surface can do, for programs that speak HTTP.

Only artists on this machine may, unless the site says otherwise; for whom a reverse proxy of this machine asks is
elsewhere. A header that browsers send to their own site only keeps pages elsewhere on the web from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from reverie.errors import ended
from reverie.foreign import LONGEST_LINE, plain
from reverie.site.actions import ControlError
from reverie.watch.verdict import Verdict

LARGEST = 1024
"""Bytes of a request; an action has a hundred."""


class Controlled(Protocol):
    """What is steered; it may not wait."""

    def control(self, wanted: object, source: str) -> Verdict:
        """Somebody wants what plain data says; what came of it.

        Raises:
            ControlError: if it is no action.
        """
        ...


def control_route(source: Controlled, *, allowed: Callable[[web.Request], bool]) -> web.RouteDef:
    """The route; whoever is not ``allowed`` is told so."""

    async def control(request: web.Request) -> web.Response:
        if not allowed(request):
            raise web.HTTPForbidden(text="Nothing is controlled from here; the site's `control.http` allows it.\n")
        if request.headers.get("X-Reverie") != "control":
            raise web.HTTPForbidden(text="Control needs the header X-Reverie: control.\n")
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Control needs JSON, and the content type application/json.\n")
        try:
            body = await request.read()
            if len(body) > LARGEST:
                raise web.HTTPRequestEntityTooLarge(LARGEST, len(body))
            verdict = source.control(json.loads(body), "http")
        except ControlError as error:
            raise web.HTTPBadRequest(text=f"{plain(ended(str(error)), LONGEST_LINE)}\n") from error
        except (ValueError, RecursionError) as error:
            raise web.HTTPBadRequest(text="This is no JSON.\n") from error
        return web.json_response({"ok": verdict.ok, "said": verdict.sentence}, status=200 if verdict.ok else 409)

    return web.post("/control", control)
