"""``/api/v1/sounds``: with what the voices of the scene that plays sound in browsers, and the files of it.

A file bears the hash of its content and is kept by whoever has it once, so that a telephone that comes back asks for
nothing. Which voice has which file changes while the music plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

PATH = "/api/v1/sounds"
FOR_EVER = "public, max-age=31536000, immutable"
CONTENT = {".flac": "audio/flac", ".json": "application/json"}


class BrowserSounds(Protocol):
    """Who knows the sounds; every answer is at hand."""

    def told(self) -> Mapping[str, Any]:
        """The scene that plays, and by voice its sound, as plain data."""
        ...

    def file(self, name: str) -> Path | None:
        """The file of that name; None if there is none."""
        ...


def sound_routes(source: BrowserSounds) -> list[web.RouteDef]:
    """The routes."""

    async def listing(_: web.Request) -> web.StreamResponse:
        return web.json_response(source.told())

    async def file(request: web.Request) -> web.StreamResponse:
        path = source.file(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="There is no such sound; /api/v1/sounds names those that there are.\n")
        kept = {"Cache-Control": FOR_EVER, "Content-Type": CONTENT[path.suffix]}
        return web.FileResponse(path, headers=kept)

    return [web.get(PATH, listing), web.get(f"{PATH}/{{name}}", file)]


SOUND_PATHS: Mapping[str, Any] = {
    PATH: {
        "get": {
            "summary": "With what each voice of the scene that plays sounds in browsers.",
            "responses": {"200": {"description": "The scene, and by voice id, base, origin and name of its sound."}},
        }
    },
    f"{PATH}/{{name}}": {
        "get": {
            "summary": "A file of a sound: the page of an instrument (JSON), or its samples (FLAC).",
            "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "The file, which never changes."},
                "404": {"description": "There is none of that name."},
            },
        }
    },
}
"""What the routes are, for the description of the API."""
