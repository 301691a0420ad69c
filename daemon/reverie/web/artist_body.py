"""What requests of an artist say, and what they are answered."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from reverie.foreign import LONGEST_LINE, plain
from reverie.watch.evidence import Verdict
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
