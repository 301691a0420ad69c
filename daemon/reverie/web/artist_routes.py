"""``/api/v1/artist``: what whoever wrote the scene does with it while it plays. For the role of the artist alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiohttp import web

from reverie.errors import ended
from reverie.foreign import LONGEST_LINE, plain
from reverie.site.actions import ControlError
from reverie.watch.verdict import Verdict
from reverie.web.artist_body import answered, body_of, object_of, text_of
from reverie.web.artist_scenes import ARTIST_SCENE_PATHS, SceneTried, SceneWriter, artist_scene_routes
from reverie.web.fresh_answer import FreshAnswer
from reverie.web.refusals import refused
from reverie.web.roles import PageRole, needs

_JSON: Mapping[str, Any] = {"application/json": {}}


def _post(summary: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": dict(properties)}}}}
    return {
        "summary": summary,
        "requestBody": body,
        "responses": {"200": {"description": "What came of it.", "content": _JSON}},
    }


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
                                "weight": {"type": "number", "description": "How much of a dream."},
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
    "/api/v1/artist/candidates": {
        "get": {
            "summary": "The loops that were composed to choose from: notes from tick 0 on, and why each is good.",
            "responses": {"200": {"description": "They, by voice.", "content": _JSON}},
        },
        "post": _post(
            "Have 1 to 8 loops of a voice composed that are not played.",
            {"voice": {"type": "string"}, "count": {"type": "integer"}},
        ),
    },
    "/api/v1/artist/take": {
        "post": _post(
            "Have a voice play one of them from its next turn on.",
            {"voice": {"type": "string"}, "id": {"type": "string"}},
        )
    },
    "/api/v1/artist/section": {
        "post": _post(
            "Go to a section of the form with the next bar line, or the next phrase; or stay in it.",
            {"section": {"type": "string"}, "phrase": {"type": "boolean"}, "stay": {"type": "boolean"}},
        )
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

    def want_candidates(self, voice: str, count: int) -> Mapping[str, Any]:
        """Have loops composed to choose from; what has come so far.

        Raises:
            ControlError: if the voice cannot have any.
        """
        ...

    def candidates(self) -> Sequence[Mapping[str, Any]]:
        """The loops that were composed to choose from."""
        ...

    def take(self, voice: str, recipe: str) -> Verdict:
        """Have a voice play one of them."""
        ...

    def go_to_section(self, name: str, *, phrase: bool) -> Verdict:
        """Go to a section of the form."""
        ...

    def stay(self, *, on: bool | None) -> Verdict:
        """Stay in the section that sounds, or go on."""
        ...


def artist_routes(source: ArtistSource) -> list[web.RouteDef]:
    """The routes."""
    fresh = FreshAnswer(source.state)

    @needs(PageRole.ARTIST)
    async def state(_: web.Request) -> web.Response:
        return fresh.response()

    @needs(PageRole.ARTIST)
    async def do(request: web.Request) -> web.Response:
        wanted = await body_of(request)
        try:
            verdict = source.do(wanted)
        except ControlError as error:
            raise refused(400, "artist.no_action", plain(ended(str(error)), LONGEST_LINE)) from error
        return answered(verdict)

    return fresh.changing(
        [
            web.get("/api/v1/artist", state),
            web.post("/api/v1/artist/do", do),
            *_choosing(source),
            *artist_scene_routes(source.scenes, source.trial),
        ]
    )


def _choosing(source: ArtistSource) -> list[web.RouteDef]:
    """The routes by which loops and sections are chosen."""

    @needs(PageRole.ARTIST)
    async def candidates(_: web.Request) -> web.Response:
        return web.json_response({"candidates": [*source.candidates()]})

    @needs(PageRole.ARTIST)
    async def want_candidates(request: web.Request) -> web.Response:
        body = await object_of(request)
        count = body.get("count", 4)
        if not isinstance(count, int) or isinstance(count, bool):
            raise refused(400, "artist.no_action", "`count` is a whole number.")
        try:
            found = source.want_candidates(text_of(body, "voice"), count)
        except ControlError as error:
            raise refused(409, "artist.refused", plain(ended(str(error)), LONGEST_LINE)) from error
        return web.json_response(found)

    @needs(PageRole.ARTIST)
    async def take(request: web.Request) -> web.Response:
        body = await object_of(request)
        return answered(source.take(text_of(body, "voice"), text_of(body, "id")))

    @needs(PageRole.ARTIST)
    async def section(request: web.Request) -> web.Response:
        body = await object_of(request)
        stay = body.get("stay")
        if isinstance(stay, bool):
            return answered(source.stay(on=stay))
        return answered(source.go_to_section(text_of(body, "section"), phrase=body.get("phrase") is True))

    return [
        web.get("/api/v1/artist/candidates", candidates),
        web.post("/api/v1/artist/candidates", want_candidates),
        web.post("/api/v1/artist/take", take),
        web.post("/api/v1/artist/section", section),
    ]
