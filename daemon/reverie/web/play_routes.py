"""``/api/v1/play``: what visitors can do with the music, within the limits of the site.

A visitor is known by a random word in a cookie, which says nothing else of anybody, and by the address.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiohttp import web

from reverie.allowance import neighbour
from reverie.control.visitors import Playable, PlayAnswer, Visitor
from reverie.site.visitor_rules import VISITOR_ACTS, VisitorAct
from reverie.web.roles import asker_of

COOKIE = "reverie-visitor"
LARGEST = 8192
"""Bytes of a wish: a pattern of nine drums in 16 bars has fewer."""
_WORD = re.compile(r"[0-9a-f]{32}")

_SAYS = {"type": "object", "properties": {"key": {"type": "string"}, "params": {"type": "object"}}}
_ANSWER = {
    "description": "What came of it.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "ok": {"type": "boolean"},
                    "from_bar": {"type": ["integer", "null"], "description": "The scene's bar, counted from 1."},
                    "says": _SAYS,
                },
            }
        }
    },
}


def _wish(summary: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a POST with these properties."""
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": dict(properties)}}}}
    answers = {"200": _ANSWER, "403": _ANSWER, "409": _ANSWER, "429": _ANSWER}
    return {"post": {"summary": summary, "requestBody": body, "responses": answers}}


_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}

PATHS: Mapping[str, Any] = {
    "/api/v1/play": {
        "get": {
            "summary": "What visitors may do here, whose turn it is, the limits, and what there is to play with.",
            "responses": {"200": {"description": "All of it.", "content": {"application/json": {}}}},
        }
    },
    "/api/v1/play/turn": _wish(
        "Have a turn, or wait for one; with `leave`, give it away.", {"leave": {"type": "boolean"}}
    ),
    "/api/v1/play/mood": _wish("Have the scene dream in a mood, or vote for it.", {"mood": _TEXT}),
    "/api/v1/play/dream": _wish("Have words dreamt of, which choose the mood.", {"text": _TEXT}),
    "/api/v1/play/keep": _wish("Keep what sounds now.", {}),
    "/api/v1/play/drums": _wish(
        "Set strokes of the drums: those before the marker and those of one's own stay, and the model goes on from "
        "them. Without rows the drums are the scene's again.",
        {
            "rows": {"type": "object", "additionalProperties": _TEXT},
            "marker": {"type": "integer"},
            "own": {"type": "array", "items": {"type": "integer"}},
            "density": _NUMBER,
        },
    ),
    "/api/v1/play/melody": _wish(
        "Put the melody between tunes. Without tunes it is the scene's again.",
        {"tunes": {"type": "array", "items": _TEXT}, "shares": {"type": "array", "items": _NUMBER}},
    ),
    "/api/v1/play/contour": _wish(
        "Press a button of a Piano Genie, 1 to 8; 0 lets it go.", {"button": {"type": "integer"}}
    ),
    "/api/v1/play/tempo": _wish("Set the tempo.", {"value": _NUMBER}),
    "/api/v1/play/swing": _wish(
        "Set the swing: the part of each pair of steps that the first one takes, 0.5 for even.", {"value": _NUMBER}
    ),
    "/api/v1/play/temperature": _wish("Set how boldly a voice is composed.", {"voice": _TEXT, "value": _NUMBER}),
}
"""Of the description of the interface, what these routes are."""

_STATUS = {"play.refused.not-allowed": 403, "play.refused.too-often": 429, "play.refused.too-many": 429}


def play_routes(source: Playable) -> list[web.RouteDef]:
    """The routes of all that visitors can do."""

    async def state(request: web.Request) -> web.Response:
        visitor = visitor_of(request)
        return _known(web.json_response(source.state(visitor)), request, visitor)

    async def turn(request: web.Request) -> web.Response:
        visitor = visitor_of(request)
        wanted = await _read(request)
        answer = source.turn(visitor, leave=wanted.get("leave") is True)
        return _known(_answered(answer), request, visitor)

    def wishing(act: VisitorAct) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def wish(request: web.Request) -> web.Response:
            visitor = visitor_of(request)
            answer = source.wish(act, await _read(request), visitor)
            return _known(_answered(answer), request, visitor)

        return wish

    return [
        web.get("/api/v1/play", state),
        web.post("/api/v1/play/turn", turn),
        *(web.post(f"/api/v1/play/{act}", wishing(act)) for act in VISITOR_ACTS),
    ]


def visitor_of(request: web.Request) -> Visitor:
    """Who asks: by the cookie, or somebody new."""
    word = request.cookies.get(COOKIE, "")
    asker = asker_of(request)
    known = word if _WORD.fullmatch(word) else secrets.token_hex(16)
    return Visitor(known, neighbour(asker.address or request.remote or ""), asker.of_many)


def _known(response: web.Response, request: web.Request, visitor: Visitor) -> web.Response:
    """The response, with which a browser learns the word by which it is known."""
    if request.cookies.get(COOKIE) != visitor.word:
        https = request.secure or asker_of(request).https
        response.set_cookie(COOKIE, visitor.word, httponly=True, samesite="Strict", secure=https, path="/")
    response.headers["Cache-Control"] = "no-store"
    return response


def _answered(answer: PlayAnswer) -> web.Response:
    return web.json_response(answer.as_json, status=200 if answer.ok else _STATUS.get(answer.key, 409))


async def _read(request: web.Request) -> Mapping[str, Any]:
    """The wish.

    Raises:
        HTTPException: if it is none of the page's, or no JSON.
    """
    if request.headers.get("X-Reverie") != "page":
        raise web.HTTPForbidden(text="A wish needs the header X-Reverie: page.\n")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="A wish needs JSON, and the content type application/json.\n")
    body = await request.read()
    if len(body) > LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, len(body))
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text="This is no JSON.\n") from error
    if not isinstance(wanted, dict):
        raise web.HTTPBadRequest(text='A wish is an object, such as {"mood": "fear"}.\n')
    return cast("dict[str, Any]", wanted)
