"""``/moment/...``: moments that were kept, for whoever has the link; the list of them is the artist's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from reverie.history.moment_store import KeptMoment
from reverie.web.roles import needs

PAGE = "/moment"
"""The page that shows one, among the files of the page."""
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ID: Mapping[str, Any] = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
_JSON: Mapping[str, Any] = {"description": "It.", "content": {"application/json": {}}}
_NONE = {"description": "There is no such moment."}

MOMENT_PATHS: Mapping[str, Any] = {
    "/api/v1/moments": {
        "get": {"summary": "The moments that were kept, the newest first (artist).", "responses": {"200": _JSON}}
    },
    "/api/v1/moments/{id}": {
        "get": {
            "summary": "A moment: bars as they sounded, and the recipes of what sounded.",
            "parameters": [_ID],
            "responses": {"200": _JSON, "404": _NONE},
        }
    },
    "/api/v1/moments/{id}/midi": {
        "get": {
            "summary": "A moment as a Standard MIDI File.",
            "parameters": [_ID],
            "responses": {"200": {"description": "It.", "content": {"audio/midi": {}}}, "404": _NONE},
        }
    },
    "/api/v1/moments/{id}/picture": {
        "get": {
            "summary": "A moment as a roll (SVG).",
            "parameters": [_ID],
            "responses": {"200": {"description": "It.", "content": {"image/svg+xml": {}}}, "404": _NONE},
        }
    },
}
"""Of the description of the interface, what these routes are."""


class KeepsMoments(Protocol):
    """Where moments are; all of it may wait for a disk."""

    def find(self, name: str) -> KeptMoment | None:
        """A moment by its name."""
        ...

    def headings(self) -> list[dict[str, Any]]:
        """What there is, the newest first."""
        ...


def moment_routes(store: KeepsMoments) -> list[web.RouteDef]:
    """The routes under ``/api/v1/moments``."""

    async def found(request: web.Request) -> KeptMoment:
        moment = await asyncio.to_thread(store.find, request.match_info["id"])
        if moment is None:
            raise web.HTTPNotFound(text="There is no such moment, or it has given way to others.\n")
        return moment

    @needs("artist")
    async def headings(request: web.Request) -> web.StreamResponse:
        del request
        return web.json_response({"moments": await asyncio.to_thread(store.headings)})

    async def whole(request: web.Request) -> web.Response:
        moment = await found(request)
        return web.json_response(text=json.dumps(moment.as_json()), headers=_FOR_EVER)

    async def midi(request: web.Request) -> web.Response:
        from reverie.web.moment_files import moment_midi

        moment = await found(request)
        body = await asyncio.to_thread(moment_midi, moment)
        name = f'attachment; filename="reverie-{moment.name}.mid"'
        return web.Response(body=body, content_type="audio/midi", headers={**_FOR_EVER, "Content-Disposition": name})

    async def picture(request: web.Request) -> web.Response:
        from reverie.web.moment_files import moment_picture

        moment = await found(request)
        return web.Response(
            text=await asyncio.to_thread(moment_picture, moment), content_type="image/svg+xml", headers=_FOR_EVER
        )

    return [
        web.get("/api/v1/moments", headings),
        web.get("/api/v1/moments/{id}", whole),
        web.get("/api/v1/moments/{id}/midi", midi),
        web.get("/api/v1/moments/{id}/picture", picture),
    ]
