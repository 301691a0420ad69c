"""A small web server for people and machines that look after the installation.

What it lets a stranger do is silence every note, and have something dreamt, within the guards of the scene; it steers
(POST /control) for whoever is on this machine alone, unless the site says otherwise. A page elsewhere on the web cannot
do even that through a visitor's browser: the request needs a header that browsers send to their own site only, and on
loopback the name in the address must be loopback's, so that no foreign name that is made to resolve here (DNS
rebinding) can read anything. What a stranger may cost is limited: connections, time and size of a request
(:mod:`reverie.web.connections`), and requests a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, cast

from aiohttp import web

from reverie.allowance import Allowance, neighbour
from reverie.control.rate_limit import RateLimit
from reverie.control.visitors import Playable
from reverie.errors import reason_of
from reverie.foreign import LONGEST_LINE, plain
from reverie.watch.evidence import Verdict
from reverie.watch.fault_kinds import PAGE_AWAY
from reverie.watch.faults import Faults
from reverie.watch.summary import Summary
from reverie.web.connections import BACKLOG, HEADERS, Connection, Guests, accept
from reverie.web.control_route import Controlled, control_route
from reverie.web.live_feed import LiveFeed
from reverie.web.live_routes import live_routes
from reverie.web.page import page
from reverie.web.play_routes import play_routes
from reverie.web.sounds import BrowserSounds, sound_routes

log = logging.getLogger(__name__)

RETRY = 10.0
REQUESTS, AT_FIRST = 50.0, 100.0
"""Requests a second that one address is answered, and how many at once."""
SLOWEST = 2.0
"""Seconds that a request waits for its turn; one that would wait longer is refused."""
PANIC_EVERY = 0.25
"""Seconds between two panics: each ends every note, so more of them would do nothing but fill the log."""

LARGEST_DREAM = 8192
"""Bytes of a request's body; none has more to say than a dream."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StatusSource(Controlled, Protocol):
    """What the server asks of the daemon; every answer is at hand, none may wait."""

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

    def panic(self) -> None:
        """End every note now."""
        ...

    def dream_of(self, written: bytes, source: str) -> Verdict:
        """Begin a dream that is written in JSON; what came of it."""
        ...


def application(
    source: StatusSource,
    address: str,
    *,
    controls: bool | None = None,
    live: LiveFeed | None = None,
    play: Playable | None = None,
    sounds: BrowserSounds | None = None,
) -> web.Application:
    """The web application, to be served at ``address``.

    ``controls`` is whether it steers; None: where only this machine reaches it. ``live`` is what pages are told of
    the music, ``play`` what visitors play with, ``sounds`` what browsers hear.
    """
    panics: RateLimit[None, None] | None = None

    async def metrics(_: web.Request) -> web.Response:
        body, content_type = source.metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(_: web.Request) -> web.Response:
        return _answer(Verdict(ok=source.alive().ok, sentence=source.summary().sentence))

    async def readyz(_: web.Request) -> web.Response:
        return _answer(source.ready())

    async def status(_: web.Request) -> web.Response:
        return web.json_response(source.status())

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=page(source.summary(), source.ready(), source.status()), content_type="text/html")

    async def panic(request: web.Request) -> web.Response:
        if request.headers.get("X-Reverie") != "panic":
            raise web.HTTPForbidden(text="Panic needs the header X-Reverie: panic.\n")
        nonlocal panics
        panics = panics or RateLimit(PANIC_EVERY, lambda _: source.panic(), asyncio.get_running_loop().call_later)
        panics.offer(None, None)
        return web.Response(text="Every note is being ended.\n")

    async def dream(request: web.Request) -> web.Response:
        if request.headers.get("X-Reverie") != "dream":
            raise web.HTTPForbidden(text="A dream needs the header X-Reverie: dream.\n")
        done = source.dream_of(await request.read(), "http")
        return web.json_response(
            {"ok": done.ok, "said": plain(done.sentence, LONGEST_LINE)}, status=200 if done.ok else 422
        )

    guards = [_only_loopback_names] if is_loopback(address) else []
    app = web.Application(middlewares=[*guards, _one_after_another()], client_max_size=LARGEST_DREAM)
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.get("/", index),
            web.get("/metrics", metrics),
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/status", status),
            web.post("/panic", panic),
            web.post("/dream", dream),
            control_route(source, allowed=is_loopback(address) if controls is None else controls),
            *(live_routes(live) if live is not None else ()),
            *(play_routes(play) if play is not None else ()),
            *(sound_routes(sounds) if sounds is not None else ()),
        ]
    )
    return app


async def serve(
    app: web.Application,
    address: str,
    port: int,
    faults: Faults,
    retry: float = RETRY,
    crowded: Callable[[], None] = lambda: None,
) -> None:
    """Serve until cancelled.

    A port that cannot be had is no reason for silence: it is a fault, and the port is tried again every ``retry``
    seconds. ``crowded`` is called for each connection that had to end for another.
    """
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        sockets = await _listening(address, port, faults)
        while not sockets:
            await asyncio.sleep(retry)
            sockets = await _listening(address, port, faults)
        if faults.of(PAGE_AWAY):
            faults.clear(PAGE_AWAY)
            log.info("The status page is now at http://%s:%d/.", _host(address), port)
        server, guests, loop = cast("web.Server", runner.server), Guests(crowded), asyncio.get_running_loop()
        with contextlib.ExitStack() as opened:
            for listener in sockets:
                opened.enter_context(listener)
            await asyncio.gather(*(accept(listener, lambda: Connection(server, guests, loop)) for listener in sockets))
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


async def _listening(address: str, port: int, faults: Faults) -> list[socket.socket]:
    """Sockets that listen at every address of that name; none if one of them cannot."""
    opened: list[socket.socket] = []
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, place in dict.fromkeys(found):
            opened.append(socket.create_server(place[:2], family=family, backlog=BACKLOG))
            opened[-1].setblocking(False)
    except OSError as error:
        for listener in opened:
            listener.close()
        taken = error.errno == errno.EADDRINUSE
        faults.tell(
            PAGE_AWAY,
            "",
            f"The status page cannot be served at {_host(address)}:{port} ({reason_of(error)}); the music plays on, "
            "and the port is tried again",
            "End the other program there, or mend `health.port`" if taken else "Mend `health`",
        )
        return []
    return opened


def _answer(verdict: Verdict) -> web.Response:
    return web.Response(text=f"{plain(verdict.sentence, LONGEST_LINE)}\n", status=200 if verdict.ok else 503)


def _one_after_another() -> Any:
    """Whoever asks too often waits, and whoever would wait too long is refused; a panic does not wait."""
    allowance = Allowance(REQUESTS, AT_FIRST)

    @web.middleware
    async def pace(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/panic":
            wait = allowance.wait(neighbour(request.remote or ""), SLOWEST)
            if wait is None:
                raise web.HTTPTooManyRequests(text="Too many requests; ask again in some seconds.\n")
            if wait:
                await asyncio.sleep(wait)
        return await handler(request)

    return pace


@web.middleware
async def _only_loopback_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Loopback's name, or any address of it: an address is nobody's to be led elsewhere, as a name is."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
    if not is_loopback(name.lower().removeprefix("[").removesuffix("]")):
        raise web.HTTPForbidden(text="This page answers to localhost only.\n")
    return await handler(request)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    kept = response.headers.get("Cache-Control")
    response.headers.update(HEADERS if kept is None else {**HEADERS, "Cache-Control": kept})
