"""What every request passes first: who asks, by which name, from which page, how much and how often.

Roles come from :class:`~reverie.web.sessions.Sessions` and from proxies that the site trusts. A request that changes
something must come from our own page: it carries a header that browsers send to their own site only, and what the
browser says of its origin must not contradict that.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from reverie.allowance import Allowance, neighbour
from reverie.site.page_section import PageSection
from reverie.watch.faults import Faults
from reverie.web.forwarded import networks_of, origin_of, overlap_loopback, within
from reverie.web.refusals import refused
from reverie.web.roles import Asker, Handler, PageRole, asker_of, introduce
from reverie.web.sessions import Sessions
from reverie.web.tls import Certificates
from reverie.web.tokens import Tokens

log = logging.getLogger(__name__)

API = "/api/v1/"
HEADER, PAGE = "X-Reverie", "page"
"""What our own page sends with whatever changes something."""
COOKIE, SAFE_COOKIE = "reverie", "__Host-reverie"
"""The cookie of a session; over HTTPS a browser takes the second from this very host only."""
CHANGES = {PageRole.VISITOR: (12.0, 60.0), PageRole.ARTIST: (20.0, 100.0), PageRole.TECHNICIAN: (20.0, 100.0)}
"""Changes a second that one address is granted by its role, and how many at once. What visitors wish for has limits of
its own (:mod:`reverie.control.visitors`), of which buttons that are played are the widest."""
BODY = {PageRole.VISITOR: 8192, PageRole.ARTIST: 65_536, PageRole.TECHNICIAN: 65_536}
"""Bytes of a request's body by role."""
LOOK = 5.0
"""Seconds between looks at the files of the tokens."""
AT_START = 2.0
"""Seconds that the first answer waits at most for the tokens to be read."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PageGate:
    """Sessions, tokens and rules of one site.

    Args:
        page: What the site says.
        faults: Where unusable tokens are told.
        listens_at: The address that is served.
    """

    def __init__(self, page: PageSection, faults: Faults, listens_at: str) -> None:
        self.page = page
        self.sessions = Sessions()
        self.certificates = Certificates(page, faults)
        self.tokens = Tokens(page, faults, self.sessions.end_all_of)
        self._proxies = networks_of(page.proxies)
        self._proxy_here = overlap_loopback(self._proxies)
        self._monitoring = networks_of(page.monitoring)
        self._alone = is_loopback(listens_at)
        own = socket.gethostname().lower()
        self._names = {name.lower().rstrip(".") for name in (*page.hosts, own, f"{own.partition('.')[0]}.local")}
        self._changes = {role: Allowance(*rate) for role, rate in CHANGES.items()}

    def is_proxy(self, address: str) -> bool:
        """Whether one of the site's proxies has an address, which hands on what many ask."""
        return within(address, self._proxies)

    @property
    def middlewares(self) -> tuple[Any, ...]:
        """In the order in which a request passes them."""
        return self._only_known_names, self._introduced, self._from_our_page

    async def attend(self, _: web.Application) -> AsyncGenerator[None]:
        """Read the tokens now, and again when their files change, for as long as the application runs."""
        looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait({looking}, timeout=AT_START)
            watching = asyncio.create_task(self._go_on_looking(looking))
            try:
                yield
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
        finally:
            looking.cancel()

    def asker(self, request: web.Request) -> Asker:
        """Who has sent the request."""
        peer = request.remote or ""
        origin = origin_of(peer, request.headers, self._proxies)
        here = origin.direct and not origin.by_proxy and self._is_here(request, peer)
        by_session = self._by_session(request)
        roles = [PageRole.VISITOR, *by_session]
        if here:
            roles.append(PageRole(self.page.here))
        if origin.by_proxy:
            roles += self._by_header(request)
        return Asker(
            max(roles, key=[*PageRole].index),
            origin.address,
            here,
            watches=within(origin.address, self._monitoring),
            https=request.secure or origin.https,
            of_many=self.is_proxy(origin.address),
            logged_in=bool(by_session),
        )

    def _is_here(self, request: web.Request, peer: str) -> bool:
        """Whether a program of this machine asks, by a name that can lead nowhere else.

        It asks at loopback, or at an address of the machine from the same address: no other machine gets an answer
        there. Where a proxy of the site runs on this machine nobody is taken for that: it may ask for anybody.
        """
        if self._proxy_here:
            return False
        name = name_of(request.host)
        if is_loopback(peer):
            return is_loopback(name)
        own = request.transport.get_extra_info("sockname") if request.transport else None
        return bool(own) and own[0] == peer == name

    def _by_session(self, request: web.Request) -> list[PageRole]:
        secrets = [request.cookies.get(name, "") for name in (SAFE_COOKIE, COOKIE)]
        found = [self.sessions.role_of(secret) for secret in secrets if secret]
        return [PageRole(role) for role in found if role]

    def _by_header(self, request: web.Request) -> list[PageRole]:
        """The role that a proxy names; of two values one may be the asker's own, and neither counts."""
        if self.page.role_header is None:
            return []
        values = request.headers.getall(self.page.role_header, [])
        with contextlib.suppress(ValueError):
            return [PageRole(value.strip().lower()) for value in values if len(values) == 1]
        return []

    @property
    def _only_known_names(self) -> Any:
        @web.middleware
        async def only_known_names(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._answers_to(name_of(request.host)):
                known = "localhost only" if self._alone and not self.page.hosts else "the names under page.hosts only"
                raise web.HTTPForbidden(text=f"This page answers to {known}.\n")
            return await handler(request)

        return only_known_names

    def _answers_to(self, name: str) -> bool:
        """Loopback's names, addresses, and what the site lists: any other name may have been made to lead here.

        An address is nobody's to be led elsewhere, as a name is. Where others reach the page and the site lists no
        names, all are answered: which there are cannot be known.
        """
        if is_loopback(name):
            return True
        if self._alone:
            return bool(self.page.hosts) and name in self._names
        return not self.page.hosts or is_address(name) or name in self._names

    @property
    def _introduced(self) -> Any:
        @web.middleware
        async def introduced(request: web.Request, handler: Handler) -> web.StreamResponse:
            asker = self.asker(request)
            if asker.address != request.remote or asker.https != request.secure:
                # Whoever handles the request reads it as if the asker had sent it, and no proxy.
                request = request.clone(remote=asker.address, scheme="https" if asker.https else "http")
            introduce(request, asker)
            return await handler(request)

        return introduced

    @property
    def _from_our_page(self) -> Any:
        @web.middleware
        async def from_our_page(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.method not in _SAFE and request.path.startswith(API):
                self._judge_change(request)
            return await handler(request)

        return from_our_page

    def _judge_change(self, request: web.Request) -> None:
        asker = asker_of(request)
        if request.headers.get(HEADER) != PAGE or not _is_own_page(request, asker):
            raise refused(
                403, "refused.foreign", f"A change comes from our own page, with the header {HEADER}: {PAGE}."
            )
        if request.body_exists:
            if request.content_type != "application/json":
                raise refused(415, "refused.form", "A change is written in JSON, as application/json.")
            if request.content_length is None:
                raise refused(411, "refused.form", "A change says how long it is.")
            if request.content_length > BODY[asker.role]:
                raise refused(413, "refused.long", f"A change has {BODY[asker.role]} bytes at most.")
        if not asker.is_host and not self._changes[asker.role].take(neighbour(asker.address)):
            raise refused(429, "refused.often", "Too many changes; try again in some seconds.", retry_after=5)

    async def _look(self) -> None:
        self.tokens.take(await asyncio.to_thread(self.tokens.look))

    async def _go_on_looking(self, first: asyncio.Task[None]) -> None:
        looking = first
        while True:
            try:
                await looking
            except Exception:
                log.exception("The tokens of the page could not be looked at; it is tried again.")
            await asyncio.sleep(LOOK)
            looking = asyncio.ensure_future(self._look())


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return address == "localhost"


def is_address(name: str) -> bool:
    """Whether it is an address in figures, which leads to nobody else."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def name_of(host: str) -> str:
    """The name in a Host header, without port and brackets, in small letters."""
    before, _, port = host.rpartition(":")
    name = before if port.isdecimal() else host
    return name.lower().removeprefix("[").removesuffix("]").rstrip(".")


def _is_own_page(request: web.Request, asker: Asker) -> bool:
    """Whether the browser, if it is one, says that our own page asks."""
    fetched = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if fetched not in {None, "none"} or origin is None:
        return fetched in {None, "none", "same-origin"}
    scheme = "https" if asker.https else "http"
    return origin.lower() in {f"{scheme}://{request.host.lower()}", f"https://{request.host.lower()}"}
