"""``/moment/...``: moments that were kept, for whoever has the link; the list of them is the artist's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from reverie.history.moment_store import KeptMoment
from reverie.web.roles import needs

PAGE = "/moment"
"""The page that shows one, among the files of the page."""
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
MADE = 24
"""Files that are kept as they were made; each has some ten thousand bytes, or two hundred thousand."""
Make = Callable[[KeptMoment], bytes]
"""Makes a file of a moment."""
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


class _MomentFiles:
    """What is made of moments for those who ask, one at a time, and kept for the next: a moment never changes.

    Strangers ask, and of many notes a file takes a quarter of a second, in which all else of the daemon waits its turn.
    """

    def __init__(self, store: KeepsMoments) -> None:
        self._store = store
        self._made: dict[tuple[str, Make], bytes] = {}
        self._one = asyncio.Lock()

    async def make(self, name: str, make: Make) -> bytes:
        """A file of the moment of that name.

        Raises:
            HTTPException: 404 if there is none.
        """
        async with self._one:
            made = self._made.pop((name, make), None)
            if made is None:
                made = await asyncio.to_thread(self._find_and_make, name, make)
            if made is None:
                raise web.HTTPNotFound(text="There is no such moment, or it has given way to others.\n")
            self._made[name, make] = made
            if len(self._made) > MADE:
                del self._made[next(iter(self._made))]
        return made

    def _find_and_make(self, name: str, make: Make) -> bytes | None:
        moment = self._store.find(name)
        return None if moment is None else make(moment)


def moment_routes(store: KeepsMoments) -> list[web.RouteDef]:
    """The routes under ``/api/v1/moments``."""
    files = _MomentFiles(store)

    @needs("artist")
    async def headings(request: web.Request) -> web.StreamResponse:
        del request
        return web.json_response({"moments": await asyncio.to_thread(store.headings)})

    async def whole(request: web.Request) -> web.Response:
        body = await files.make(request.match_info["id"], _as_json)
        return web.Response(body=body, content_type="application/json", headers=_FOR_EVER)

    async def midi(request: web.Request) -> web.Response:
        from reverie.web.moment_files import moment_midi

        name = request.match_info["id"]
        body = await files.make(name, moment_midi)
        as_file = {**_FOR_EVER, "Content-Disposition": f'attachment; filename="reverie-{name}.mid"'}
        return web.Response(body=body, content_type="audio/midi", headers=as_file)

    async def picture(request: web.Request) -> web.Response:
        body = await files.make(request.match_info["id"], _as_picture)
        return web.Response(body=body, content_type="image/svg+xml", headers=_FOR_EVER)

    return [
        web.get("/api/v1/moments", headings),
        web.get("/api/v1/moments/{id}", whole),
        web.get("/api/v1/moments/{id}/midi", midi),
        web.get("/api/v1/moments/{id}/picture", picture),
    ]


def _as_json(moment: KeptMoment) -> bytes:
    return json.dumps(moment.as_json()).encode()


def _as_picture(moment: KeptMoment) -> bytes:
    from reverie.web.moment_files import moment_picture

    return moment_picture(moment).encode()
