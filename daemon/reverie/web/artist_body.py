"""What requests of an artist say, and what they are answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from aiohttp import web

from reverie.control.plain_action import LONGEST_NAME
from reverie.foreign import LONGEST_LINE, plain
from reverie.watch.verdict import Verdict
from reverie.web.refusals import refused


def answered(verdict: Verdict, **more: Any) -> web.Response:
    """The answer to a wish: 409 where it was refused."""
    return web.json_response(
        {"ok": verdict.ok, "said": plain(verdict.sentence, LONGEST_LINE), **more}, status=200 if verdict.ok else 409
    )


async def body_of(request: web.Request) -> Any:
    """What a request says.

    Raises:
        HTTPException: 400 if it is no JSON.
    """
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise refused(400, "artist.no_json", "This is no JSON.") from error


async def object_of(request: web.Request) -> Mapping[str, Any]:
    """The object that a request says.

    Raises:
        HTTPException: 400 if it is none.
    """
    body = await body_of(request)
    if not isinstance(body, dict):
        raise refused(400, "artist.no_json", "An object is expected.")
    return cast("dict[str, Any]", body)


def text_of(body: Mapping[str, Any], key: str) -> str:
    """A text of an object, of 1 to 100 characters.

    Raises:
        HTTPException: 400 if there is none.
    """
    text = body.get(key)
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME:
        raise refused(400, "artist.no_action", f"`{key}` is a text of 1 to {LONGEST_NAME} characters.")
    return text
