"""Behind a real nginx and a real Caddy, as the documentation configures them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from fakes.caddy import find_caddy, running_caddy
from fakes.daemon import free_port
from fakes.nginx import find_nginx, running_nginx
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from reverie.site.page_section import PageSection
from reverie.watch.faults import Faults
from reverie.web.gate import PageGate
from reverie.web.server import application, serve

pytestmark = pytest.mark.real

WORD = "a technician's long token"
HOST = "music.example.org"


class Proxied:
    """A page behind a proxy, and a browser that comes to it by its public name."""

    def __init__(self, session: aiohttp.ClientSession, address: str, context: ssl.SSLContext) -> None:
        self.session, self.address, self.context = session, address, context

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        headers = {"Host": HOST, **more.pop("headers", {})}
        async with self.session.request(
            method,
            f"{self.address}{path}",
            ssl=self.context,
            server_hostname=HOST,
            headers=headers,
            timeout=aiohttp.ClientTimeout(PATIENCE),
            **more,
        ) as answer:
            return answer.status, await answer.text()


@pytest_asyncio.fixture(params=["nginx", "caddy"])
async def proxied(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[Proxied]:
    package, find, running = {
        "nginx": ("nginx-light", find_nginx, running_nginx),
        "caddy": ("caddy", find_caddy, running_caddy),
    }[request.param]
    program = find()
    if program is None:
        pytest.skip(f"there is no {request.param} (apt install {package})")
    (tmp_path / "token").write_text(WORD)
    said = {"technician_token_file": str(tmp_path / "token"), "proxies": ["127.0.0.1"], "hosts": [HOST]}
    listen, port = free_port(), free_port()
    faults = Faults()
    gate = PageGate(PageSection.model_validate(said), faults, "127.0.0.1")
    app = application(QuietDaemon(), "127.0.0.1", gate=gate)
    app.router.add_get("/events", _events)
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, faults, gate=gate))
    with running(program, tmp_path, listen, port) as certificate:
        context = ssl.create_default_context(cafile=str(certificate))
        async with aiohttp.ClientSession() as session:
            page = Proxied(session, f"https://127.0.0.1:{listen}", context)
            async with asyncio.timeout(PATIENCE):
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        if (await page.ask("GET", "/healthz"))[0] == 200:
                            break
                    await asyncio.sleep(0.05)
            yield page
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _events(request: web.Request) -> web.StreamResponse:
    """One event at once, and one that never comes, with the headers of the live feed."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(b"event: bar\ndata: {}\n\n")
    with contextlib.suppress(ConnectionError):
        await asyncio.Event().wait()
    return response


async def test_whoever_comes_through_the_proxy_is_a_visitor(proxied: Proxied) -> None:
    assert await proxied.ask("GET", "/healthz") == (200, "ok\n")
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}):
        assert (await proxied.ask("GET", "/status", headers=headers))[0] == 401


async def test_the_login_holds_behind_the_proxy(proxied: Proxied) -> None:
    headers = {"X-Reverie": "page", "Origin": f"https://{HOST}"}
    async with proxied.session.post(
        f"{proxied.address}/api/v1/session",
        ssl=proxied.context,
        server_hostname=HOST,
        headers={"Host": HOST, **headers},
        json={"token": WORD},
    ) as answer:
        assert answer.status == 200
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-reverie=")
    assert "; Secure" in cookie
    status, text = await proxied.ask("GET", "/api/v1/session", headers={"Cookie": cookie.partition(";")[0]})
    assert (status, '"role": "technician"' in text) == (200, True)
    headers["Origin"] = "https://evil.example"
    assert (await proxied.ask("POST", "/api/v1/session", json={"token": WORD}, headers=headers))[0] == 403


async def test_events_come_through_as_they_happen(proxied: Proxied) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        proxied.session.get(
            f"{proxied.address}/events", ssl=proxied.context, server_hostname=HOST, headers={"Host": HOST}
        ) as answer,
    ):
        assert answer.status == 200
        assert await answer.content.readline() == b"event: bar\n", "nothing has held it back"
