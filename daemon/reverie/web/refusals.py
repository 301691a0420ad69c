"""Answers to requests of the page that are refused: a key that the page translates, and a sentence for programs."""

from __future__ import annotations

import json

from aiohttp import web

_CLASSES: dict[int, type[web.HTTPException]] = {
    400: web.HTTPBadRequest,
    401: web.HTTPUnauthorized,
    403: web.HTTPForbidden,
    404: web.HTTPNotFound,
    409: web.HTTPConflict,
    411: web.HTTPLengthRequired,
    415: web.HTTPUnsupportedMediaType,
    429: web.HTTPTooManyRequests,
    503: web.HTTPServiceUnavailable,
}


def refused(status: int, key: str, sentence: str, retry_after: int | None = None) -> web.HTTPException:
    """The answer to be raised: ``{"ok": false, "key": ..., "said": ...}``.

    Args:
        status: The status of HTTP, one of 400, 401, 403, 404, 409, 411, 413, 415, 429 and 503.
        key: What the page's catalogues call it.
        sentence: What is wrong, for programs and logs.
        retry_after: Seconds after which another try is worth while.
    """
    text = json.dumps({"ok": False, "key": key, "said": sentence})
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    if status == web.HTTPRequestEntityTooLarge.status_code:
        return web.HTTPRequestEntityTooLarge(0, 0, text=text, content_type="application/json", headers=headers)
    return _CLASSES[status](text=text, content_type="application/json", headers=headers)
