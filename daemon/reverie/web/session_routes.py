"""Logging in and out: ``/api/v1/session``."""

from __future__ import annotations

import json
import logging
from typing import Any, cast

from aiohttp import web

from reverie.allowance import Allowance, neighbour
from reverie.logs import ONCE
from reverie.web.gate import COOKIE, SAFE_COOKIE, PageGate
from reverie.web.refusals import refused
from reverie.web.roles import Asker, asker_of
from reverie.web.sessions import LONGEST

log = logging.getLogger(__name__)

PATH = "/api/v1/session"
TRIES, TRIES_AT_FIRST = 0.1, 5.0
"""Logins a second that one address may try, and how many at once."""
ALL_TRIES, ALL_AT_FIRST = 5.0, 50.0
"""The same for all addresses together."""


def session_routes(gate: PageGate) -> list[web.RouteDef]:
    """The routes; whoever is at this machine is never kept out by the tries of others, and its technician by none."""
    each, everyone = Allowance(TRIES, TRIES_AT_FIRST), Allowance(ALL_TRIES, ALL_AT_FIRST)

    def may_try(asker: Asker) -> bool:
        if asker.is_host:
            return True
        return each.take(neighbour(asker.address)) and (asker.here or everyone.take(""))

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(_told(gate, asker_of(request)))

    async def log_in(request: web.Request) -> web.Response:
        asker = asker_of(request)
        token = await _token(request)
        if not may_try(asker):
            log.warning("Too many tries to log in from %s.", asker.address or "an unknown address", extra=ONCE)
            raise refused(429, "login.often", "Too many tries; wait a minute.", retry_after=60)
        role = gate.tokens.role_by(token)
        if role is None:
            log.warning("A login from %s was refused.", asker.address or "an unknown address", extra=ONCE)
            raise refused(403, "login.wrong", "This token is nobody's.")
        log.info("A login as %s from %s.", role, asker.address or "an unknown address")
        _end_session(request, gate)
        answer = web.json_response({"role": role})
        answer.set_cookie(
            SAFE_COOKIE if asker.https else COOKIE,
            gate.sessions.begin(role),
            max_age=round(LONGEST),
            path="/",
            secure=asker.https,
            httponly=True,
            samesite="Strict",
        )
        return answer

    async def log_out(request: web.Request) -> web.Response:
        _end_session(request, gate)
        answer = web.json_response({"ok": True})
        for name in (SAFE_COOKIE, COOKIE):
            if name in request.cookies:
                answer.del_cookie(name, path="/", secure=name == SAFE_COOKIE, httponly=True, samesite="Strict")
        return answer

    return [web.get(PATH, tell), web.post(PATH, log_in), web.delete(PATH, log_out)]


def _told(gate: PageGate, asker: Asker) -> dict[str, Any]:
    return {
        "role": asker.role,
        "here": asker.here,
        "logged_in": asker.logged_in,
        "tokens": list(gate.tokens.roles),
    }


def _end_session(request: web.Request, gate: PageGate) -> None:
    for name in (SAFE_COOKIE, COOKIE):
        if secret := request.cookies.get(name):
            gate.sessions.end(secret)


async def _token(request: web.Request) -> str:
    try:
        written: Any = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refused(400, "refused.form", "This is no JSON.") from None
    token: object = cast("dict[str, object]", written).get("token") if isinstance(written, dict) else None
    if not isinstance(token, str):
        raise refused(400, "refused.form", 'A login is {"token": "..."}.')
    return token.strip()


SESSION_PATHS = {
    PATH: {
        "get": {
            "summary": "Which role the asker has: visitor, artist or technician.",
            "responses": {
                "200": {
                    "description": "role; here: at the machine itself; logged_in: by a token; tokens: the roles "
                    "one can get."
                }
            },
        },
        "post": {
            "summary": "Log in by a token; the answer sets a cookie.",
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["token"],
                            "properties": {"token": {"type": "string"}},
                        }
                    }
                }
            },
            "responses": {
                "200": {"description": "The role that the token gives."},
                "403": {"description": "The token is nobody's."},
                "429": {"description": "Too many tries."},
            },
        },
        "delete": {"summary": "Log out.", "responses": {"200": {"description": "The session is over."}}},
    }
}
"""What the description of the interface says of these routes."""
