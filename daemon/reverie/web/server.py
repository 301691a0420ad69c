"""A small web server for people and machines that look after the installation.

What it lets a stranger do is have something dreamt, within the guards of the scene; it steers (POST /control) for
artists on this machine alone, unless the site says otherwise, and silences every note for them and for whoever has
logged in (:mod:`reverie.web.roles`). Strangers are told nothing of the machine. A page elsewhere on the web cannot do
even that through a visitor's browser: the request needs a header that browsers send to their own site only, and the
name in the address must be one that leads here (:mod:`reverie.web.gate`), so that no foreign name that is made to
resolve here (DNS rebinding) can read anything. What a stranger may cost is limited: connections, time and size of a
request (:mod:`reverie.web.connections`), and requests a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from typing import Any, Protocol, cast

from aiohttp import web

from reverie.allowance import Allowance, neighbour
from reverie.control.rate_limit import RateLimit
from reverie.errors import reason_of
from reverie.foreign import LONGEST_LINE, plain
from reverie.site.page_section import PageSection
from reverie.watch.fault_kinds import PAGE_AWAY
from reverie.watch.faults import Faults
from reverie.watch.verdict import Verdict
from reverie.web.api_routes import api_routes
from reverie.web.connections import BACKLOG, HEADERS, Connection, Guests, accept
from reverie.web.control_route import Controlled, control_route
from reverie.web.gate import PageGate, is_loopback
from reverie.web.listeners import ListenerPlaces
from reverie.web.machine_routes import WatchedDaemon, machine_routes
from reverie.web.page_parts import PageParts
from reverie.web.roles import Handler, PageRole, asker_of, demand
from reverie.web.static_files import StaticFiles, static_routes
from reverie.web.tls import Handshakes

log = logging.getLogger(__name__)

RETRY = 10.0
REQUESTS, AT_FIRST = 50.0, 100.0
"""Requests a second that one address is answered, and how many at once."""
FILES, FILES_AT_FIRST = 500.0, 3000.0
"""The same of files of the page, which lie in memory: some dozen telephones that share an address open it at once."""
SLOWEST = 2.0
"""Seconds that a request waits for its turn; one that would wait longer is refused."""
PANIC_EVERY = 0.25
"""Seconds between two panics: each ends every note, so more of them would do nothing but fill the log."""

LARGEST_DREAM = 8192
"""Bytes of a dream."""
LARGEST_BODY = 65_536
"""Bytes of a request's body, whoever sends it."""


class StatusSource(Controlled, WatchedDaemon, Protocol):
    """What the server asks of the daemon; every answer is at hand, none may wait."""

    def panic(self) -> None:
        """End every note now."""
        ...

    def dream_of(self, written: bytes, source: str) -> Verdict:
        """Begin a dream that is written in JSON; what came of it."""
        ...


def application(
    source: StatusSource,
    address: str,
    parts: PageParts | None = None,
    gate: PageGate | None = None,
    files: StaticFiles | None = None,
) -> web.Application:
    """The web application, to be served at ``address``: ``source`` is the daemon, ``parts`` what the page is made of.

    ``gate`` knows who may do what; without one, nobody can log in. ``files`` are those of the page, if somebody has
    read them already.
    """
    parts = parts or PageParts()
    places = ListenerPlaces()
    gate = gate or PageGate(parts.section or PageSection(), Faults(), address)
    panics: RateLimit[None, None] | None = None

    async def panic(request: web.Request) -> web.Response:
        if request.headers.get("X-Reverie") != "panic":
            raise web.HTTPForbidden(text="Panic needs the header X-Reverie: panic.\n")
        demand(request, PageRole.ARTIST)
        nonlocal panics
        panics = panics or RateLimit(PANIC_EVERY, lambda _: source.panic(), asyncio.get_running_loop().call_later)
        panics.offer(None, None)
        return web.Response(text="Every note is being ended.\n")

    async def dream(request: web.Request) -> web.Response:
        if request.headers.get("X-Reverie") != "dream":
            raise web.HTTPForbidden(text="A dream needs the header X-Reverie: dream.\n")
        if "dream" not in gate.page.visitors.allow:
            demand(request, PageRole.ARTIST)
        written = await request.read()
        if len(written) > LARGEST_DREAM:
            raise web.HTTPRequestEntityTooLarge(LARGEST_DREAM, len(written))
        done = source.dream_of(written, "http")
        return web.json_response(
            {"ok": done.ok, "said": plain(done.sentence, LONGEST_LINE)}, status=200 if done.ok else 422
        )

    def may_control(request: web.Request) -> bool:
        wanted = parts.controls
        if wanted is not None:
            return wanted
        asker = asker_of(request)
        return is_loopback(address) and asker.here and asker.may(PageRole.ARTIST)

    app = web.Application(middlewares=[*gate.middlewares, _one_after_another()], client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(_add_headers)
    app.cleanup_ctx.append(gate.attend)
    app.on_shutdown.append(places.close)
    app.add_routes(
        [
            *static_routes(files or StaticFiles.read()),
            *machine_routes(source),
            web.post("/panic", panic),
            web.post("/dream", dream),
            control_route(source, allowed=may_control),
            *api_routes(parts, places, gate),
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
    gate: PageGate | None = None,
) -> None:
    """Serve until cancelled.

    A port that cannot be had is no reason for silence: it is a fault, and the port is tried again every ``retry``
    seconds. ``crowded`` is called for each connection that had to end for another. ``gate`` has the certificate, if
    there is one, and knows the proxies, through which many come from one address.
    """
    gate = gate or PageGate(PageSection(), faults, address)
    scheme = "https" if gate.certificates.wanted else "http"
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        if gate.certificates.wanted:
            await gate.certificates.first()
        sockets = await _listening(address, port, faults)
        while not sockets:
            await asyncio.sleep(retry)
            sockets = await _listening(address, port, faults)
        if faults.of(PAGE_AWAY):
            faults.clear(PAGE_AWAY)
            log.info("The status page is now at %s://%s:%d/.", scheme, _host(address), port)
        server, loop = cast("web.Server", runner.server), asyncio.get_running_loop()
        guests = Guests(crowded, shared=gate.is_proxy)
        handshakes = Handshakes(gate.certificates) if gate.certificates.wanted else None
        with contextlib.ExitStack() as opened:
            for listener in sockets:
                opened.enter_context(listener)
            if handshakes is not None:
                opened.callback(handshakes.end)
            await asyncio.gather(
                *(accept(listener, lambda: Connection(server, guests, loop), handshakes) for listener in sockets),
                *([gate.certificates.watch()] if handshakes is not None else []),
            )
    finally:
        await runner.cleanup()


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


def _one_after_another() -> Any:
    """Whoever asks too often waits, and whoever would wait too long is refused; a panic does not wait."""
    allowance, of_files = Allowance(REQUESTS, AT_FIRST), Allowance(FILES, FILES_AT_FIRST)

    @web.middleware
    async def pace(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/panic":
            of_kind = of_files if request.path.startswith("/static/") else allowance
            wait = of_kind.wait(neighbour(asker_of(request).address), SLOWEST)
            if wait is None:
                raise web.HTTPTooManyRequests(text="Too many requests; ask again in some seconds.\n")
            if wait:
                await asyncio.sleep(wait)
        return await handler(request)

    return pace


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer says, unless it says otherwise itself, as a page and its files do."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = HEADERS["Server"]
