"""``/api/v1/pictures``: pictures of the sounds between which timbres move. Each bears the hash of its sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

PATH = "/api/v1/pictures"
FOR_EVER = "public, max-age=31536000, immutable"


class TimbrePictures(Protocol):
    """Who has the pictures; every answer is at hand."""

    def told(self) -> Mapping[str, Mapping[str, str]]:
        """By timbre and sound, the address of its picture."""
        ...

    def file(self, name: str) -> Path | None:
        """The picture of that name; None if there is none."""
        ...


def picture_routes(source: TimbrePictures) -> list[web.RouteDef]:
    """The routes."""

    async def listing(_: web.Request) -> web.StreamResponse:
        return web.json_response(source.told())

    async def file(request: web.Request) -> web.StreamResponse:
        path = source.file(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="There is no such picture; /api/v1/pictures names those that there are.\n")
        return web.FileResponse(path, headers={"Cache-Control": FOR_EVER, "Content-Type": "image/png"})

    return [web.get(PATH, listing), web.get(f"{PATH}/{{name}}", file)]


PICTURE_PATHS: Mapping[str, Any] = {
    PATH: {
        "get": {
            "summary": "Pictures of the sounds of the timbres that play: by timbre and sound, an address.",
            "responses": {"200": {"description": "The addresses of those that are drawn already."}},
        }
    },
    f"{PATH}/{{name}}": {
        "get": {
            "summary": "The spectrum of a sound over time, low below (PNG).",
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "The picture, which never changes."},
                "404": {"description": "There is none of that name."},
            },
        }
    },
}
"""What the routes are, for the description of the API."""
