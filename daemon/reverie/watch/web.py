"""A small web server for people and machines that look after the installation.

It shows and does not steer; the one thing it lets a stranger do is silence every note. A page elsewhere on the web
cannot do even that through a visitor's browser: the request needs a header that browsers send to their own site only,
and on loopback the name in the address must be loopback's, so that no foreign name that is made to resolve here (DNS
rebinding) can read anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from reverie.errors import printable, reason_of
from reverie.watch.evidence import Verdict
from reverie.watch.page import page

RETRY = 10.0
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "reverie",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class House(Protocol):
    """What the server asks of the daemon; every answer is at hand, none may wait."""

    def alive(self) -> Verdict:
        """Whether the installation sounds, or rests as intended."""
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

    def panic(self) -> None:
        """End every note now."""
        ...


def application(house: House, address: str) -> web.Application:
    """The web application, to be served at ``address``."""

    async def metrics(_: web.Request) -> web.Response:
        body, content_type = house.metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return _answer(house.alive())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(house.ready())

    async def status(_: web.Request) -> web.Response:
        return web.json_response(house.status())

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=page(house.alive(), house.ready(), house.status()), content_type="text/html")

    async def panic(request: web.Request) -> web.Response:
        if request.headers.get("X-Reverie") != "panic":
            raise web.HTTPForbidden(text="Panic needs the header X-Reverie: panic.\n")
        house.panic()
        return web.Response(text="Every note is being ended.\n")

    app = web.Application(middlewares=[_only_loopback_names] if is_loopback(address) else [], client_max_size=1024)
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.get("/", index),
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/status", status),
            web.post("/panic", panic),
        ]
    )
    return app


async def serve(
    app: web.Application, address: str, port: int, report: Callable[[str], None], retry: float = RETRY
) -> None:
    """Serve until cancelled.

    A port that cannot be had is no reason for silence: ``report`` is given one sentence, and the port is tried again
    every ``retry`` seconds.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        complained = False
        while not await _listens(runner, address, port, None if complained else report):
            complained = True
            await asyncio.sleep(retry)
        if complained:
            report(f"The status page is now at http://{_host(address)}:{port}/.")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return address == "localhost"


def _host(address: str) -> str:
    """The address as it stands before a port."""
    return f"[{address}]" if ":" in address else address


async def _listens(runner: web.AppRunner, address: str, port: int, report: Callable[[str], None] | None) -> bool:
    site = web.TCPSite(runner, address, port)
    try:
        await site.start()
    except OSError as error:
        await site.stop()
        if report:
            taken = error.errno == errno.EADDRINUSE
            what = "end the other program there, or mend `health.port`" if taken else "mend `health`"
            report(
                f"The status page cannot be served at {_host(address)}:{port} ({reason_of(error)}); {what}. The music "
                "plays on, and the port is tried again."
            )
        return False
    return True


def _answer(verdict: Verdict) -> web.Response:
    return web.Response(text=f"{printable(verdict.sentence)}\n", status=200 if verdict.ok else 503)


@web.middleware
async def _only_loopback_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Loopback's name, or any address of it: an address is nobody's to be led elsewhere, as a name is."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
    if not is_loopback(name.lower().removeprefix("[").removesuffix("]")):
        raise web.HTTPForbidden(text="This page answers to localhost only.\n")
    return await handler(request)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
