"""What machines ask that look after the installation: ``/healthz``, ``/readyz``, ``/status`` and ``/metrics``.

Strangers are told in one word whether all is well; of the machine itself technicians and the site's monitoring alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from reverie.foreign import LONGEST_LINE, plain
from reverie.watch.summary import Summary
from reverie.watch.verdict import Verdict
from reverie.web.roles import PageRole, asker_of, demand


class WatchedDaemon(Protocol):
    """What is asked of the daemon; every answer is at hand, none may wait."""

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
        ...

    def summary(self) -> Summary:
        """The truth in one sentence for a person."""
        ...

    def ready(self) -> Verdict:
        """Whether every slot has its device."""
        ...

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        ...

    def metrics(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        ...


def machine_routes(source: WatchedDaemon) -> list[web.RouteDef]:
    """The routes."""

    async def metrics(request: web.Request) -> web.Response:
        demand_sight(request)
        body, content_type = source.metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(request: web.Request) -> web.Response:
        return _answer(request, Verdict(ok=source.alive().ok, sentence=source.summary().sentence))

    async def readyz(request: web.Request) -> web.Response:
        return _answer(request, source.ready())

    async def status(request: web.Request) -> web.Response:
        demand_sight(request)
        return web.json_response(source.status())

    return [
        web.get("/metrics", metrics),
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/status", status),
    ]


def demand_sight(request: web.Request) -> None:
    """See that whoever asks may be told of the machine.

    Raises:
        HTTPException: 401 or 403 if not.
    """
    if not asker_of(request).sees_machine:
        demand(request, PageRole.TECHNICIAN)


def _answer(request: web.Request, verdict: Verdict) -> web.Response:
    """The verdict, for strangers in one word."""
    word = "ok" if verdict.ok else "failed"
    text = plain(verdict.sentence, LONGEST_LINE) if asker_of(request).sees_machine else word
    return web.Response(text=f"{text}\n", status=200 if verdict.ok else 503)
