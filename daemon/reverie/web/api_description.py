"""``/api/v1/openapi.json``: the interface of the page, for programs (OpenAPI 3.1).

Each module of routes says what its own are, as plain data beside them; here it becomes one description.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

PATH = "/api/v1/openapi.json"
PathItems = Mapping[str, Any]
"""Of OpenAPI, by path: what each method of it does, takes and answers."""

CHANGES = frozenset({"post", "put", "patch", "delete"})
PAGE_HEADER: Mapping[str, Any] = {
    "name": "X-Reverie",
    "in": "header",
    "required": True,
    "description": "A change comes from our own page: browsers send this header to their own site only.",
    "schema": {"const": "page"},
}
REFUSAL: Mapping[str, Any] = {
    "description": "It is refused: `key` is what the page's catalogues call the reason, `said` a sentence of it.",
    "content": {"application/json": {}, "text/plain": {}},
}
FAILED: Mapping[str, Any] = {
    "description": "Nobody can be served just now; Retry-After says when to ask again.",
    "content": {"application/json": {}, "text/plain": {}},
}
OWN_PATHS: PathItems = {
    PATH: {
        "get": {
            "summary": "This description.",
            "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {}}}},
        }
    }
}


def describe(parts: Iterable[PathItems]) -> dict[str, Any]:
    """The description of all routes; what holds for each of them is added to what its module says.

    Raises:
        ValueError: if two modules describe one path.
    """
    paths: dict[str, Any] = {}
    for part in (*parts, OWN_PATHS):
        for path, item in part.items():
            if path in paths:
                raise ValueError(f"{path} is described twice")
            paths[path] = {method: _completed(method, operation) for method, operation in item.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Reverie",
            "version": "1",
            "description": "What the installation plays, and what people may do with it.",
        },
        "paths": dict(sorted(paths.items())),
    }


def description_route(parts: Iterable[PathItems]) -> web.RouteDef:
    """The route at which it can be read."""
    body = json.dumps(describe(parts)).encode()

    async def description(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return web.get(PATH, description)


def _completed(method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    responses = dict(operation.get("responses", {}))
    parameters = [*operation.get("parameters", ())]
    responses.setdefault("4XX", REFUSAL)
    responses.setdefault("503", FAILED)
    if method in CHANGES:
        parameters.append(PAGE_HEADER)
    return {**operation, "responses": responses, **({"parameters": parameters} if parameters else {})}
