"""``/api/v1/artist/scenes``: scenes edited in place, checked as they are typed, and tried beside the one that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiohttp import web

from reverie.documents import DocumentError, DocumentFault
from reverie.foreign import LONGEST_LINE, plain
from reverie.scenes.schema import Scene
from reverie.scenes.text_errors import SceneTextError
from reverie.watch.verdict import Verdict
from reverie.web.artist_body import answered, object_of
from reverie.web.refusals import refused
from reverie.web.roles import PageRole, needs

_JSON: Mapping[str, Any] = {"application/json": {}}
_TEXT = {
    "content": {"application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}}},
}
_NAMED = ({"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},)


def _get(summary: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [*_NAMED, *more],
        "responses": {
            "200": {"description": "It.", "content": _JSON},
            "404": {"description": "None.", "content": _JSON},
        },
    }


def _post(summary: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [*_NAMED],
        "requestBody": _TEXT,
        "responses": {"200": {"description": "What came of it.", "content": _JSON}},
    }


ARTIST_SCENE_PATHS: Mapping[str, Any] = {
    "/api/v1/artist/scenes": {
        "get": {
            "summary": "All scenes, and which of them are the site's own.",
            "responses": {"200": {"description": "They.", "content": _JSON}},
        }
    },
    "/api/v1/artist/scenes/{name}": {
        "get": _get("A scene as it is written; its ETag is the mark of this text."),
        "put": {
            **_post("Save a scene, with the ETag of the text from which it was made as If-Match."),
            "parameters": [
                *_NAMED,
                {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "None: it is new."},
            ],
        },
    },
    "/api/v1/artist/scenes/{name}/check": {"post": _post("Every fault of a text.")},
    "/api/v1/artist/scenes/{name}/try": {"post": _post("Play a text from the next bar line on, without saving it.")},
    "/api/v1/artist/scenes/{name}/versions": {"get": _get("The texts of before, newest first.")},
    "/api/v1/artist/scenes/{name}/versions/{version}": {
        "get": _get(
            "A text of before.", {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}
        )
    },
    "/api/v1/artist/trial": {
        "delete": {
            "summary": "Play again what was played before a text was tried.",
            "responses": {"200": {"description": "It is heard from the next bar line on.", "content": _JSON}},
        }
    },
}
"""Of the description of the interface, what these routes are."""


_STATUS = {"artist.scene.none": 404, "artist.scene.name": 400, "artist.scene.long": 400}


class SceneWritten(Protocol):
    """A scene as it is written."""

    @property
    def mark(self) -> str:
        """What tells it from every other text."""
        ...

    def as_json(self) -> dict[str, Any]:
        """Plain data for the page."""
        ...


class SceneWriter(Protocol):
    """Where scenes are read and written; every call may wait for a disk."""

    def names(self) -> Sequence[Mapping[str, Any]]:
        """All scenes."""
        ...

    def read(self, name: str) -> SceneWritten:
        """A scene as it is written."""
        ...

    def check(self, name: str, text: str) -> Sequence[DocumentFault]:
        """Every fault of a text."""
        ...

    def scene_of(self, name: str, text: str) -> Scene:
        """The scene that a text is."""
        ...

    def save(self, name: str, text: str, mark: str, *, copy: bool = False) -> SceneWritten:
        """Save a scene."""
        ...

    def versions(self, name: str) -> Sequence[str]:
        """The texts of before by their names."""
        ...

    def version(self, name: str, version: str) -> str:
        """A text of before."""
        ...


class SceneTried(Protocol):
    """What tries drafts; nothing of it may wait."""

    def begin(self, draft: Scene) -> Verdict:
        """Play a draft from the next bar line on."""
        ...

    def end(self) -> Verdict:
        """Play again what was played before."""
        ...


def artist_scene_routes(scenes: SceneWriter, trial: SceneTried) -> list[web.RouteDef]:
    """The routes."""

    @needs(PageRole.ARTIST)
    async def names(_: web.Request) -> web.Response:
        return web.json_response({"scenes": await asyncio.to_thread(scenes.names)})

    @needs(PageRole.ARTIST)
    async def read(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return _written(await _in_thread(scenes.read, name))

    @needs(PageRole.ARTIST)
    async def check(request: web.Request) -> web.Response:
        faults = await _in_thread(scenes.check, request.match_info["name"], await _text_of(request))
        return web.json_response({"faults": [_fault(fault) for fault in faults]})

    @needs(PageRole.ARTIST)
    async def save(request: web.Request) -> web.Response:
        body = await _text_and_more(request)
        mark = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        name, copy = request.match_info["name"], body.get("copy") is True
        return _written(await _in_thread(scenes.save, name, body["text"], mark, copy=copy))

    @needs(PageRole.ARTIST)
    async def try_out(request: web.Request) -> web.Response:
        draft = await _in_thread(scenes.scene_of, request.match_info["name"], await _text_of(request))
        return answered(trial.begin(draft))

    @needs(PageRole.ARTIST)
    async def end_trial(_: web.Request) -> web.Response:
        return answered(trial.end())

    @needs(PageRole.ARTIST)
    async def versions(request: web.Request) -> web.Response:
        return web.json_response({"versions": await _in_thread(scenes.versions, request.match_info["name"])})

    @needs(PageRole.ARTIST)
    async def version(request: web.Request) -> web.Response:
        found = request.match_info
        return web.json_response({"text": await _in_thread(scenes.version, found["name"], found["version"])})

    at = "/api/v1/artist/scenes"
    return [
        web.get(at, names),
        web.get(f"{at}/{{name}}", read),
        web.put(f"{at}/{{name}}", save),
        web.post(f"{at}/{{name}}/check", check),
        web.post(f"{at}/{{name}}/try", try_out),
        web.get(f"{at}/{{name}}/versions", versions),
        web.get(f"{at}/{{name}}/versions/{{version}}", version),
        web.delete("/api/v1/artist/trial", end_trial),
    ]


async def _in_thread(call: Any, *arguments: Any, **more: Any) -> Any:
    """Read or write where it keeps nobody waiting.

    Raises:
        HTTPException: 404, 409 or 422 with the reason.
    """
    try:
        return await asyncio.to_thread(call, *arguments, **more)
    except DocumentError as error:
        raise web.HTTPUnprocessableEntity(
            text=web.json_response({"ok": False, "faults": [_fault(one) for one in error.faults]}).text,
            content_type="application/json",
        ) from error
    except SceneTextError as error:
        status = _STATUS.get(error.key, 409)
        raise refused(status, error.key, plain(f"{error}.", LONGEST_LINE)) from error


def _written(scene: SceneWritten) -> web.Response:
    return web.json_response(scene.as_json(), headers={"ETag": f'"{scene.mark}"'})


def _fault(fault: DocumentFault) -> dict[str, Any]:
    return {"line": fault.line, "column": fault.column, "message": plain(fault.message, LONGEST_LINE)}


async def _text_and_more(request: web.Request) -> Mapping[str, Any]:
    body = await object_of(request)
    if not isinstance(body.get("text"), str):
        raise refused(400, "artist.no_json", 'A scene is sent as {"text": "..."}.')
    return body


async def _text_of(request: web.Request) -> str:
    return (await _text_and_more(request))["text"]
