"""``/api/v1/artist``: what whoever wrote the scene does with it while it plays. For the role of the artist alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from reverie.errors import ended
from reverie.foreign import LONGEST_LINE, plain
from reverie.site.actions import ControlError
from reverie.watch.evidence import Verdict
from reverie.web.artist_body import answered, body_of
from reverie.web.artist_scenes import ARTIST_SCENE_PATHS, SceneTried, SceneWriter, artist_scene_routes
from reverie.web.refusals import refused
from reverie.web.roles import PageRole, needs

_JSON: Mapping[str, Any] = {"application/json": {}}
ARTIST_PATHS: Mapping[str, Any] = {
    "/api/v1/artist": {
        "get": {
            "summary": "What an artist can see and move: voices, what each can do, levels, limits, what is kept.",
            "responses": {"200": {"description": "All of it.", "content": _JSON}},
        }
    },
    "/api/v1/artist/do": {
        "post": {
            "summary": 'Any action of the control console, such as {"action": "mutate", "voice": "lead"}.',
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "action": {"type": "string"},
                                "voice": {"type": "string"},
                                "value": {},
                                "over": {"type": "integer", "description": "Bars over which a level is moved."},
                            },
                            "required": ["action"],
                        }
                    }
                }
            },
            "responses": {
                "200": {"description": "It was done, or is in a moment.", "content": _JSON},
                "400": {"description": "It is no action.", "content": _JSON},
                "409": {"description": "It was refused, with the reason.", "content": _JSON},
            },
        }
    },
    **ARTIST_SCENE_PATHS,
}
"""Of the description of the interface, what these routes are."""


class ArtistSource(Protocol):
    """What an artist steers; nothing of it may wait."""

    @property
    def scenes(self) -> SceneWriter:
        """Where scenes are edited."""
        ...

    @property
    def trial(self) -> SceneTried:
        """What tries drafts."""
        ...

    def state(self) -> Mapping[str, Any]:
        """What can be seen and moved."""
        ...

    def do(self, wanted: object) -> Verdict:
        """Do what plain data says; what came of it.

        Raises:
            ControlError: if it is no action.
        """
        ...


def artist_routes(source: ArtistSource) -> list[web.RouteDef]:
    """The routes."""

    @needs(PageRole.ARTIST)
    async def state(_: web.Request) -> web.Response:
        return web.json_response(source.state())

    @needs(PageRole.ARTIST)
    async def do(request: web.Request) -> web.Response:
        wanted = await body_of(request)
        try:
            verdict = source.do(wanted)
        except ControlError as error:
            raise refused(400, "artist.no_action", plain(ended(str(error)), LONGEST_LINE)) from error
        return answered(verdict)

    return [
        web.get("/api/v1/artist", state),
        web.post("/api/v1/artist/do", do),
        *artist_scene_routes(source.scenes, source.trial),
    ]
